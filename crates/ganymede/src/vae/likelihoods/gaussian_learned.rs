//! Gaussian around the decoder's sample, its one standard deviation learnt (Rybkin et al. 2021, "sigma-VAE").
//!
//! ```text
//! log p(x|z) = -((x - mean) / sigma)^2 / 2 - log sigma - log(2 pi) / 2         log sigma a parameter
//! ```
//! Learnt, sigma becomes the root of the mean squared error, which balances reconstruction and divergence by itself.

use burn::tensor::Tensor;

use super::{Decoded, Likelihood, Scale, gaussian::log_normal};

#[derive(Debug, Clone, Copy)]
pub struct GaussianLearned;

impl Likelihood for GaussianLearned {
    fn name(&self) -> &'static str {
        "gaussian-learned"
    }

    fn summary(&self) -> &'static str {
        "a normal density around the sample, its standard deviation learnt (Rybkin et al. 2021)"
    }

    fn scale(&self) -> Scale {
        Scale::Learned(0.2)
    }

    fn is_for_images(&self) -> bool {
        false
    }

    fn log_density(&self, x: &Tensor<4>, decoded: Decoded, log_scale: Tensor<4>) -> Tensor<4> {
        log_normal(x.clone() - decoded.mean, log_scale)
    }
}
