//! DRAGAN: slope 1 around the real samples (Kodali et al. 2017, section 2.3).
//!
//! ```text
//! P = lambda E[(|grad h(x + d)| - 1)^2]   d = 1/2 std(real batch) u,  u ~ U[0, 1) one an element
//! f(s) = (sqrt(s) - 1)^2,  f'(s) = 1 - 1/sqrt(s);  at s = 0, where |grad h| has no slope, f' = 0
//! ```
//! The standard deviation is one number: that of all elements of the batch. The noise is that of the authors' code; their
//! paper writes N(0, c I).

use burn::tensor::{Tensor, TensorData};

use super::{Penalty, Points, WganGp};
use crate::random::{Draws, Purpose};

#[derive(Debug, Clone, Copy)]
pub struct Dragan;

impl Penalty for Dragan {
    fn name(&self) -> &'static str {
        "dragan"
    }

    fn summary(&self) -> &'static str {
        "lambda (|grad h| - 1)^2 in a neighbourhood of the real samples (Kodali et al. 2017)"
    }

    fn default_weight(&self) -> f64 {
        10.0
    }

    fn draws_for(&self) -> Purpose {
        Purpose::Perturbation
    }

    fn points(&self, real: &Tensor<4>, _fake: &Tensor<4>, draws: &mut Draws) -> Points {
        let (shape, size) = (real.dims(), real.shape().num_elements());
        let u = TensorData::new(draws.uniforms(size, 0.0, 1.0), shape);
        let u = Tensor::from_data(u, (&real.device(), real.dtype()));
        let deviation = real.clone().reshape([size]).var_bias(0).sqrt().reshape([1, 1, 1, 1]);
        Points::At(real.clone() + u * deviation * 0.5)
    }

    fn value_and_slope(&self, squared_norm: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        WganGp.value_and_slope(squared_norm)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::Dragan;
    use crate::{
        penalties::{Penalty, Points},
        random::{Draws, Seed},
    };

    #[test]
    fn noise_is_uniform_up_to_half_the_deviation_of_the_batch_and_its_own_for_each_element() {
        let device = Device::flex();
        // of deviation 3 about its mean of 1
        let real = Tensor::<1>::from_floats([-2.0, 4.0], &device).reshape([1, 2, 1, 1]).repeat_dim(0, 2000);
        let mut draws = Draws::new(Seed(5), Dragan.draws_for(), 3);
        let Points::At(points) = Dragan.points(&real, &real, &mut draws) else { panic!("points of its own") };
        let noise = (points - real).into_data().try_to_vec::<f32>().unwrap();
        assert!(noise.iter().all(|d| (-1e-6..=1.5 + 1e-5).contains(d)));
        let mean = noise.iter().sum::<f32>() / noise.len() as f32;
        assert!((mean - 0.75).abs() < 0.03, "{mean}");
        assert!(noise.chunks(2).filter(|pair| (pair[0] - pair[1]).abs() > 1e-3).count() > 1900);
    }
}
