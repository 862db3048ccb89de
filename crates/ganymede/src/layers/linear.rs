//! Fully connected layer.
//!
//! ```text
//! y = a(x W + b)          tangent: a'(.) (t W)
//! ```

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};

use super::{Initializer, SpectralNorm};
use crate::signal::Signal;

/// `y = a(x W + b)`, `W` [in, out].
#[derive(Module, Debug)]
pub struct Linear {
    pub weight: Param<Tensor<2>>,
    pub bias: Option<Param<Tensor<1>>>,
    pub spectral_norm: Option<SpectralNorm>,
    slope: f64,
}

impl Linear {
    pub fn new(size_in: usize, size_out: usize, init: &mut Initializer) -> Self {
        Linear {
            weight: init.weight([size_in, size_out], size_in),
            bias: Some(init.bias(size_out, size_in)),
            spectral_norm: None,
            slope: 1.0,
        }
    }

    pub fn without_bias(self) -> Self {
        Linear { bias: None, ..self }
    }

    /// With the weight divided by its largest singular value.
    pub fn spectral_norm(self, init: &mut Initializer) -> Self {
        Linear { spectral_norm: Some(SpectralNorm::new(self.weight.val(), init)), ..self }
    }

    /// With a leaky ReLU on the output.
    pub fn leaky_relu(self, slope: f64) -> Self {
        Linear { slope, ..self }
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
    /// [N, in] -> [N, out].
    pub fn forward(&self, x: Signal<2>) -> Signal<2> {
        let weight = self.effective_weight();
        let bias = self.bias.as_ref().map(Param::val);
        let value = ganymede_ops::linear(x.value, weight.clone(), bias, self.slope);
        let tangent = x.tangent.map(|t| {
            let t = ganymede_ops::linear(t, weight, None, 1.0);
            ganymede_ops::leaky_relu_tangent(t, &value, self.slope)
        });
        Signal { value, tangent }
    }

    fn effective_weight(&self) -> Tensor<2> {
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
    /// x, w, b = leaf(2, 3), leaf(3, 4, phase=1.), leaf(4, phase=2.)
    /// y = F.leaky_relu(x @ w + b, 0.2); probe(y); print(y, x.grad, w.grad, b.grad)
    /// ```
    #[test]
    fn it_agrees_with_pytorch() {
        let mut layer = Linear::new(3, 4, &mut initializer()).leaky_relu(0.2);
        layer.weight = parameter([3, 4], 1.0);
        layer.bias = Some(parameter([4], 2.0));
        let x = leaf([2, 3], 0.0);
        let y = layer.forward(x.clone().into()).value;
        let gradients = probe(&y);
        assert_golden(y, &[0.822136, 0.635700, 0.150285, -0.081162, 1.321414, 0.657614, -0.063094, -0.228037]);
        assert_golden_gradient(&x, &gradients, &[-1.057143, 1.341511, -1.470860, -0.062096, -0.140946, 0.327701]);
        assert_golden_gradient(
            &layer.weight.val(),
            &gradients,
            &[
                -0.401049, 0.185694, 0.137020, 0.172459, -0.064724, -0.269267, -0.559865, -0.052359, 0.302041,
                -0.597587, -0.993437, -0.252551,
            ],
        );
        assert_golden_gradient(&layer.bias.unwrap().val(), &gradients, &[-0.323482, -0.314716, -0.792869, 0.014625]);
    }

    #[test]
    fn its_tangent_is_the_derivative() {
        let layer = Linear::new(3, 4, &mut initializer());
        for layer in [layer.clone(), layer.clone().relu(), layer.clone().without_bias().leaky_relu(0.2)] {
            let layer = cast(layer, DType::F64);
            assert_tangent_is_derivative([5, 3], |x| layer.forward(x));
        }
        let normalized = cast(layer.spectral_norm(&mut initializer()), DType::F64);
        assert_tangent_is_derivative([5, 3], |x| normalized.forward(x));
    }
}
