//! Fréchet distance between Gaussians fitted to two samples (Heusel et al. 2017; on Inception features it is the FID).
//!
//! ```text
//! F^2 = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1^1/2 S2 S1^1/2)^1/2         (Dowson & Landau 1982)
//! ```
//! With `S1 = U diag(w) U^T` the matrix `diag(w)^1/2 U^T S2 U diag(w)^1/2` has the same eigenvalues as `S1^1/2 S2 S1^1/2`. It is
//! symmetric, so they are real, and those that rounding made negative count as 0: no complex square root, no NaN, and
//! covariances without full rank need no epsilon.
//!
//! The distance between samples of `n` exceeds that between the distributions by about `c/n`, so two of them compare only
//! at equal `n`; [`extrapolate`] fits the line and reads it off at `1/n = 0` (Chong & Forsyth 2020).

use faer::{Mat, Side};
use rayon::prelude::*;
use serde::Serialize;

use super::{Features, Moments};
use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
};

const METRIC: &str = "frechet distance";
/// Two-sided 95 % of a normal.
const NORMAL_95: f64 = 1.959_963_984_540_054;
/// Points on the line that is read off at infinitely many samples.
const EXTRAPOLATION_POINTS: usize = 8;

/// What [`frechet`] takes besides the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FrechetOptions {
    /// Computes also from fewer samples than dimensions, where the covariances have no full rank.
    pub allow_few: bool,
    /// Resamples of the generated sample for the interval; 0 for none.
    pub resamples: usize,
    /// Whether to extrapolate to infinitely many generated samples.
    pub extrapolate: bool,
    pub seed: Seed,
}

impl Default for FrechetOptions {
    fn default() -> Self {
        FrechetOptions { allow_few: false, resamples: 0, extrapolate: false, seed: Seed(0) }
    }
}

/// A Fréchet distance, with what its options asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Frechet {
    pub value: f64,
    /// `|m1 - m2|^2`.
    pub mean_term: f64,
    /// The rest: how much the covariances differ.
    pub covariance_term: f64,
    /// 95 % interval from the standard deviation over resamples of the generated sample, the reference held fixed.
    pub interval: Option<[f64; 2]>,
    /// At infinitely many generated samples.
    pub at_infinity: Option<f64>,
}

/// The Fréchet distance from `fake` to `real`.
///
/// # Shapes
/// Any number of samples each, of one dimension.
///
/// # Errors
/// [`Error::Measurement`] where the dimensions differ, or there are fewer samples than dimensions and that is not allowed.
pub fn frechet(real: &Features, fake: &Features, options: FrechetOptions) -> Result<Frechet> {
    Features::check_pair(METRIC, real, fake, 2)?;
    let fewest = real.count().min(fake.count());
    if fewest <= real.dim() && !options.allow_few {
        let expected = format!("more samples than the {} dimensions", real.dim());
        let advice = "take more samples, or features of fewer dimensions, or allow it and compare at this number only";
        return Err(Error::measurement(METRIC, expected, fewest, advice));
    }
    let reference = Reference::new(&Moments::of(real))?;
    let (mean_term, covariance_term) = reference.distance(&Moments::of(fake))?;
    let value = mean_term + covariance_term;
    let interval = if options.resamples > 1 {
        let deviation = reference.deviation(fake, options)?;
        Some([(value - NORMAL_95 * deviation).max(0.0), value + NORMAL_95 * deviation])
    } else {
        None
    };
    let at_infinity = if options.extrapolate { Some(extrapolate(&reference, fake, options.seed)?) } else { None };
    Ok(Frechet { value, mean_term, covariance_term, interval, at_infinity })
}

/// The Fréchet distance between two Gaussians.
///
/// # Errors
/// [`Error::Measurement`] where the eigenvalues cannot be computed.
pub fn frechet_between(real: &Moments, fake: &Moments) -> Result<f64> {
    let (mean_term, covariance_term) = Reference::new(real)?.distance(fake)?;
    Ok(mean_term + covariance_term)
}

/// A Gaussian with its covariance factored, for distances to many others.
struct Reference {
    mean: Vec<f64>,
    total_variance: f64,
    /// `U diag(w)^1/2`.
    root: Mat<f64>,
}

impl Reference {
    fn new(moments: &Moments) -> Result<Self> {
        let eigen = moments.covariance.self_adjoint_eigen(Side::Lower).map_err(|_| no_eigenvalues())?;
        let (vectors, values) = (eigen.U(), eigen.S());
        let root = Mat::from_fn(vectors.nrows(), vectors.ncols(), |i, j| vectors[(i, j)] * values[j].max(0.0).sqrt());
        Ok(Reference { mean: moments.mean.clone(), total_variance: moments.total_variance(), root })
    }

    /// The mean's and the covariance's part of the squared distance.
    fn distance(&self, other: &Moments) -> Result<(f64, f64)> {
        let mean_term = self.mean.iter().zip(&other.mean).map(|(a, b)| (a - b).powi(2)).sum();
        let product = self.root.transpose() * &other.covariance * &self.root;
        let eigenvalues = product.self_adjoint_eigenvalues(Side::Lower).map_err(|_| no_eigenvalues())?;
        let overlap: f64 = eigenvalues.iter().map(|w| w.max(0.0).sqrt()).sum();
        // exactly 0 for equal covariances, but for rounding
        let covariance_term = (self.total_variance + other.total_variance() - 2.0 * overlap).max(0.0);
        Ok((mean_term, covariance_term))
    }

    /// The standard deviation of the distance over resamples of `fake` with replacement. Their mean is no estimate of the
    /// distance (it has the bias of small samples twice), their spread is one of its spread.
    fn deviation(&self, fake: &Features, options: FrechetOptions) -> Result<f64> {
        let distances = (0..options.resamples as u64).into_par_iter().map(|resample| {
            let mut draws = Draws::new(options.seed, Purpose::Metric, resample);
            let indices: Vec<usize> = (0..fake.count()).map(|_| draws.below(fake.count())).collect();
            self.distance(&Moments::of(&fake.select(&indices))).map(|(mean, covariance)| mean + covariance)
        });
        let distances = distances.collect::<Result<Vec<f64>>>()?;
        let n = distances.len() as f64;
        let mean = distances.iter().sum::<f64>() / n;
        Ok((distances.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
    }
}

/// The distance at infinitely many generated samples: the intercept of the least-squares line through the distances of
/// the first n/2 .. n samples of a random order, as a function of `1/n`.
fn extrapolate(reference: &Reference, fake: &Features, seed: Seed) -> Result<f64> {
    let order = Draws::new(seed, Purpose::Metric, u64::MAX).permutation(fake.count());
    let order: Vec<usize> = order.into_iter().map(|index| index as usize).collect();
    let points = (0..EXTRAPOLATION_POINTS).into_par_iter().map(|point| {
        let half = fake.count() / 2;
        let n = (half + (fake.count() - half) * point / (EXTRAPOLATION_POINTS - 1)).max(2);
        let (mean, covariance) = reference.distance(&Moments::of(&fake.select(&order[..n])))?;
        Ok((1.0 / n as f64, mean + covariance))
    });
    Ok(intercept(&points.collect::<Result<Vec<_>>>()?))
}

/// Where the least-squares line through the points crosses the axis.
fn intercept(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x_mean, y_mean) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let spread: f64 = points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    let slope: f64 = points.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>() / spread;
    if spread > 0.0 { y_mean - slope * x_mean } else { y_mean }
}

fn no_eigenvalues() -> Error {
    let advice = "look for features that are all but constant or far too large";
    Error::measurement(METRIC, "covariances with eigenvalues", "no convergence", advice)
}
