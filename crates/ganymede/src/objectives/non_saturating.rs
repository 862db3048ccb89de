//! The non-saturating objective (Goodfellow et al. 2014, section 3).
//!
//! ```text
//! L_D = E_p[softplus(-h)] + E_q[softplus(h)]          optimum: 2 log 2 - 2 JSD(p, q)
//! L_G = E_q[softplus(-h)]                             = E_q[-log D]
//! force g'(h) = -sigmoid(-h)                          -1 where D is sure of a fake, 0 where it is fooled
//! ```
//! At the optimal discriminator the gradient is that of KL(q‖p) - 2 JSD(q, p) (Arjovsky & Bottou 2017, theorem 2.5).

use burn::tensor::Tensor;
use ganymede_ops::softplus;

use super::{Legend, Objective};

#[derive(Debug, Clone, Copy)]
pub struct NonSaturating;

impl Objective for NonSaturating {
    fn name(&self) -> &'static str {
        "non-saturating"
    }

    fn summary(&self) -> &'static str {
        "L_G = E[-log D]: strong gradient while the discriminator wins (Goodfellow et al. 2014)"
    }

    fn discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Tensor<1> {
        softplus(real.neg()).mean() + softplus(fake).mean()
    }

    fn generator(&self, _real: Tensor<2>, fake: Tensor<2>) -> Tensor<1> {
        softplus(fake.neg()).mean()
    }

    fn legend(&self) -> Legend {
        Legend {
            discriminator: "softplus(-h(real)) + softplus(h(fake)); 2 log 2 = 1.386 at equilibrium, healthy 0.5..1.4",
            generator: "softplus(-h(fake)); log 2 = 0.693 at equilibrium, healthy 0.7..3",
        }
    }
}
