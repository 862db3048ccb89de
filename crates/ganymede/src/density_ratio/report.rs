//! What calibrated log ratios of held-out samples say of the two distributions.
//!
//! ```text
//! KL(q‖p)   = -E_q[h]
//! JSD(p, q) >= log 2 - (E_p[softplus(-h)] + E_q[softplus(h)]) / 2            for every h, equal at h*
//! test        accuracy of the sign of h against 1/2                          Lopez-Paz & Oquab 2017
//! calibration mean |share of real - mean sigmoid(h)| over ten bins of sigmoid(h), weighted by their size
//! ```

use serde::{Deserialize, Serialize};

use super::{
    Calibration,
    calibration::{sigmoid, softplus},
    refine::{QUANTILE, quantile},
};

const BINS: usize = 10;
/// How many of the least real samples are named.
const NAMED: usize = 64;

/// Log ratios that samples are measured against when they are refined.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// A high quantile over generated samples.
    pub certain: f64,
    /// The median over real ones.
    pub middle_of_real: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RatioReport {
    /// KL(q‖p), in nats: generated against real.
    pub kl: f64,
    /// A lower bound of the Jensen-Shannon divergence, in nats; at most log 2.
    pub jsd: f64,
    /// The share of held-out samples that the sign of the ratio puts on the right side.
    pub accuracy: f64,
    /// How probable such an accuracy is for two samples of one distribution.
    pub p_value: f64,
    /// How far the probabilities are from the frequencies.
    pub calibration_error: f64,
    pub calibration: Calibration,
    /// Held-out samples of both sides.
    pub held_out: usize,
    /// The generated samples of the lowest ratio, by their number, the least real first.
    pub least_real: Vec<usize>,
    pub levels: Levels,
}

impl RatioReport {
    /// From the log ratios of held-out samples; `fake_numbers` are those of the generated ones.
    pub(super) fn new(real: &[f64], fake: &[f64], fake_numbers: &[usize], calibration: Calibration) -> Self {
        let mean = |values: &[f64], map: fn(f64) -> f64| {
            values.iter().map(|h| map(*h)).sum::<f64>() / values.len().max(1) as f64
        };
        let loss = mean(real, |h| softplus(-h)) + mean(fake, softplus);
        // each side counts half, whatever their sizes
        let accuracy = (mean(real, |h| f64::from(h > 0.0)) + mean(fake, |h| f64::from(h <= 0.0))) / 2.0;
        let deviation = (1.0 / real.len().max(1) as f64 + 1.0 / fake.len().max(1) as f64).sqrt() / 4.0;
        let mut by_ratio: Vec<(f64, usize)> = fake.iter().copied().zip(fake_numbers.iter().copied()).collect();
        by_ratio.sort_by(|a, b| a.0.total_cmp(&b.0));
        RatioReport {
            kl: -mean(fake, |h| h),
            jsd: std::f64::consts::LN_2 - loss / 2.0,
            accuracy,
            p_value: 0.5 * libm::erfc((accuracy - 0.5) / deviation / std::f64::consts::SQRT_2),
            calibration_error: calibration_error(real, fake),
            calibration,
            held_out: real.len() + fake.len(),
            least_real: by_ratio.into_iter().take(NAMED).map(|(_, number)| number).collect(),
            levels: Levels { certain: quantile(fake, QUANTILE), middle_of_real: quantile(real, 0.5) },
        }
    }
}

fn calibration_error(real: &[f64], fake: &[f64]) -> f64 {
    // per bin: samples, real ones, sum of probabilities
    let mut bins = [(0.0, 0.0, 0.0); BINS];
    for (logits, is_real) in [(real, 1.0), (fake, 0.0)] {
        for logit in logits {
            let probability = sigmoid(*logit);
            let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
            *bin = (bin.0 + 1.0, bin.1 + is_real, bin.2 + probability);
        }
    }
    let total: f64 = bins.iter().map(|(count, ..)| count).sum();
    bins.iter().map(|(_, reals, probabilities)| (reals - probabilities).abs()).sum::<f64>() / total.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: Calibration = Calibration { slope: 1.0, shift: 0.0 };

    #[test]
    fn ratios_of_zero_say_that_there_is_no_difference() {
        let report = RatioReport::new(&[0.0; 50], &[0.0; 50], &[0; 50], IDENTITY);
        assert_eq!((report.kl, report.accuracy, report.p_value), (0.0, 0.5, 0.5));
        assert!(report.jsd.abs() < 1e-12 && report.calibration_error < 1e-12);
    }

    #[test]
    fn samples_that_are_told_apart_have_the_greatest_divergence_and_stay_finite() {
        let numbers: Vec<usize> = (0..50).collect();
        let fake: Vec<f64> = (0..50).map(|i| -1e4 - f64::from(i)).collect();
        let report = RatioReport::new(&[1e4; 50], &fake, &numbers, IDENTITY);
        assert!((report.jsd - std::f64::consts::LN_2).abs() < 1e-12);
        assert!(report.kl.is_finite() && report.p_value < 1e-9);
        assert_eq!(report.least_real[0], 49);
    }
}
