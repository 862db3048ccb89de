//! Twenty-five Gaussians on a grid (Srivastava et al. 2017, "VEEGAN", section 4.1; Lin et al. 2018, "PacGAN").
//!
//! ```text
//! m_ij = (i/2, j/2),  i, j in -2..=2,  σ = 0.0125           theirs, spacing 2 and σ 0.05, at a quarter of the size
//! ```

use super::{Mixture, Points, Split};

const SIDE: usize = 5;
const SPACING: f64 = 0.5;
const DEVIATION: f64 = 0.0125;
/// 0.4 % of the samples, a tenth of a mode's fair share.
const THRESHOLD: f64 = 0.004;

/// Gaussians on a 5x5 grid over [-1, 1]².
pub fn grid25(split: Split) -> Points {
    let mixture = Mixture::of_modes((0..SIDE * SIDE).map(centre).collect(), DEVIATION, THRESHOLD);
    Points::new("grid25", mixture, |draws| centre(draws.below(SIDE * SIDE)), DEVIATION, split)
}

fn centre(mode: usize) -> [f64; 2] {
    let at = |place: usize| SPACING * (place as f64 - (SIDE / 2) as f64);
    [at(mode % SIDE), at(mode / SIDE)]
}
