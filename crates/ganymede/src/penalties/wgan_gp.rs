//! WGAN-GP: slope 1 on the segments between real and generated samples (Gulrajani et al. 2017, equation 3).
//!
//! ```text
//! P = lambda E[(|grad h(x^)| - 1)^2]      x^ = fake + u (real - fake),  u ~ U[0, 1) one a sample
//! f(s) = (sqrt(s) - 1)^2,  f'(s) = 1 - 1/sqrt(s);  at s = 0, where |grad h| has no slope, f' = 0
//! ```
//! The optimal critic of the Wasserstein distance has slope 1 almost everywhere on such segments (their proposition 1).

use burn::tensor::{Tensor, TensorData};

use super::{Penalty, Points};
use crate::random::Draws;

#[derive(Debug, Clone, Copy)]
pub struct WganGp;

impl Penalty for WganGp {
    fn name(&self) -> &'static str {
        "wgan-gp"
    }

    fn summary(&self) -> &'static str {
        "lambda (|grad h| - 1)^2 between real and generated samples (Gulrajani et al. 2017)"
    }

    fn default_weight(&self) -> f64 {
        10.0
    }

    fn points(&self, real: &Tensor<4>, fake: &Tensor<4>, draws: &mut Draws) -> Points {
        let batch = real.dims()[0];
        let u = TensorData::new(draws.uniforms(batch, 0.0, 1.0), [batch, 1, 1, 1]);
        let u = Tensor::from_data(u, (&real.device(), real.dtype()));
        Points::At(fake.clone() + u * (real.clone() - fake.clone()))
    }

    fn value_and_slope(&self, squared_norm: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let flat = squared_norm.clone().equal_elem(0);
        let norm = squared_norm.sqrt();
        let slope = (norm.clone().recip().neg() + 1.0).mask_fill(flat, 0.0);
        ((norm - 1.0).square(), slope)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::WganGp;
    use crate::{
        penalties::{Penalty, Points},
        random::{Draws, Purpose, Seed},
    };

    #[test]
    fn points_lie_on_the_segment_of_their_pair_and_spread_over_it() {
        let (n, device) = (1000, Device::flex());
        let mut draws = Draws::new(Seed(1), Purpose::Data, 0);
        let real: Tensor<4> = draws.normal_tensor([n, 2, 1, 1], &device);
        let fake: Tensor<4> = draws.normal_tensor([n, 2, 1, 1], &device) + 5.0;
        let mut interpolation = Draws::new(Seed(1), Purpose::Interpolation, 7);
        let Points::At(points) = WganGp.points(&real, &fake, &mut interpolation) else { panic!("points of its own") };
        let share = ((points - fake.clone()) / (real - fake)).into_data().try_to_vec::<f32>().unwrap();
        for pair in share.chunks(2) {
            assert!((-1e-5..=1.0 + 1e-5).contains(&pair[0]), "{pair:?}");
            assert!((pair[0] - pair[1]).abs() < 1e-4, "one number a sample: {pair:?}");
        }
        let mean = share.iter().sum::<f32>() / share.len() as f32;
        assert!((mean - 0.5).abs() < 0.04, "{mean}");
    }

    #[test]
    fn value_and_slope_are_finite_at_every_norm_and_the_slope_is_zero_where_the_critic_is_flat() {
        let squared = Tensor::<2>::from_floats([[0.0], [1e-38], [1.0], [4.0], [1e30]], &Device::flex());
        let (value, slope) = WganGp.value_and_slope(squared);
        let (value, slope) =
            (value.into_data().try_to_vec::<f32>().unwrap(), slope.into_data().try_to_vec::<f32>().unwrap());
        assert_eq!((value[0], slope[0]), (1.0, 0.0));
        assert_eq!((value[2], slope[2]), (0.0, 0.0));
        assert_eq!((value[3], slope[3]), (1.0, 0.5));
        assert!(value.iter().chain(&slope).all(|v| v.is_finite()), "{value:?} {slope:?}");
    }
}
