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
