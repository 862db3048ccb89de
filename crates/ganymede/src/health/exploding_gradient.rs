//! A gradient has burst out of its range.
//!
//! ```text
//! z = (log|g| - median) / max(1.4826 MAD, 0.1)         of the last 200 values of log|g| in good times
//! z >= 8 and |g| >= 10 median and |g| >= 1, in 3 readings of the last 5
//! ```
//! The robust z-score and its factor are Hampel's (1974), on the logarithm, as norms of gradients vary by factors. A lazy
//! penalty makes one high value in so many, which is not three of five. Where a saturated discriminator's gradient of 1e-6 becomes
//! 1e-4, nothing explodes: losses and logits are of order 1, and so is a gradient that can throw weights about. Pascanu et al. 2013 describe the explosion.
//! Valid under every objective, and for a VAE: a constant added to the logits has no gradient.

use serde::{Deserialize, Serialize};

use super::{
    Advice, Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
    memory::Window,
};

pub(super) const KIND: Kind = Kind {
    name: "exploding_gradient",
    summary: "the norm of a gradient is far above its running median, by a robust z-score",
    build: |context| of_rule(ExplodingGradient { advice: context.slower(SLOWER) }),
};

const NAMES: [&str; 3] = ["gradient_d", "gradient_g", "gradient"];
const SCORE: f64 = 8.0;
const FACTOR: f64 = 10.0;
const WINDOW: usize = 200;
const ENOUGH: usize = 30;
const LEAST: f64 = 1.0;
/// A spread below this is that of a quiet window, not of the gradient.
const LEAST_SPREAD: f64 = 0.1;
const LATELY: usize = 5;
const OF_THEM: f64 = 3.0;
/// By how much the rates are lowered.
const SLOWER: f64 = 10.0;

#[derive(Debug)]
struct ExplodingGradient {
    advice: Advice,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    /// Of each of [`NAMES`], the logarithms.
    usual: [Window; 3],
    /// Of each, 1 for a high value and 0 for another.
    high: [Window; 3],
}

impl Rule for ExplodingGradient {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, _step: u64, reading: &Reading) -> Symptom {
        let mut symptom = Symptom::Unknown;
        for ((name, usual), high) in NAMES.iter().zip(&mut memory.usual).zip(&mut memory.high) {
            let Some(gradient) = reading.get(name) else { continue };
            let log = gradient.max(f64::MIN_POSITIVE).ln();
            if usual.len() < ENOUGH {
                usual.push(log, WINDOW);
                continue;
            }
            let centre = usual.median();
            let score = (log - centre) / usual.robust_deviation().max(LEAST_SPREAD);
            let evidence = [
                Evidence::above(*name, gradient, (FACTOR * centre.exp()).max(LEAST)),
                Evidence::above(format!("robust z of {name}"), score, SCORE),
            ];
            let is_high = evidence.iter().all(Evidence::is_bad);
            high.push(f64::from(is_high), LATELY);
            if !is_high {
                usual.push(log, WINDOW);
            }
            let burst = high.iter().sum::<f64>() >= OF_THEM;
            if !burst {
                symptom = if symptom == Symptom::Unknown { Symptom::Well } else { symptom };
            } else if is_high && !matches!(symptom, Symptom::Ill(_)) {
                symptom = Symptom::Ill(Finding::fault(
                    evidence.to_vec(),
                    "the updates are too large for the slope of the loss, or nothing bounds the discriminator's slope",
                    self.advice.clone(),
                ));
            }
        }
        symptom
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::testing::{noise, onset, watch};

    #[test]
    fn a_burst_is_seen_in_its_third_step_and_a_lazy_penalty_is_none() {
        let of = |factor: fn(u64) -> f64| {
            watch(&KIND, "hinge", 300, |step| vec![("gradient_d", (0.3 * noise(step)).exp() * factor(step))])
        };
        assert_eq!(onset(&of(|step| if step > 200 { 100.0 } else { 1.0 })), Some(203));
        assert_eq!(onset(&of(|step| if step % 16 == 0 { 300.0 } else { 1.0 })), None);
        assert_eq!(onset(&of(|_| 1.0)), None);
    }

    #[test]
    fn a_gradient_that_grows_slowly_is_not_a_burst() {
        let events =
            watch(&KIND, "hinge", 3000, |step| vec![("gradient_g", (step as f64 / 400.0 + 0.3 * noise(step)).exp())]);
        assert_eq!(onset(&events), None);
    }
}
