//! A spiral, the Swiss roll seen from its end (`make_swiss_roll` of scikit-learn; Marsland 2009, chapter 6).
//!
//! ```text
//! (t cos t, t sin t),  t uniform in [3π/2, 9π/2],  noise σ = 1        divided by 9π/2, into the unit disc
//! ```

use std::f64::consts::PI;

use super::{Mixture, Points, Split};

const SCALE: f64 = 4.5 * PI;
const DEVIATION: f64 = 1.0 / SCALE;
/// Centres along the curve: steps of at most σ/10.
pub(super) const NODES: usize = 1440;

/// A spiral of one and a half turns.
pub fn swiss_roll(split: Split) -> Points {
    Points::new("swiss-roll", mixture(NODES), |draws| curve(f64::from(draws.uniform())), DEVIATION, split)
}

pub(super) fn mixture(nodes: usize) -> Mixture {
    Mixture::of_curves(&[curve], nodes, DEVIATION)
}

fn curve(t: f64) -> [f64; 2] {
    let angle = 1.5 * PI * (1.0 + 2.0 * t);
    [angle * libm::cos(angle) / SCALE, angle * libm::sin(angle) / SCALE]
}
