//! Kernel distance: the squared maximum mean discrepancy under a cubic kernel (Bińkowski et al. 2018; on Inception
//! features it is the KID).
//!
//! ```text
//! k(x, y) = (<x, y>/d + 1)^3
//! MMD^2   = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)
//! ```
//! The estimate is unbiased, so it may be below 0 and needs no more samples than it has. It is the mean over random
//! subsets of equal size, the convention of the reference implementations.

use faer::{Accum, Mat, MatRef, Par, linalg::matmul::matmul};
use rayon::prelude::*;
use serde::Serialize;

use super::Features;
use crate::{
    error::Result,
    random::{Draws, Purpose, Seed},
};

const METRIC: &str = "kernel distance";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KernelOptions {
    pub subsets: usize,
    /// Samples of either side in a subset; all of the smaller side where it has fewer.
    pub subset_size: usize,
    pub seed: Seed,
}

impl Default for KernelOptions {
    fn default() -> Self {
        KernelOptions { subsets: 100, subset_size: 1000, seed: Seed(0) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KernelDistance {
    /// The mean over the subsets.
    pub value: f64,
    /// The standard deviation over the subsets (`1/n`, as the reference implementations have it).
    pub deviation: f64,
    /// The size that the subsets had.
    pub subset_size: usize,
}

/// The kernel distance between two samples.
///
/// # Errors
/// [`Error::Measurement`](crate::Error::Measurement) where the dimensions differ, or either side has fewer than two samples.
pub fn kernel_distance(real: &Features, fake: &Features, options: KernelOptions) -> Result<KernelDistance> {
    Features::check_pair(METRIC, real, fake, 2)?;
    let size = options.subset_size.clamp(2, real.count().min(fake.count()));
    let estimates: Vec<f64> = (0..options.subsets.max(1) as u64)
        .into_par_iter()
        .map(|subset| {
            let mut draws = Draws::new(options.seed, Purpose::Metric, subset);
            let (real, fake) = (subsample(real, size, &mut draws), subsample(fake, size, &mut draws));
            squared_mmd(&real, &fake)
        })
        .collect();
    let n = estimates.len() as f64;
    let value = estimates.iter().sum::<f64>() / n;
    let deviation = (estimates.iter().map(|e| (e - value).powi(2)).sum::<f64>() / n).sqrt();
    Ok(KernelDistance { value, deviation, subset_size: size })
}

/// `size` different samples.
fn subsample(features: &Features, size: usize, draws: &mut Draws) -> Features {
    let order = draws.permutation(features.count());
    let indices: Vec<usize> = order[..size].iter().map(|index| *index as usize).collect();
    features.select(&indices)
}

/// The unbiased estimate from all pairs of two samples of at least two.
fn squared_mmd(x: &Features, y: &Features) -> f64 {
    let (n, m) = (x.count() as f64, y.count() as f64);
    let within = |features: &Features| {
        let kernel = kernel(features, features);
        kernel.sum() - (0..features.count()).map(|i| kernel[(i, i)]).sum::<f64>()
    };
    within(x) / (n * (n - 1.0)) + within(y) / (m * (m - 1.0)) - 2.0 * kernel(x, y).sum() / (n * m)
}

/// # Shapes
/// -> [x.count, y.count].
fn kernel(x: &Features, y: &Features) -> Mat<f64> {
    let dim = x.dim();
    let (x_values, y_values) = (x.to_f64(), y.to_f64());
    let x_columns = MatRef::from_column_major_slice(&x_values, dim, x.count());
    let y_columns = MatRef::from_column_major_slice(&y_values, dim, y.count());
    let mut products = Mat::zeros(x.count(), y.count());
    matmul(&mut products, Accum::Replace, x_columns.transpose(), y_columns, 1.0 / dim as f64, Par::Seq);
    for column in products.col_iter_mut() {
        column.iter_mut().for_each(|product| *product = (*product + 1.0).powi(3));
    }
    products
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_of_two_pairs_is_that_by_hand() {
        // d = 1: k(x, y) = (xy + 1)^3;  x = 0, 1;  y = 1, 2
        let x = Features::new(vec![0.0, 1.0], 1).unwrap();
        let y = Features::new(vec![1.0, 2.0], 1).unwrap();
        // within x: k(0, 1) = 1;  within y: k(1, 2) = 27;  across: (1 + 1 + 8 + 27)/4
        let expected = 1.0 + 27.0 - 2.0 * 37.0 / 4.0;
        assert!((squared_mmd(&x, &y) - expected).abs() < 1e-12);
    }

    #[test]
    fn samples_of_one_distribution_are_at_distance_zero_within_noise() {
        let sample = |step| Features::new(Draws::new(Seed(1), Purpose::Sample, step).normals(1000 * 8), 8).unwrap();
        let options = KernelOptions { subsets: 50, subset_size: 200, seed: Seed(0) };
        let KernelDistance { value, deviation, .. } = kernel_distance(&sample(0), &sample(1), options).unwrap();
        assert!(value.abs() < 2.0 * deviation, "expected 0, got {value} +- {deviation}");
    }
}
