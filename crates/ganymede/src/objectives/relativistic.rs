//! The relativistic pairing objective, logistic (Jolicoeur-Martineau 2019; Huang et al. 2024, "R3GAN").
//!
//! ```text
//! a = h(x) - h(G(z))                                  each real sample paired with one generated sample
//! L_D = E[softplus(-a)]                               log 2 where D cannot tell the two of a pair apart
//! L_G = E[softplus(a)]                                the same with the players changed: L_G(r, f) = L_D(f, r)
//! force in b = h(G(z)) - h(x):  g'(b) = -sigmoid(-b)  -1 where the real sample is far ahead, 0 where it is left behind
//! ```
//! Only differences of logits have a meaning. The strongest simple recipe published adds R1 and R2.

use burn::tensor::Tensor;
use ganymede_ops::softplus;

use super::{Legend, Objective, Optimum, Terms, logistic};

#[derive(Debug, Clone, Copy)]
pub struct Relativistic;

impl Objective for Relativistic {
    fn name(&self) -> &'static str {
        "relativistic"
    }

    fn summary(&self) -> &'static str {
        "each generated sample against a real one, logistic (Jolicoeur-Martineau 2019); with r1+r2 this is R3GAN"
    }

    fn discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::one("pairing", softplus(fake - real).mean())
    }

    fn generator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::one("pairing", softplus(real - fake).mean())
    }

    fn force(&self, h: f64) -> f64 {
        -logistic::sigmoid(-h)
    }

    fn generator_sees_real(&self) -> bool {
        true
    }

    fn is_shift_invariant(&self) -> bool {
        true
    }

    fn optimum(&self) -> Option<Optimum> {
        Some(Optimum::LogRatio)
    }

    fn legend(&self) -> Legend {
        Legend {
            discriminator: "softplus(h(fake) - h(real)), paired; log 2 = 0.693 at equilibrium, healthy 0.2..0.7",
            generator: "softplus(h(real) - h(fake)), paired; log 2 = 0.693 at equilibrium, healthy 0.7..3",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Relativistic;
    use crate::objectives::tests::{Golden, assert_golden};

    #[test]
    fn losses_and_gradients_are_those_of_pytorch() {
        // import torch; from torch.nn.functional import softplus, relu
        // r = torch.tensor([2.0, -0.5, 0.3], dtype=torch.float64, requires_grad=True)
        // f = torch.tensor([-1.5, 0.7, 3.0], dtype=torch.float64, requires_grad=True)
        // d = softplus(-(r - f)).mean(); g = softplus(-(f - r)).mean()
        // [v.item() for v in (d, g)], [torch.autograd.grad(v, [r, f], allow_unused=True) for v in (d, g)]
        assert_golden(
            &Relativistic,
            Golden {
                value: 1.419358815796,
                real: [-0.009770743584, -0.256174927833, -0.312342214648],
                fake: [0.009770743584, 0.256174927833, 0.312342214648],
            },
            Golden {
                value: 1.286025482462,
                real: [0.32356258975, 0.0771584055, 0.020991118686],
                fake: [-0.32356258975, -0.0771584055, -0.020991118686],
            },
        );
    }
}
