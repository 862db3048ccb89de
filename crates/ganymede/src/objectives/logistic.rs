//! What the objectives with a logistic discriminator share.
//!
//! ```text
//! L_D = E_p[softplus(-h)] + E_q[softplus(h)]          = E_p[-log D] + E_q[-log(1 - D)]
//! ```
//! Its optimum over all h is h* = log p - log q (Goodfellow et al. 2014, proposition 1), where L_D = 2 log 2 - 2 JSD(p, q).

use burn::tensor::Tensor;
use ganymede_ops::softplus;

use super::Terms;

/// # Shapes
/// `real` and `fake` [N, 1] -> scalar terms.
pub fn discriminator_loss(real: Tensor<2>, fake: Tensor<2>) -> Terms {
    Terms::real_and_fake(softplus(real.neg()).mean(), softplus(fake).mean())
}

/// `1 / (1 + exp(-h))` with its full relative accuracy in both tails.
pub fn sigmoid(h: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-h))
}
