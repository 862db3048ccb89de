//! Eight Gaussians on a ring, the usual test for mode collapse (Metz et al. 2017, "Unrolled GANs", appendix A).
//!
//! ```text
//! m_k = (cos 2πk/8, sin 2πk/8),  σ = 0.01           theirs, radius 2 and σ 0.02, at half the size
//! ```

use std::f64::consts::TAU;

use super::{Mixture, Points, Split};

const MODES: usize = 8;
const DEVIATION: f64 = 0.01;
/// 1 % of the samples, 0.08 of a mode's fair share.
const THRESHOLD: f64 = 0.01;

/// Eight Gaussians on the unit circle.
pub fn ring8(split: Split) -> Points {
    let mixture = Mixture::of_modes((0..MODES).map(centre).collect(), DEVIATION, THRESHOLD);
    Points::new("ring8", mixture, |draws| centre(draws.below(MODES)), DEVIATION, split)
}

fn centre(mode: usize) -> [f64; 2] {
    let angle = TAU * mode as f64 / MODES as f64;
    [libm::cos(angle), libm::sin(angle)]
}
