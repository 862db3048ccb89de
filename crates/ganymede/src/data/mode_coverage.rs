//! How many modes of a known density the samples cover (Srivastava et al. 2017, section 4.1).
//!
//! ```text
//! a sample is of high quality   when it lies within 3σ of a mode; it counts for the nearest
//! a mode is covered             when its share of all samples, n_k / N, reaches the density's threshold
//! ```
//! Of true samples 1 - e^(-9/2) = 98.9 % are of high quality.

use super::Density;

const REACH: f32 = 3.0;

/// What samples cover of a density's modes.
#[derive(Debug, Clone, PartialEq)]
pub struct ModeCoverage {
    /// Modes that hold enough samples.
    pub covered: usize,
    /// All modes of the density.
    pub modes: usize,
    /// The share of the samples that lie within 3σ of a mode.
    pub high_quality: f64,
    /// High-quality samples of each mode.
    pub counts: Vec<usize>,
}

impl std::fmt::Display for ModeCoverage {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let ModeCoverage { covered, modes, high_quality, .. } = self;
        write!(f, "{covered}/{modes} modes, {:.1} % of the samples within 3 sigma of one", high_quality * 100.0)
    }
}

/// Counts the modes that `samples` cover; none for a density without separate modes.
///
/// Samples that are not finite count for no mode.
pub fn mode_coverage(samples: &[[f32; 2]], density: &dyn Density) -> Option<ModeCoverage> {
    let modes = density.modes()?;
    let reach = REACH * modes.deviation;
    let mut counts = vec![0; modes.centres.len()];
    for sample in samples {
        let distances = modes.centres.iter().map(|m| libm::hypotf(sample[0] - m[0], sample[1] - m[1]));
        let nearest = distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((mode, _)) = nearest.filter(|(_, distance)| *distance <= reach) {
            counts[mode] += 1;
        }
    }
    let total = samples.len().max(1) as f64;
    Some(ModeCoverage {
        covered: counts.iter().filter(|count| **count > 0 && **count as f64 >= modes.threshold * total).count(),
        modes: counts.len(),
        high_quality: counts.iter().sum::<usize>() as f64 / total,
        counts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Points, Split, grid25, ring8, swiss_roll};

    fn points(set: &Points, n: usize) -> Vec<[f32; 2]> {
        let mut points = vec![[0.0; 2]; n];
        for (index, point) in points.iter_mut().enumerate() {
            set.read(index, point).unwrap();
        }
        points
    }

    #[test]
    fn the_data_cover_all_modes_with_98_9_percent_of_high_quality() {
        for (set, modes) in [(ring8(Split::Test), 8), (grid25(Split::Test), 25)] {
            let coverage = mode_coverage(&points(&set, 10_000), set.mixture()).unwrap();
            assert_eq!((coverage.covered, coverage.modes), (modes, modes));
            assert!((coverage.high_quality - 0.98889).abs() < 0.004, "{}: {coverage:?}", set.name());
            let fair = 10_000.0 / modes as f64;
            let even = coverage.counts.iter().all(|n| (*n as f64 - fair).abs() < 5.0 * fair.sqrt());
            assert!(even, "{}: {:?}", set.name(), coverage.counts);
        }
    }

    #[test]
    fn a_mode_counts_from_its_threshold_on() {
        let ring = ring8(Split::Train);
        for (first, covered) in [(9, 1), (10, 2)] {
            let mut samples = vec![[1.0, 0.0]; first];
            samples.resize(1000, [-1.0, 0.0]);
            let coverage = mode_coverage(&samples, ring.mixture()).unwrap();
            assert_eq!((coverage.covered, coverage.counts[0]), (covered, first));
        }
    }

    #[test]
    fn samples_far_off_or_not_finite_count_for_nothing() {
        let ring = ring8(Split::Train);
        let samples = [[f32::NAN, 0.0], [f32::INFINITY, 1.0], [0.0, 0.0], [1.031, 0.0]];
        let coverage = mode_coverage(&samples, ring.mixture()).unwrap();
        assert_eq!((coverage.covered, coverage.high_quality), (0, 0.0));
        assert_eq!(mode_coverage(&[], ring.mixture()).unwrap().covered, 0);
        assert_eq!(mode_coverage(&samples, swiss_roll(Split::Train).mixture()), None);
    }
}
