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
