//! Known densities: mixtures of Gaussians along the axes, in one or more dimensions.
//!
//! ```text
//! p(x) = Σ_k w_k Π_a N(x_a; m_ka, s_k²)
//! ```

use burn::tensor::{Device, Tensor, TensorData};

use crate::random::Draws;

/// A mixture of round Gaussians.
#[derive(Debug, Clone)]
pub struct Gaussians {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    weight: f64,
    mean: Vec<f64>,
    deviation: f64,
}

impl Gaussians {
    /// N(mean, deviation² I).
    pub fn one(mean: &[f64], deviation: f64) -> Self {
        Gaussians { parts: vec![Part { weight: 1.0, mean: mean.to_vec(), deviation }] }
    }

    /// Equal Gaussians of one width.
    pub fn equal(means: &[Vec<f64>], deviation: f64) -> Self {
        let weight = 1.0 / means.len() as f64;
        Gaussians { parts: means.iter().map(|mean| Part { weight, mean: mean.clone(), deviation }).collect() }
    }

    pub fn dimensions(&self) -> usize {
        self.parts.first().map_or(0, |part| part.mean.len())
    }

    /// `log p(x)`, exact far out too.
    pub fn log_density(&self, x: &[f64]) -> f64 {
        let exponents = self.parts.iter().map(|part| {
            let squares: f64 = x.iter().zip(&part.mean).map(|(x, m)| ((x - m) / part.deviation).powi(2)).sum();
            let scale = part.deviation * std::f64::consts::TAU.sqrt();
            part.weight.ln() - squares / 2.0 - x.len() as f64 * scale.ln()
        });
        let largest = exponents.clone().fold(f64::NEG_INFINITY, f64::max);
        largest + exponents.map(|e| (e - largest).exp()).sum::<f64>().ln()
    }

    /// # Shapes
    /// -> [n, dimensions, 1, 1].
    pub fn samples(&self, n: usize, draws: &mut Draws, device: &Device) -> Tensor<4> {
        let dimensions = self.dimensions();
        let places: Vec<&Part> = (0..n).map(|_| self.part(f64::from(draws.uniform()))).collect();
        let normals = draws.normals(n * dimensions);
        let values: Vec<f32> = normals
            .chunks(dimensions)
            .zip(places)
            .flat_map(|(z, part)| z.iter().zip(&part.mean).map(|(z, m)| (m + part.deviation * f64::from(*z)) as f32))
            .collect();
        Tensor::from_data(TensorData::new(values, [n, dimensions, 1, 1]), device)
    }

    /// The part that `u`, uniform in [0, 1), falls to.
    fn part(&self, u: f64) -> &Part {
        let mut below = 0.0;
        let found = self.parts.iter().find(|part| {
            below += part.weight;
            u < below
        });
        found.unwrap_or(&self.parts[self.parts.len() - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lab::Grid,
        random::{Purpose, Seed},
    };

    fn two_humps() -> Gaussians {
        Gaussians::equal(&[vec![-2.0], vec![2.0]], 0.6)
    }

    #[test]
    fn a_density_integrates_to_one_and_its_samples_have_its_moments() {
        let grid = Grid::line(-8.0, 8.0, 2001);
        let density = two_humps();
        let mass: f64 = grid.integral(|x| density.log_density(x).exp());
        let second: f64 = grid.integral(|x| x[0] * x[0] * density.log_density(x).exp());
        assert!((mass - 1.0).abs() < 1e-9, "{mass}");
        let samples = density.samples(40_000, &mut Draws::new(Seed(1), Purpose::Data, 0), &Device::flex());
        let measured = samples.square().mean().into_scalar::<f64>();
        assert!((measured - second).abs() < 0.05 && (second - 4.36).abs() < 1e-6, "{measured} {second}");
    }

    /// ```text
    /// from torch.distributions import *; import torch
    /// Independent(Normal(torch.tensor([1., 2.]).double(), 0.5), 1).log_prob(torch.tensor([30., 40.]).double())
    /// ```
    #[test]
    fn the_log_density_is_that_of_pytorch_far_out() {
        let got = Gaussians::one(&[1.0, 2.0], 0.5).log_density(&[30.0, 40.0]);
        assert!((got + 4_570.451_582_705_289).abs() < 1e-9, "{got}");
    }
}
