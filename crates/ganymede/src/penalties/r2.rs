//! R2: zero-centred gradient penalty on generated samples (Mescheder, Geiger & Nowozin 2018).
//!
//! ```text
//! P = gamma/2 E_q[|grad h(x)|^2]          f(s) = s/2,  f'(s) = 1/2
//! ```
//! Together with [`R1`] it is the regularisation of R3GAN (Huang et al. 2024).

use burn::tensor::Tensor;

use super::{Penalty, Points, R1};
use crate::random::Draws;

#[derive(Debug, Clone, Copy)]
pub struct R2;

impl Penalty for R2 {
    fn name(&self) -> &'static str {
        "r2"
    }

    fn summary(&self) -> &'static str {
        "gamma/2 |grad h|^2 on generated samples, the mirror of r1 (Mescheder et al. 2018)"
    }

    fn default_weight(&self) -> f64 {
        10.0
    }

    fn points(&self, _real: &Tensor<4>, _fake: &Tensor<4>, _draws: &mut Draws) -> Points {
        Points::Fake
    }

    fn value_and_slope(&self, squared_norm: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        R1.value_and_slope(squared_norm)
    }
}
