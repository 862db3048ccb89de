//! Two samples as unions of balls, each around a sample and as wide as the distance to its k-th nearest neighbour: what
//! precision and recall, density and coverage count.

use serde::Serialize;

use super::{Features, distances};
use crate::error::{Error, Result};

const METRIC: &str = "precision, recall, density, coverage";

/// Which balls hold which samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifolds {
    /// The neighbour that a ball reaches to.
    pub k: usize,
    /// For each generated sample: how many balls of real samples it lies in.
    pub real_balls_around_fake: Vec<usize>,
    /// For each real sample: how many balls of generated samples it lies in.
    pub fake_balls_around_real: Vec<usize>,
    /// For each real sample: whether a generated sample lies in its ball.
    pub real_balls_hit: Vec<bool>,
}

impl Manifolds {
    /// # Errors
    /// [`Error::Measurement`] where the dimensions differ or either side has no `k` neighbours.
    pub fn new(real: &Features, fake: &Features, k: usize) -> Result<Self> {
        if k == 0 {
            return Err(Error::setting("neighbours", "a whole number from 1", k));
        }
        Features::check_pair(METRIC, real, fake, k + 1)?;
        let real_radii = distances::squared_radii(real, k);
        let fake_radii = distances::squared_radii(fake, k);
        // a sample on the surface of a ball lies outside it
        let of_real = distances::map_squared(real, fake, |i, distances| {
            let inside_fakes = distances.iter().zip(&fake_radii).filter(|(d, radius)| d < radius).count();
            (inside_fakes, distances.iter().any(|d| *d < real_radii[i]))
        });
        let real_balls_around_fake = distances::map_squared(fake, real, |_, distances| {
            distances.iter().zip(&real_radii).filter(|(d, radius)| d < radius).count()
        });
        let (fake_balls_around_real, real_balls_hit) = of_real.into_iter().unzip();
        Ok(Manifolds { k, real_balls_around_fake, fake_balls_around_real, real_balls_hit })
    }
}

/// The share of `true`.
pub(super) fn share(flags: impl ExactSizeIterator<Item = bool>) -> f64 {
    let count = flags.len().max(1);
    flags.filter(|flag| *flag).count() as f64 / count as f64
}
