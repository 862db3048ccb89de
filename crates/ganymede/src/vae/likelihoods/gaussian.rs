//! Gaussian of a fixed standard deviation around the decoder's sample.
//!
//! ```text
//! log p(x|z) = -((x - mean) / sigma)^2 / 2 - log sigma - log(2 pi) / 2         a density of values in [-1, 1]
//! ```

use std::f64::consts::TAU;

use burn::tensor::Tensor;

use super::{Decoded, Likelihood, Scale};

#[derive(Debug, Clone, Copy)]
pub struct Gaussian;

impl Likelihood for Gaussian {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn summary(&self) -> &'static str {
        "a normal density around the sample, of standard deviation 0.1 or the one given (gaussian:0.2)"
    }

    fn scale(&self) -> Scale {
        Scale::Fixed(0.1)
    }

    fn is_for_images(&self) -> bool {
        false
    }

    fn log_density(&self, x: &Tensor<4>, decoded: Decoded, log_scale: Tensor<4>) -> Tensor<4> {
        log_normal(x.clone() - decoded.mean, log_scale)
    }
}

/// The logarithm of N(0, exp(log_scale)^2) at `deviation`.
pub(super) fn log_normal(deviation: Tensor<4>, log_scale: Tensor<4>) -> Tensor<4> {
    let standard = deviation * log_scale.clone().neg().exp();
    standard.square() * -0.5 - log_scale - 0.5 * TAU.ln()
}
