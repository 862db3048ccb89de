//! The hinge objective (Lim & Ye 2017; Miyato et al. 2018).
//!
//! ```text
//! L_D = E_p[max(0, 1 - h)] + E_q[max(0, 1 + h)]       optimum: h = sign(p - q), value 2 - 2 TV(p, q)
//! L_G = E_q[-h]
//! force g'(h) = -1                                    wherever the sample lies
//! ```
//! A sample on the right side of its margin, |h| > 1, no longer moves the discriminator.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::{Legend, Objective, Optimum, Terms};

#[derive(Debug, Clone, Copy)]
pub struct Hinge;

impl Objective for Hinge {
    fn name(&self) -> &'static str {
        "hinge"
    }

    fn summary(&self) -> &'static str {
        "a discriminator that rests once a sample is past its margin of 1 (Lim & Ye 2017)"
    }

    fn discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::real_and_fake(relu(real.neg() + 1.0).mean(), relu(fake + 1.0).mean())
    }

    fn generator(&self, _real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::one("adversarial", fake.mean().neg())
    }

    fn force(&self, _h: f64) -> f64 {
        -1.0
    }

    fn optimum(&self) -> Option<Optimum> {
        Some(Optimum::Sign)
    }

    fn legend(&self) -> Legend {
        Legend {
            discriminator: "max(0, 1 - h(real)) + max(0, 1 + h(fake)); 2 at equilibrium, healthy 0.5..2",
            generator: "-h(fake); 0 at equilibrium, healthy -1..3",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hinge;
    use crate::objectives::tests::{Golden, assert_golden};

    #[test]
    fn losses_and_gradients_are_those_of_pytorch() {
        // import torch; from torch.nn.functional import softplus, relu
        // r = torch.tensor([2.0, -0.5, 0.3], dtype=torch.float64, requires_grad=True)
        // f = torch.tensor([-1.5, 0.7, 3.0], dtype=torch.float64, requires_grad=True)
        // d = relu(1 - r).mean() + relu(1 + f).mean(); g = -f.mean()
        // [v.item() for v in (d, g)], [torch.autograd.grad(v, [r, f], allow_unused=True) for v in (d, g)]
        assert_golden(
            &Hinge,
            Golden {
                value: 2.633333333333,
                real: [0.0, -0.333333333333, -0.333333333333],
                fake: [0.0, 0.333333333333, 0.333333333333],
            },
            Golden {
                value: -0.733333333333,
                real: [0.0, 0.0, 0.0],
                fake: [-0.333333333333, -0.333333333333, -0.333333333333],
            },
        );
    }
}
