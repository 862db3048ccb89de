//! Two half circles that reach into each other (`make_moons` of scikit-learn, Pedregosa et al. 2011).
//!
//! ```text
//! upper (cos t, sin t),  lower (1 - cos t, 1/2 - sin t),  t uniform in [0, π],  noise σ = 0.1
//! moved to the mean (0, 0) and divided by 3/2
//! ```

use std::f64::consts::PI;

use super::{Mixture, Points, Split};

const SCALE: f64 = 1.5;
const DEVIATION: f64 = 0.1 / SCALE;
/// Centres along each curve: steps of σ/16.
pub(super) const NODES: usize = 512;

/// Two interleaving half circles.
pub fn two_moons(split: Split) -> Points {
    let place = |draws: &mut crate::random::Draws| {
        let curve = [upper, lower][draws.below(2)];
        curve(f64::from(draws.uniform()))
    };
    Points::new("two-moons", mixture(NODES), place, DEVIATION, split)
}

pub(super) fn mixture(nodes: usize) -> Mixture {
    Mixture::of_curves(&[upper, lower], nodes, DEVIATION)
}

fn upper(t: f64) -> [f64; 2] {
    scaled(libm::cos(PI * t), libm::sin(PI * t))
}

fn lower(t: f64) -> [f64; 2] {
    scaled(1.0 - libm::cos(PI * t), 0.5 - libm::sin(PI * t))
}

fn scaled(x: f64, y: f64) -> [f64; 2] {
    [(x - 0.5) / SCALE, (y - 0.25) / SCALE]
}
