//! The least-squares objective (Mao et al. 2017, equation 9), on logits, with targets 1 for real and 0 for generated.
//!
//! ```text
//! L_D = 1/2 E_p[(h - 1)^2] + 1/2 E_q[h^2]             optimum: h = p / (p + q)
//! L_G = 1/2 E_q[(h - 1)^2]
//! force g'(h) = h - 1                                 grows with the distance from the target, and turns back above 1
//! ```
//! Here `h = 1` says real and `h = 0` says generated; `h = 1/2` is undecided.

use burn::tensor::Tensor;

use super::{Legend, Objective, Optimum, Terms};

#[derive(Debug, Clone, Copy)]
pub struct LeastSquares;

impl Objective for LeastSquares {
    fn name(&self) -> &'static str {
        "least-squares"
    }

    fn summary(&self) -> &'static str {
        "squared distance from the targets 1 and 0: no force ever saturates (Mao et al. 2017)"
    }

    fn discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::real_and_fake((real - 1.0).square().mean() * 0.5, fake.square().mean() * 0.5)
    }

    fn generator(&self, _real: Tensor<2>, fake: Tensor<2>) -> Terms {
        Terms::one("adversarial", (fake - 1.0).square().mean() * 0.5)
    }

    fn force(&self, h: f64) -> f64 {
        h - 1.0
    }

    fn optimum(&self) -> Option<Optimum> {
        Some(Optimum::Share)
    }

    fn legend(&self) -> Legend {
        Legend {
            discriminator: "((h(real) - 1)^2 + h(fake)^2) / 2; 1/4 at equilibrium, healthy 0.05..0.25",
            generator: "(h(fake) - 1)^2 / 2; 1/8 at equilibrium, healthy 0.12..0.6",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LeastSquares;
    use crate::objectives::tests::{Golden, assert_golden};

    #[test]
    fn losses_and_gradients_are_those_of_pytorch() {
        // import torch; from torch.nn.functional import softplus, relu
        // r = torch.tensor([2.0, -0.5, 0.3], dtype=torch.float64, requires_grad=True)
        // f = torch.tensor([-1.5, 0.7, 3.0], dtype=torch.float64, requires_grad=True)
        // d = ((r - 1) ** 2).mean() / 2 + (f ** 2).mean() / 2; g = ((f - 1) ** 2).mean() / 2
        // [v.item() for v in (d, g)], [torch.autograd.grad(v, [r, f], allow_unused=True) for v in (d, g)]
        assert_golden(
            &LeastSquares,
            Golden { value: 2.58, real: [0.333333333333, -0.5, -0.233333333333], fake: [-0.5, 0.233333333333, 1.0] },
            Golden { value: 1.723333333333, real: [0.0, 0.0, 0.0], fake: [-0.833333333333, -0.1, 0.666666666667] },
        );
    }
}
