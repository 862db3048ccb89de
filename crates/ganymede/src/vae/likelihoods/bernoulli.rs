//! Bernoulli: a pixel's grey value is the probability of white (Kingma & Welling 2014).
//!
//! ```text
//! t = (x + 1) / 2,   l = 2 a,   sigmoid(l) = (tanh(a) + 1) / 2           a the decoder before its tanh
//! log p(x|z) = t l - softplus(l)
//! ```
//! For grey t this is the mean log-likelihood of the binary images that are drawn pixel by pixel with probability t.

use burn::tensor::Tensor;

use super::{Decoded, Likelihood, Scale};

#[derive(Debug, Clone, Copy)]
pub struct Bernoulli;

impl Likelihood for Bernoulli {
    fn name(&self) -> &'static str {
        "bernoulli"
    }

    fn summary(&self) -> &'static str {
        "each pixel white with the probability of its grey value (Kingma & Welling 2014)"
    }

    fn scale(&self) -> Scale {
        Scale::None
    }

    fn is_for_images(&self) -> bool {
        true
    }

    fn log_density(&self, x: &Tensor<4>, decoded: Decoded, _: Tensor<4>) -> Tensor<4> {
        let white = (x.clone() + 1.0) * 0.5;
        let logit = decoded.unbounded * 2.0;
        white * logit.clone() - ganymede_ops::softplus(logit)
    }
}
