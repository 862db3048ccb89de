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

use super::{Legend, Objective, Optimum, Terms, logistic};

#[derive(Debug, Clone, Copy)]
pub struct NonSaturating;

impl Objective for NonSaturating {
    fn name(&self) -> &'static str {
        "non-saturating"
    }

    fn summary(&self) -> &'static str {
        "L_G = E[-log D]: strong gradient while the discriminator wins (Goodfellow et al. 2014)"
    }

    fn discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms {
        logistic::discriminator_loss(real, fake)
    }

    fn generator(&self, _real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::one("adversarial", softplus(fake.neg()).mean())
    }

    fn force(&self, h: f64) -> f64 {
        -logistic::sigmoid(-h)
    }

    fn optimum(&self) -> Option<Optimum> {
        Some(Optimum::LogRatio)
    }

    fn legend(&self) -> Legend {
        Legend {
            discriminator: "softplus(-h(real)) + softplus(h(fake)); 2 log 2 = 1.386 at equilibrium, healthy 0.5..1.4",
            generator: "softplus(-h(fake)); log 2 = 0.693 at equilibrium, healthy 0.7..3",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NonSaturating;
    use crate::objectives::tests::{Golden, assert_golden};

    #[test]
    fn losses_and_gradients_are_those_of_pytorch() {
        // import torch; from torch.nn.functional import softplus, relu
        // r = torch.tensor([2.0, -0.5, 0.3], dtype=torch.float64, requires_grad=True)
        // f = torch.tensor([-1.5, 0.7, 3.0], dtype=torch.float64, requires_grad=True)
        // d = softplus(-r).mean() + softplus(f).mean(); g = softplus(-f).mean()
        // [v.item() for v in (d, g)], [torch.autograd.grad(v, [r, f], allow_unused=True) for v in (d, g)]
        assert_golden(
            &NonSaturating,
            Golden {
                value: 2.002848972711,
                real: [-0.039734307341, -0.207486443734, -0.141852494396],
                fake: [0.060808507935, 0.222729257389, 0.317524708941],
            },
            Golden {
                value: 0.717728892814,
                real: [0.0, 0.0, 0.0],
                fake: [-0.272524825398, -0.110604075944, -0.015808624393],
            },
        );
    }
}
