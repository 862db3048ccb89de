//! Two-dimensional transposed convolution: the adjoint of a convolution, which enlarges where that shrinks.
//!
//! ```text
//! y = a(conv^T(x, W) + b)          tangent: a'(.) conv^T(t, W)
//! ```

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};

use super::Initializer;
use crate::signal::Signal;

/// Transposed convolution with a square kernel, stride 1 and no padding unless told otherwise; `W` [in, out, k, k].
#[derive(Module, Debug)]
pub struct ConvTranspose2d {
    pub weight: Param<Tensor<4>>,
    pub bias: Option<Param<Tensor<1>>>,
    stride: usize,
    padding: usize,
    slope: f64,
}

impl ConvTranspose2d {
    pub fn new(channels_in: usize, channels_out: usize, kernel: usize, init: &mut Initializer) -> Self {
        // PyTorch's count, which reads the second axis of W as the inputs
        let fan_in = channels_out * kernel * kernel;
        ConvTranspose2d {
            weight: init.weight([channels_in, channels_out, kernel, kernel], fan_in),
            bias: Some(init.bias(channels_out, fan_in)),
            stride: 1,
            padding: 0,
            slope: 1.0,
        }
    }

    pub fn stride(self, stride: usize) -> Self {
        ConvTranspose2d { stride, ..self }
    }

    pub fn padding(self, padding: usize) -> Self {
        ConvTranspose2d { padding, ..self }
    }

    pub fn without_bias(self) -> Self {
        ConvTranspose2d { bias: None, ..self }
    }

    /// With a leaky ReLU on the output.
    pub fn leaky_relu(self, slope: f64) -> Self {
        ConvTranspose2d { slope, ..self }
    }

    /// With a ReLU on the output.
    pub fn relu(self) -> Self {
        self.leaky_relu(0.0)
    }

    /// # Shapes
    /// [N, in, H, W] -> [N, out, (H - 1)s - 2p + k, (W - 1)s - 2p + k].
    pub fn forward(&self, x: Signal<4>) -> Signal<4> {
        let run = |x, bias, slope| {
            ganymede_ops::conv_transpose2d(x, self.weight.val(), bias, self.stride, self.padding, slope)
        };
        let value = run(x.value, self.bias.as_ref().map(Param::val), self.slope);
        let tangent = x.tangent.map(|t| ganymede_ops::leaky_relu_tangent(run(t, None, 1.0), &value, self.slope));
        Signal { value, tangent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parameters::cast, testing::*};
    use burn::tensor::DType;

    /// ```python
    /// x, w, b = leaf(1, 2, 2, 2), leaf(2, 3, 3, 3, phase=1.), leaf(3, phase=2.)
    /// y = F.leaky_relu(F.conv_transpose2d(x, w, b, stride=2, padding=1), 0.2); probe(y)
    /// print(y, x.grad, w.grad, b.grad)
    /// ```
    #[test]
    fn it_agrees_with_pytorch() {
        let mut layer = ConvTranspose2d::new(2, 3, 3, &mut initializer()).stride(2).padding(1).leaky_relu(0.2);
        layer.weight = parameter([2, 3, 3, 3], 1.0);
        layer.bias = Some(parameter([3], 2.0));
        let x = leaf([1, 2, 2, 2], 0.0);
        let y = layer.forward(x.clone().into()).value;
        let gradients = probe(&y);
        assert_eq!(y.dims(), [1, 3, 3, 3]);
        assert_golden(
            y,
            &[
                0.691233, 0.608584, 0.743474, 0.919565, 0.745680, 0.672390, 0.873705, 0.850751, 1.020676, 0.205070,
                0.120876, 0.257490, 0.443453, 0.269797, 0.196060, 0.389811, 0.369729, 0.539802, -0.096407, -0.113550,
                -0.085890, -0.046733, -0.081409, -0.096242, -0.059015, -0.062456, -0.028421,
            ],
        );
        assert_golden_gradient(
            &x,
            &gradients,
            &[1.399673, 1.965640, -5.919749, -1.280841, 1.255471, 2.105143, -5.952181, -1.483489],
        );
        assert_golden_gradient(
            &layer.weight.val(),
            &gradients,
            &[
                -0.401049, -0.726650, -0.457842, 0.520966, 0.803019, 0.984406, -0.299305, 0.138584, 0.000000,
                -0.388140, -0.706111, -0.443105, 0.511038, 0.799806, 0.983505, -0.289671, 0.149143, 0.000000,
                -0.075024, -0.137074, -0.085649, 0.100193, 0.159273, 0.196465, -0.055991, 0.031932, 0.000000, 0.456450,
                0.595572, 0.404936, -0.795555, -1.032172, -1.048142, 0.162975, -0.385597, -0.155636, 0.441757,
                0.573817, 0.391902, -0.789680, -1.033493, -1.052096, 0.157729, -0.389174, -0.150627, 0.085388,
                0.110380, 0.075751, -0.156717, -0.206904, -0.211151, 0.030488, -0.078528, -0.029115,
            ],
        );
        assert_golden_gradient(&layer.bias.unwrap().val(), &gradients, &[0.011391, 0.011025, 0.002131]);
    }

    #[test]
    fn its_tangent_is_the_derivative() {
        let layer = ConvTranspose2d::new(2, 3, 4, &mut initializer()).stride(2).padding(1);
        for layer in [layer.clone(), layer.clone().relu(), layer.without_bias().leaky_relu(0.2)] {
            let layer = cast(layer, DType::F64);
            assert_tangent_is_derivative([2, 2, 3, 4], |x| layer.forward(x));
        }
    }
}
