//! The game goes round in circles.
//!
//! ```text
//! series      gap = logit_real - logit_fake, and fake_mean, where the generated mass lies
//! levels      means over 1, 4, 16 and 64 readings; the last 96 of each, from 64 on
//!             of fake_mean only where they swing by a quarter of the data's spread
//! r(k)        correlation of the series with itself k places later
//! circling    a trough r(k1) <= -0.6, the peak behind it r(k2) >= 0.75 with k2 at most a third of them, and again
//!             r(2 k2) >= 0.6: three turns; the second half no quieter than 0.7 of the first; in three looks running
//! ```
//! The unregularised Dirac-GAN circles for ever, and with R1 it spirals in (Mescheder et al. 2018): an oscillation that does
//! not decay tells one from the other. r is Pearson's correlation of the overlapping parts; a walk at random has a trough and a
//! peak as well, and seldom a second peak at twice the distance. Periods from 6 steps to 2000. The gap is a difference of
//! logits, so this is valid under every objective.

use serde::{Deserialize, Serialize};

use super::{
    Advice, Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
    memory::Window,
};

pub(super) const KIND: Kind = Kind {
    name: "cycling",
    summary: "the logit gap or the generated mass swings to and fro without coming to rest",
    build: |context| context.objective.and_then(|_| of_rule(Cycling { advice: context.damping() })),
};

const LEVELS: usize = 4;
/// Readings of one level that make one of the next.
const RATIO: u64 = 4;
const LENGTH: usize = 96;
const ENOUGH: usize = 64;
/// A swing is seen three times at least.
const TURNS: usize = 3;
const SHORTEST: usize = 6;
const TROUGH: f64 = -0.6;
const PEAK: f64 = 0.75;
const SECOND_PEAK: f64 = 0.6;
const STEADY: f64 = 0.7;
/// Looks running, every fourth value of a level, that find a swing: learning swings in passing, too.
const LOOKS: u64 = 3;
/// Of the data's standard deviation: mass that swings by less is learning, or noise.
const WIDE: f64 = 0.25;

#[derive(Debug)]
struct Cycling {
    advice: Advice,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    gap: [Level; LEVELS],
    mass: [Level; LEVELS],
    /// The standard deviation of the data, where it has been looked at.
    spread: f64,
}

/// One level of means: those that are full, and the one being made.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Level {
    values: Window,
    sum: f64,
    count: u64,
    /// What was found at the last look.
    swing: Option<Swing>,
    /// Looks running that have found one.
    looks: u64,
}

/// A swing, in readings of the level that it was seen on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Swing {
    period: usize,
    peak: f64,
    trough: f64,
}

impl Rule for Cycling {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, _step: u64, reading: &Reading) -> Symptom {
        let gap = reading.get("logit_real").zip(reading.get("logit_fake")).map(|(real, fake)| real - fake);
        let Some(gap) = gap else { return Symptom::Unknown };
        memory.spread = reading.get("data_spread").unwrap_or(memory.spread);
        let series = [
            ("logit gap", Some(gap), 0.0, &mut memory.gap),
            ("fake_mean", reading.get("fake_mean"), WIDE * memory.spread, &mut memory.mass),
        ];
        let mut found = None;
        for (name, value, least, levels) in series {
            let Some(value) = value else { continue };
            push(levels, value, least);
            let known = levels
                .iter()
                .enumerate()
                .find_map(|(at, level)| Some((at, level.swing.as_ref().filter(|_| level.looks >= LOOKS)?)));
            found =
                found.or(known.map(|(at, swing)| (name, swing.period as u64 * RATIO.pow(at as u32), swing.clone())));
        }
        let Some((name, period, swing)) = found else { return Symptom::Well };
        Symptom::Ill(Finding::fault(
            vec![
                Evidence::above(format!("correlation of {name} after {period} readings"), swing.peak, PEAK),
                Evidence::below(format!("correlation of {name} before that"), swing.trough, TROUGH),
            ],
            "generator and discriminator chase each other, and nothing damps the game",
            self.advice.clone(),
        ))
    }
}

/// Adds a reading to the first level and what it completes to the others, and looks for swings where that changes much.
fn push(levels: &mut [Level; LEVELS], mut value: f64, least: f64) {
    for level in levels {
        level.values.push(value, LENGTH);
        level.sum += value;
        level.count += 1;
        if !level.count.is_multiple_of(RATIO) {
            return;
        }
        if level.values.len() >= ENOUGH {
            level.swing = swing(&level.values, least);
            level.looks = if level.swing.is_some() { level.looks.saturating_add(1) } else { 0 };
        }
        value = level.sum / RATIO as f64;
        (level.sum, level.count) = (0.0, 0);
    }
}

fn swing(window: &Window, least: f64) -> Option<Swing> {
    let values: Vec<f64> = window.iter().collect();
    if deviation(&values) < least {
        return None;
    }
    let at = |lag: usize| correlation(&values[..values.len() - lag], &values[lag..]);
    let correlations: Vec<f64> = (1..=values.len() / TURNS).map(at).collect();
    // the first trough, and the highest peak behind it
    let trough = correlations.iter().position(|r| *r <= TROUGH)?;
    let (behind, peak) = correlations[trough..].iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let period = trough + behind + 1;
    let lowest = correlations[..period].iter().copied().fold(f64::INFINITY, f64::min);
    let (first, second) = values.split_at(values.len() / 2);
    let steady = deviation(second) >= STEADY * deviation(first);
    let turns_on = || (2 * period - 1..=2 * period + 1).map(at).fold(-1.0, f64::max) >= SECOND_PEAK;
    (peak >= PEAK && period >= SHORTEST && steady && turns_on()).then_some(Swing { period, peak, trough: lowest })
}

fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len().max(1) as f64).sqrt()
}

/// Pearson's; 0 where one side does not vary.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().max(1) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let product = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>() / n;
    let scale = deviation(a) * deviation(b);
    if scale > 0.0 { product / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::testing::{noise, onset, watch};

    fn of(steps: u64, gap: impl Fn(u64) -> f64) -> Option<u64> {
        onset(&watch(&KIND, "wasserstein", steps, |step| vec![("logit_real", gap(step)), ("logit_fake", 0.0)]))
    }

    #[test]
    fn mass_that_swings_by_little_beside_the_spread_of_the_data_is_no_circle() {
        let of = |width: f64| {
            onset(&watch(&KIND, "hinge", 400, |step| {
                let spread = if step == 1 { vec![("data_spread", 1.0)] } else { vec![] };
                let mass = vec![("logit_real", 0.0), ("logit_fake", 0.0), ("fake_mean", width * wave(step, 25.0))];
                [spread, mass].concat()
            }))
        };
        assert_eq!((of(1.0), of(0.2)), (Some(80), None));
    }

    fn wave(step: u64, period: f64) -> f64 {
        (std::f64::consts::TAU * step as f64 / period).sin()
    }

    #[test]
    fn short_and_long_circles_are_seen_after_a_few_turns() {
        assert_eq!(of(100, |step| wave(step, 25.0) + 0.2 * noise(step)), Some(80));
        assert!(of(400, |step| wave(step, 60.0) + 0.2 * noise(step)).is_some_and(|step| step <= 312));
        let long = of(7000, |step| wave(step, 1000.0) + 0.5 * noise(step));
        assert!(long.is_some_and(|step| step <= 6656), "{long:?}");
    }

    #[test]
    fn a_spiral_inwards_noise_and_drift_are_no_circles() {
        assert_eq!(of(400, |step| wave(step, 25.0) * (-(step as f64) / 60.0).exp()), None);
        assert_eq!(of(20_000, noise), None);
        assert_eq!(of(5000, |step| step as f64 / 100.0 + noise(step)), None);
        assert_eq!(of(5000, |_| 1.0), None);
    }
}
