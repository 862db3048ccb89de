//! R1: zero-centred gradient penalty on real samples (Mescheder, Geiger & Nowozin 2018).
//!
//! ```text
//! P = gamma/2 E_p[|grad h(x)|^2]          f(s) = s/2,  f'(s) = 1/2
//! ```

use burn::tensor::Tensor;

use super::{Penalty, Points};
use crate::random::Draws;

#[derive(Debug, Clone, Copy)]
pub struct R1;

impl Penalty for R1 {
    fn name(&self) -> &'static str {
        "r1"
    }

    fn summary(&self) -> &'static str {
        "gamma/2 |grad h|^2 on real samples: the unregularised game's circling converges (Mescheder et al. 2018)"
    }

    fn default_weight(&self) -> f64 {
        10.0
    }

    fn points(&self, _real: &Tensor<4>, _fake: &Tensor<4>, _draws: &mut Draws) -> Points {
        Points::Real
    }

    fn value_and_slope(&self, squared_norm: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let half = squared_norm.full_like(0.5);
        (squared_norm * 0.5, half)
    }
}
