//! Mixtures of equal round Gaussians in the plane.
//!
//! ```text
//! p(x) = 1/K Σ_k N(x; m_k, σ² I)            log p(x) = logsumexp_k(-|x - m_k|² / 2σ²) - log(2π σ² K)
//! ```
//! A curve c(t), t uniform, blurred by Gaussian noise is such a mixture in the limit of many centres along the curve: the
//! midpoint rule. With centres no further apart than σ/10 its relative error is below 1e-3 wherever the data lie.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::{Density, Modes};

/// A mixture of Gaussians of one weight and one width.
#[derive(Debug, Clone)]
pub struct Mixture {
    centres: Vec<[f64; 2]>,
    deviation: f64,
    /// The share of the samples at which a centre counts as covered, where centres are modes.
    threshold: Option<f64>,
}

impl Mixture {
    /// A mixture whose centres are its modes; a mode is covered when it holds `threshold` of all samples.
    pub(super) fn of_modes(centres: Vec<[f64; 2]>, deviation: f64, threshold: f64) -> Self {
        Mixture { centres, deviation, threshold: Some(threshold) }
    }

    /// A curve over t in [0, 1] blurred by noise, seen as `nodes` centres at equal steps of t.
    pub(super) fn of_curves(curves: &[fn(f64) -> [f64; 2]], nodes: usize, deviation: f64) -> Self {
        let step = |node: usize| (node as f64 + 0.5) / nodes as f64;
        let centres = curves.iter().flat_map(|curve| (0..nodes).map(move |node| curve(step(node)))).collect();
        Mixture { centres, deviation, threshold: None }
    }

    /// The natural logarithm of the density at a point.
    pub fn log_density_at(&self, x: [f64; 2]) -> f64 {
        let variance = self.deviation * self.deviation;
        let exponents = self.centres.iter().map(|m| {
            let (dx, dy) = (x[0] - m[0], x[1] - m[1]);
            -(dx * dx + dy * dy) / (2.0 * variance)
        });
        let largest = exponents.clone().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = exponents.map(|e| libm::exp(e - largest)).sum();
        largest + libm::log(sum) - libm::log(std::f64::consts::TAU * variance * self.centres.len() as f64)
    }
}

impl Density for Mixture {
    fn log_density(&self, x: Tensor<4>) -> Vec<f64> {
        let values: Vec<f64> = x.into_data().iter::<f64>().collect();
        values.par_chunks_exact(2).map(|point| self.log_density_at([point[0], point[1]])).collect()
    }

    fn modes(&self) -> Option<Modes> {
        Some(Modes {
            centres: self.centres.iter().map(|m| m.map(|x| x as f32)).collect(),
            deviation: self.deviation as f32,
            threshold: self.threshold?,
        })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::data::{Dataset, Points, Split, grid25, ring8, swiss_roll, two_moons};

    fn all() -> [Points; 4] {
        [ring8(Split::Train), grid25(Split::Train), two_moons(Split::Train), swiss_roll(Split::Train)]
    }

    /// The integrals of p and of p log p, by the trapezoid rule at steps of 0.7 σ.
    fn integrals(mixture: &Mixture) -> (f64, f64) {
        const HALF_WIDTH: f64 = 1.5;
        let step = 0.7 * mixture.deviation;
        let steps = (2.0 * HALF_WIDTH / step) as usize;
        let at = |i: usize| i as f64 * step - HALF_WIDTH;
        let rows: Vec<(f64, f64)> = (0..=steps)
            .into_par_iter()
            .map(|i| {
                let terms = (0..=steps).map(|j| mixture.log_density_at([at(i), at(j)])).filter(|log| *log > -30.0);
                terms.fold((0.0, 0.0), |(mass, entropy), log| (mass + log.exp(), entropy + log.exp() * log))
            })
            .collect();
        let sum = rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        (sum.0 * step * step, sum.1 * step * step)
    }

    #[test]
    fn every_density_integrates_to_one_and_its_samples_are_drawn_from_it() {
        for set in all() {
            let mixture = set.mixture();
            let (mass, negative_entropy) = integrals(mixture);
            assert!((mass - 1.0).abs() < 1e-6, "{}: mass {mass}", set.name());

            let n = 20_000;
            let mut flat = vec![0.0; 2 * n];
            for (index, point) in flat.chunks_mut(2).enumerate() {
                set.read(index, point).unwrap();
            }
            let points = Tensor::<1>::from_floats(flat.as_slice(), &Device::flex()).reshape([n, 2, 1, 1]);
            let mean = mixture.log_density(points).iter().sum::<f64>() / n as f64;
            // log p has a standard deviation of about one, so the mean one of 0.007
            assert!((mean - negative_entropy).abs() < 0.03, "{}: {mean} against {negative_entropy}", set.name());

            let k = mixture.centres.len() as f64;
            for axis in 0..2 {
                let centre = mixture.centres.iter().map(|m| m[axis]).sum::<f64>() / k;
                let spread = mixture.centres.iter().map(|m| m[axis].powi(2)).sum::<f64>() / k;
                let values = || flat.iter().skip(axis).step_by(2).map(|x| f64::from(*x));
                let first = values().sum::<f64>() / n as f64;
                let second = values().map(|x| x * x).sum::<f64>() / n as f64;
                assert!((first - centre).abs() < 0.02, "{}: mean {first}, not {centre}", set.name());
                let expected = spread + mixture.deviation.powi(2);
                assert!((second - expected).abs() < 0.02, "{}: square {second}, not {expected}", set.name());
            }
        }
    }

    #[test]
    fn a_curve_is_seen_through_enough_centres() {
        for set in all() {
            let mixture = set.mixture();
            let finer = match set.name() {
                "two-moons" => super::super::two_moons::mixture(4 * super::super::two_moons::NODES),
                "swiss-roll" => super::super::swiss_roll::mixture(4 * super::super::swiss_roll::NODES),
                _ => continue,
            };
            let mut point = [0.0; 2];
            for index in 0..500 {
                set.read(index, &mut point).unwrap();
                let x = point.map(f64::from);
                let (coarse, fine) = (mixture.log_density_at(x), finer.log_density_at(x));
                assert!((coarse - fine).abs() < 1e-3, "{} at {x:?}: {coarse} against {fine}", set.name());
            }
        }
    }

    /// ```text
    /// from torch.distributions import *; import torch
    /// c = Categorical(torch.ones(2).double())
    /// n = Independent(Normal(torch.tensor([[0., 0.], [1., 2.]]).double(), 0.5), 1)
    /// MixtureSameFamily(c, n).log_prob(torch.tensor([[0.25, -0.5], [30., 40.]]).double())
    /// ```
    #[test]
    fn the_log_density_is_that_of_pytorch_near_and_far() {
        let mixture = Mixture::of_modes(vec![[0.0, 0.0], [1.0, 2.0]], 0.5, 0.1);
        for (x, expected) in [([0.25, -0.5], GOLDEN[0]), ([30.0, 40.0], GOLDEN[1])] {
            let got = mixture.log_density_at(x);
            assert!((got - expected).abs() < 1e-9 * expected.abs(), "{x:?}: expected {expected}, got {got}");
        }
    }
    const GOLDEN: [f64; 2] = [-1.7697276255225476, -4571.144729885849];
}
