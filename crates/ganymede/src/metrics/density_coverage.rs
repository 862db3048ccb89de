//! Density and coverage of a generator (Naeem et al. 2020): as precision and recall, less moved by outliers.
//!
//! ```text
//! density  = mean over generated samples of (balls of real samples around it) / k       1 where q = p, more inside dense regions
//! coverage = share of real samples with a generated sample inside their ball
//! ```

use serde::Serialize;

use super::{Manifolds, manifold::share};

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DensityCoverage {
    pub density: f64,
    pub coverage: f64,
}

pub fn density_coverage(manifolds: &Manifolds) -> DensityCoverage {
    let balls: usize = manifolds.real_balls_around_fake.iter().sum();
    let fakes = manifolds.real_balls_around_fake.len().max(1);
    DensityCoverage {
        density: balls as f64 / (manifolds.k * fakes) as f64,
        coverage: share(manifolds.real_balls_hit.iter().copied()),
    }
}
