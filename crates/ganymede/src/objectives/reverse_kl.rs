//! The reverse-KL objective: the sum of the minimax and the non-saturating one (Arjovsky & Bottou 2017, section 2.2).
//!
//! ```text
//! L_D = E_p[softplus(-h)] + E_q[softplus(h)]          optimum: 2 log 2 - 2 JSD(p, q), reached at h = log p - log q
//! L_G = E_q[-h]                                       = E_q[-softplus(h)] + E_q[softplus(-h)] for every h
//! force g'(h) = -1                                    wherever the sample lies
//! ```
//! At the optimal discriminator both the value and the gradient are those of KL(q‖p). It seeks modes and may drop some.

use burn::tensor::Tensor;

use super::{Legend, Objective, Optimum, Terms, logistic};

#[derive(Debug, Clone, Copy)]
pub struct ReverseKl;

impl Objective for ReverseKl {
    fn name(&self) -> &'static str {
        "reverse-kl"
    }

    fn summary(&self) -> &'static str {
        "L_G = E[-h]: the same force on every sample; its value estimates KL(q‖p) (Arjovsky & Bottou 2017)"
    }

    fn discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms {
        logistic::discriminator_loss(real, fake)
    }

    fn generator(&self, _real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::one("adversarial", fake.mean().neg())
    }

    fn force(&self, _h: f64) -> f64 {
        -1.0
    }

    fn optimum(&self) -> Option<Optimum> {
        Some(Optimum::LogRatio)
    }

    fn legend(&self) -> Legend {
        Legend {
            discriminator: "softplus(-h(real)) + softplus(h(fake)); 2 log 2 = 1.386 at equilibrium, healthy 0.5..1.4",
            generator: "-h(fake), an estimate of KL(q‖p); 0 at equilibrium, healthy -0.5..5",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ReverseKl;
    use crate::objectives::tests::{Golden, assert_golden};

    #[test]
    fn losses_and_gradients_are_those_of_pytorch() {
        // import torch; from torch.nn.functional import softplus, relu
        // r = torch.tensor([2.0, -0.5, 0.3], dtype=torch.float64, requires_grad=True)
        // f = torch.tensor([-1.5, 0.7, 3.0], dtype=torch.float64, requires_grad=True)
        // d = softplus(-r).mean() + softplus(f).mean(); g = -f.mean()
        // [v.item() for v in (d, g)], [torch.autograd.grad(v, [r, f], allow_unused=True) for v in (d, g)]
        assert_golden(
            &ReverseKl,
            Golden {
                value: 2.002848972711,
                real: [-0.039734307341, -0.207486443734, -0.141852494396],
                fake: [0.060808507935, 0.222729257389, 0.317524708941],
            },
            Golden {
                value: -0.733333333333,
                real: [0.0, 0.0, 0.0],
                fake: [-0.333333333333, -0.333333333333, -0.333333333333],
            },
        );
    }
}
