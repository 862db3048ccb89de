//! What is looked at every so many steps: always the same latents and the same samples of the data, so that two looks differ
//! by what has been learnt between them alone.
//!
//! ```text
//! diversity   = mean distance of two fakes / mean distance of two real samples           1 where q = p
//! duplicates  = share of fakes nearer to another than 99 of 100 real samples are to theirs, by a factor of 20
//! coverage    = share of real samples with a fake nearer than their 5th real neighbour   (Naeem et al. 2020)
//! density     = mean over fakes of the real samples whose 5th neighbour is further away, / 5
//! class_diversity  = diversity within a class, of the class where it is lowest
//! class_agreement  = (a - 1 / classes) / (b - 1 / classes)        0 where the class makes no difference, 1 where q = p
//!                    a: share of fakes whose nearest real sample is of the class asked for, b: the same of real samples
//! ```

mod classes;

use burn::tensor::{Device, Tensor, TensorData};

use super::{Batch, Report};
use crate::{data::Dataset, error::Result};

/// The neighbour that a real sample's ball reaches to.
const NEIGHBOUR: usize = 5;
/// How much nearer than real ones two fakes are that count as one.
const NEARER: f32 = 20.0;
/// Of so many real samples one may be nearer.
const NEAREST: usize = 100;

/// What a [`Learner`](super::Learner) is asked about.
#[derive(Debug, Clone)]
pub struct Probe {
    /// [N, latent].
    pub latents: Tensor<2>,
    /// The class of each latent, where the model takes one.
    pub labels: Option<Vec<usize>>,
    /// Samples that it is trained on.
    pub seen: Batch,
    /// Samples that it is not trained on, where there are any.
    pub held_out: Option<Batch>,
    /// What the learning rates of the last step were multiplied by.
    pub rate_factor: f64,
    /// Whether the spectra of the weights are asked for.
    pub spectrum: bool,
    real: Reals,
}

/// What is known of the real samples once and for all.
#[derive(Debug, Clone)]
struct Reals {
    values: Vec<f32>,
    dim: usize,
    /// The mean distance of two of them.
    apart: f64,
    /// Squared distance of each to its fifth neighbour.
    radii: Vec<f32>,
    /// Squared distance below which two samples are copies.
    copies: f32,
}

impl Probe {
    /// Of `latents`, and `n` samples each of the data and of what is held out, at equal distances through them.
    ///
    /// # Errors
    /// When a sample cannot be read.
    pub fn new(
        latents: Tensor<2>,
        labels: Option<Vec<usize>>,
        (dataset, held_out): (&dyn Dataset, Option<&dyn Dataset>),
        n: usize,
        device: &Device,
    ) -> Result<Self> {
        let (values, seen) = spread(dataset, n, device)?;
        let held_out = held_out.map(|data| spread(data, n, device)).transpose()?.map(|(_, batch)| batch);
        let real = Reals::new(values, dataset.shape().iter().product());
        Ok(Probe { latents, labels, seen, held_out, rate_factor: 1.0, spectrum: false, real })
    }

    /// Numbers of the samples that a model makes of the latents.
    ///
    /// # Shapes
    /// `fakes` [N, C, H, W], like the data.
    pub fn look_at(&self, fakes: &Tensor<4>) -> Report {
        let fakes: Vec<f32> = fakes.clone().into_data().iter::<f32>().collect();
        let Reals { values, dim, apart, radii, copies } = &self.real;
        let n = fakes.len() / dim;
        let mut nearest = vec![f32::INFINITY; n];
        let mut sum = 0.0;
        for i in 0..n {
            for j in 0..i {
                let squared = distance(row(&fakes, i, *dim), row(&fakes, j, *dim));
                sum += f64::from(squared).sqrt();
                nearest[i] = nearest[i].min(squared);
                nearest[j] = nearest[j].min(squared);
            }
        }
        let (mut hit, mut balls) = (0, 0);
        for (real, radius) in values.chunks_exact(*dim).zip(radii) {
            let inside = fakes.chunks_exact(*dim).filter(|fake| distance(real, fake) < *radius).count();
            hit += usize::from(inside > 0);
            balls += inside;
        }
        let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
        let mut report = Report::default();
        report.push("diversity", sum / pairs(n) / apart.max(f64::MIN_POSITIVE));
        report.push("duplicates", share(nearest.iter().filter(|squared| **squared < *copies).count(), n));
        report.push("coverage", share(hit, radii.len()));
        report.push("density", share(balls, n * NEIGHBOUR));
        if let Some((of_fakes, of_reals)) = self.labels.as_deref().zip(self.seen.labels.as_deref()) {
            report.extend(classes::look_at((&fakes, of_fakes), (values, of_reals), *dim));
        }
        report
    }

    /// Numbers of the data themselves, which are the same at every look.
    pub fn look_at_data(&self) -> Report {
        let Reals { values, dim, .. } = &self.real;
        let n = values.len() / dim;
        let at = |axis: usize| values.iter().skip(axis).step_by(*dim).map(|value| f64::from(*value));
        let deviation = |axis: usize| {
            let mean = at(axis).sum::<f64>() / n as f64;
            (at(axis).map(|value| (value - mean).powi(2)).sum::<f64>() / n as f64).sqrt()
        };
        let is_copy = |i: &usize| (0..*i).any(|j| row(values, *i, *dim) == row(values, j, *dim));
        let (low, high) =
            values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
        let mut report = Report::default();
        report.push("data_low", f64::from(low));
        report.push("data_high", f64::from(high));
        report.push("data_spread", (0..*dim).map(deviation).sum::<f64>() / *dim as f64);
        report.push("data_copies", (0..n).filter(is_copy).count() as f64 / n as f64);
        report
    }
}

impl Reals {
    fn new(values: Vec<f32>, dim: usize) -> Self {
        let n = values.len() / dim;
        let (mut radii, mut nearest, mut sum) = (Vec::with_capacity(n), Vec::with_capacity(n), 0.0);
        for i in 0..n {
            let others = (0..n).filter(|j| *j != i).map(|j| distance(row(&values, i, dim), row(&values, j, dim)));
            let mut others: Vec<f32> = others.collect();
            sum += others.iter().map(|squared| f64::from(*squared).sqrt()).sum::<f64>();
            others.sort_unstable_by(f32::total_cmp);
            nearest.push(others.first().copied().unwrap_or(0.0));
            radii.push(others.get(NEIGHBOUR - 1).or(others.last()).copied().unwrap_or(0.0));
        }
        nearest.sort_unstable_by(f32::total_cmp);
        let copies = nearest.get(n / NEAREST).copied().unwrap_or(0.0) / (NEARER * NEARER);
        Reals { values, dim, apart: sum / 2.0 / pairs(n), radii, copies }
    }
}

/// `n` samples at equal distances through the data, as numbers and as a batch.
fn spread(dataset: &dyn Dataset, n: usize, device: &Device) -> Result<(Vec<f32>, Batch)> {
    let [c, h, w] = dataset.shape();
    let n = n.min(dataset.len());
    let mut values = vec![0.0; n * c * h * w];
    let mut labels = Vec::with_capacity(n);
    for (at, out) in values.chunks_exact_mut(c * h * w).enumerate() {
        labels.push(dataset.read(at * dataset.len() / n, out)?);
    }
    let images = Tensor::from_data(TensorData::new(values.clone(), [n, c, h, w]), device);
    Ok((values, Batch { images, labels: labels.into_iter().collect() }))
}

fn row(values: &[f32], at: usize, dim: usize) -> &[f32] {
    &values[at * dim..(at + 1) * dim]
}

fn pairs(n: usize) -> f64 {
    (n * n.saturating_sub(1)).max(2) as f64 / 2.0
}

/// The squared distance, in sums that run side by side.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b) * (a - b);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b)).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Split, grid25, ring8};

    const N: usize = 250;

    fn probe(dataset: &dyn Dataset) -> Probe {
        let device = Device::flex();
        Probe::new(Tensor::zeros([N, 2], &device), None, (dataset, None), N, &device).unwrap()
    }

    fn of(probe: &Probe, fakes: Vec<f32>) -> [f64; 4] {
        let n = fakes.len() / 2;
        let report = probe.look_at(&Tensor::from_data(TensorData::new(fakes, [n, 2, 1, 1]), &Device::flex()));
        ["diversity", "duplicates", "coverage", "density"].map(|name| report.get(name).unwrap())
    }

    #[test]
    fn fresh_samples_of_the_data_are_as_varied_and_cover_them() {
        let probe = probe(&grid25(Split::Train));
        let (fresh, _) = spread(&grid25(Split::Test), N, &Device::flex()).unwrap();
        let [diversity, duplicates, coverage, density] = of(&probe, fresh);
        assert!((diversity - 1.0).abs() < 0.05 && duplicates < 0.05, "{diversity} {duplicates}");
        assert!(coverage > 0.85 && (density - 1.0).abs() < 0.2, "{coverage} {density}");
    }

    #[test]
    fn one_point_of_the_data_for_every_latent_is_no_diversity_and_all_copies() {
        let ring = ring8(Split::Train);
        let [diversity, duplicates, coverage, _] = of(&probe(&ring), [1.0, 0.0].repeat(N));
        assert_eq!((diversity, duplicates), (0.0, 1.0));
        assert!(coverage < 0.2, "{coverage}");
    }

    #[test]
    fn a_few_modes_are_little_coverage_at_full_density_and_bad_samples_are_neither() {
        let grid = grid25(Split::Train);
        let probe = probe(&grid);
        let (fresh, _) = spread(&grid25(Split::Test), 10 * N, &Device::flex()).unwrap();
        let few: Vec<f32> = fresh.chunks_exact(2).filter(|x| x[0] > 0.7).take(N).flatten().copied().collect();
        let [_, _, coverage, density] = of(&probe, few.clone());
        assert!(coverage < 0.3 && density > 0.6, "{coverage} {density}");
        let far = few.iter().map(|x| x + 10.0).collect();
        assert_eq!(of(&probe, far)[2..], [0.0, 0.0]);
    }

    #[test]
    fn the_data_are_described_by_their_range_spread_and_copies() {
        let report = probe(&ring8(Split::Train)).look_at_data();
        let of = |name: &str| report.get(name).unwrap();
        assert!(of("data_low") < -0.9 && of("data_high") > 0.9 && of("data_copies") == 0.0);
        assert!((of("data_spread") - 0.5f64.sqrt()).abs() < 0.05, "{}", of("data_spread"));
    }
}
