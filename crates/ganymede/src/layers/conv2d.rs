//! Two-dimensional convolution with zero padding.
//!
//! ```text
//! y = a(conv(x, W) + b)          tangent: a'(.) conv(t, W)
//! ```

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};

use super::{Initializer, SpectralNorm};
use crate::signal::Signal;

/// Convolution with a square kernel, stride 1 and no padding unless told otherwise; `W` [out, in, k, k].
#[derive(Module, Debug)]
pub struct Conv2d {
    pub weight: Param<Tensor<4>>,
    pub bias: Option<Param<Tensor<1>>>,
    pub spectral_norm: Option<SpectralNorm>,
    stride: usize,
    padding: usize,
    slope: f64,
}

impl Conv2d {
    pub fn new(channels_in: usize, channels_out: usize, kernel: usize, init: &mut Initializer) -> Self {
        let fan_in = channels_in * kernel * kernel;
        Conv2d {
            weight: init.weight([channels_out, channels_in, kernel, kernel], fan_in),
            bias: Some(init.bias(channels_out, fan_in)),
            spectral_norm: None,
            stride: 1,
            padding: 0,
            slope: 1.0,
        }
    }

    pub fn stride(self, stride: usize) -> Self {
        Conv2d { stride, ..self }
    }

    pub fn padding(self, padding: usize) -> Self {
        Conv2d { padding, ..self }
    }

    pub fn without_bias(self) -> Self {
        Conv2d { bias: None, ..self }
    }

    /// With the weight divided by its largest singular value.
    pub fn spectral_norm(self, init: &mut Initializer) -> Self {
        Conv2d { spectral_norm: Some(SpectralNorm::new(self.weight.val(), init)), ..self }
    }

    /// With a leaky ReLU on the output.
    pub fn leaky_relu(self, slope: f64) -> Self {
        Conv2d { slope, ..self }
    }

    /// With a ReLU on the output.
    pub fn relu(self) -> Self {
        self.leaky_relu(0.0)
    }

    /// Advances the power iteration of the spectral norm, where there is one. It belongs in
    /// [`Discriminator::before_update`](crate::networks::Discriminator::before_update) of the network.
    pub fn before_update(&self) {
        if let Some(norm) = &self.spectral_norm {
            norm.advance(self.weight.val());
        }
    }

    /// # Shapes
    /// [N, in, H, W] -> [N, out, (H + 2p - k)/s + 1, (W + 2p - k)/s + 1].
    pub fn forward(&self, x: Signal<4>) -> Signal<4> {
        let weight = self.effective_weight();
        let run = |x, bias, slope| ganymede_ops::conv2d(x, weight.clone(), bias, self.stride, self.padding, slope);
        let value = run(x.value, self.bias.as_ref().map(Param::val), self.slope);
        let tangent = x.tangent.map(|t| ganymede_ops::leaky_relu_tangent(run(t, None, 1.0), &value, self.slope));
        Signal { value, tangent }
    }

    fn effective_weight(&self) -> Tensor<4> {
        let weight = self.weight.val();
        match &self.spectral_norm {
            Some(norm) => norm.normalize(weight),
            None => weight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parameters::cast, testing::*};
    use burn::tensor::DType;

    /// ```python
    /// x, w, b = leaf(1, 2, 3, 3), leaf(3, 2, 2, 2, phase=1.), leaf(3, phase=2.)
    /// y = F.leaky_relu(F.conv2d(x, w, b, stride=2, padding=1), 0.2); probe(y); print(y, x.grad, w.grad, b.grad)
    /// ```
    #[test]
    fn it_agrees_with_pytorch() {
        let mut layer = Conv2d::new(2, 3, 2, &mut initializer()).stride(2).padding(1).leaky_relu(0.2);
        layer.weight = parameter([3, 2, 2, 2], 1.0);
        layer.bias = Some(parameter([3], 2.0));
        let x = leaf([1, 2, 3, 3], 0.0);
        let y = layer.forward(x.clone().into()).value;
        let gradients = probe(&y);
        assert_eq!(y.dims(), [1, 3, 2, 2]);
        assert_golden(
            y,
            &[
                0.903011, 0.435547, 1.222573, 1.412630, 0.412660, 0.208509, 0.819604, 0.581557, -0.054417, -0.024258,
                0.039575, -0.103945,
            ],
        );
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                -0.157213, -0.123669, 0.145149, -0.446859, -0.399296, -0.131216, -0.050216, 0.198576, 0.434975,
                0.209437, 0.241184, -0.014728, 0.429789, 0.466799, 0.279079, 0.196316, -0.039895, -0.340107,
            ],
        );
        assert_golden_gradient(
            &layer.weight.val(),
            &gradients,
            &[
                -0.310137, -0.496672, 0.568239, 0.891702, -0.295426, -0.473946, 0.558442, 0.888206, 0.334634, 0.334690,
                -0.842828, -1.110350, 0.318761, 0.312177, -0.836810, -1.110906, -0.064092, -0.402490, 0.204005,
                0.619463, -0.061052, -0.394802, 0.203696, 0.623905,
            ],
        );
        assert_golden_gradient(&layer.bias.unwrap().val(), &gradients, &[-2.266133, 1.543127, -0.563578]);
    }

    #[test]
    fn its_tangent_is_the_derivative() {
        let layer = Conv2d::new(2, 3, 3, &mut initializer()).padding(1);
        for layer in [layer.clone(), layer.clone().relu(), layer.clone().stride(2).without_bias().leaky_relu(0.2)] {
            let layer = cast(layer, DType::F64);
            assert_tangent_is_derivative([2, 2, 5, 4], |x| layer.forward(x));
        }
        let normalized = cast(layer.spectral_norm(&mut initializer()), DType::F64);
        assert_tangent_is_derivative([2, 2, 5, 4], |x| normalized.forward(x));
    }
}
