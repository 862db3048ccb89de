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
