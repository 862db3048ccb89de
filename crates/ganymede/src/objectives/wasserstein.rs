//! The Wasserstein objective (Arjovsky, Chintala & Bottou 2017).
//!
//! ```text
//! L_D = E_q[h] - E_p[h]                               minimum over 1-Lipschitz h: -W1(p, q)
//! L_G = E_q[-h]
//! force g'(h) = -1                                    wherever the sample lies; its size is the critic's slope
//! ```
//! Here `h` is a critic's score, not a log density ratio. Without a constraint on its slope (`wgan-gp`, `clip`) L_D has no
//! minimum. A constant added to `h` changes L_D not at all and L_G by a constant, so only differences have a meaning.

use burn::tensor::Tensor;

use super::{Legend, Objective, Terms};

#[derive(Debug, Clone, Copy)]
pub struct Wasserstein;

impl Objective for Wasserstein {
    fn name(&self) -> &'static str {
        "wasserstein"
    }

    fn summary(&self) -> &'static str {
        "L_D = E_q[h] - E_p[h]: -W1 for a critic of slope 1; needs wgan-gp or clip (Arjovsky et al. 2017)"
    }

    fn discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::real_and_fake(real.mean().neg(), fake.mean())
    }

    fn generator(&self, _real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::one("adversarial", fake.mean().neg())
    }

    fn force(&self, _h: f64) -> f64 {
        -1.0
    }

    fn is_shift_invariant(&self) -> bool {
        true
    }

    fn legend(&self) -> Legend {
        Legend {
            discriminator: "h(fake) - h(real) = -W1 for a critic of slope 1; 0 at equilibrium, healthy below 0 and rising",
            generator: "-h(fake), up to a constant: its level means nothing, healthy without jumps",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Wasserstein;
    use crate::objectives::tests::{Golden, assert_golden};

    #[test]
    fn losses_and_gradients_are_those_of_pytorch() {
        // import torch; from torch.nn.functional import softplus, relu
        // r = torch.tensor([2.0, -0.5, 0.3], dtype=torch.float64, requires_grad=True)
        // f = torch.tensor([-1.5, 0.7, 3.0], dtype=torch.float64, requires_grad=True)
        // d = f.mean() - r.mean(); g = -f.mean()
        // [v.item() for v in (d, g)], [torch.autograd.grad(v, [r, f], allow_unused=True) for v in (d, g)]
        assert_golden(
            &Wasserstein,
            Golden {
                value: 0.133333333333,
                real: [-0.333333333333, -0.333333333333, -0.333333333333],
                fake: [0.333333333333, 0.333333333333, 0.333333333333],
            },
            Golden {
                value: -0.733333333333,
                real: [0.0, 0.0, 0.0],
                fake: [-0.333333333333, -0.333333333333, -0.333333333333],
            },
        );
    }
}
