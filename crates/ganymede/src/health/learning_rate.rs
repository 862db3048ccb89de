//! A learning rate is too high or too low, by how far one update moves the weights.
//!
//! ```text
//! u = |w' - w| / |w'|          over all weights of a network, in one update
//! too high   u >= 0.1 in two probes running, or u >= 0.5 in one
//! too low    u <= 1e-6 in every probe over 200 steps, and never above 1e-5 before
//! ```
//! A healthy ratio is about 1e-3 (Karpathy, "A recipe for training neural networks", 2019). At 0.1 ten updates replace the
//! weights; at 0.5 one does, and what comes after it looks calm, as the weights are as large as the updates then. Adam on
//! small initial weights starts near 1e-2. Below 1e-6 a step is ten roundings of a 32-bit float. A schedule that ends at zero
//! has been above 1e-5 before. Valid under every objective, as it reads no logit.

use serde::{Deserialize, Serialize};

use super::{
    Context, Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
    memory::Streak,
    remedy::Player,
};

pub(super) const KIND: Kind = Kind {
    name: "learning_rate",
    summary: "an update moves the weights by too large or too small a share of themselves",
    build: |context| context.objective.and_then(|_| of_rule(LearningRate { context: context.clone() })),
};

const PLAYERS: [(&str, Player); 2] = [("update_d", Player::Discriminator), ("update_g", Player::Generator)];
const HIGH: f64 = 0.1;
/// Beside |w'|, no update is larger than about 1.
const HALF: f64 = 0.5;
const LOW: f64 = 1e-6;
/// A network that has once moved this much is not one whose rate is too low.
const ALIVE: f64 = 1e-5;
const LOW_STEPS: u64 = 200;
/// What a rate is lowered by at least.
const MUCH: f64 = 10.0;

#[derive(Debug)]
struct LearningRate {
    context: Context,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    high: [Streak; 2],
    low: [Streak; 2],
    moved: [bool; 2],
}

impl Rule for LearningRate {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, step: u64, reading: &Reading) -> Symptom {
        let mut symptom = Symptom::Unknown;
        for (player, (name, who)) in PLAYERS.iter().enumerate() {
            let Some(ratio) = reading.get(name) else { continue };
            memory.moved[player] |= ratio >= ALIVE;
            let (high, low) = (Evidence::above(*name, ratio, HIGH), Evidence::below(*name, ratio, LOW));
            let is_high = memory.high[player].holds(step, high.is_bad(), 1) || ratio >= HALF;
            let is_low = memory.low[player].holds(step, low.is_bad() && !memory.moved[player], LOW_STEPS);
            if is_high {
                let times = (ratio / 1e-3 / MUCH).max(MUCH).round();
                return Symptom::Ill(Finding::fault(
                    vec![high],
                    "an update replaces a good part of the weights, so that nothing learnt stays",
                    self.context.other_rate(*who, 1.0 / times),
                ));
            }
            if is_low {
                return Symptom::Ill(Finding::warning(
                    vec![low],
                    "the updates are lost in the rounding of the weights",
                    self.context.other_rate(*who, MUCH),
                ));
            }
            symptom = Symptom::Well;
        }
        symptom
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::testing::{onset, watch};

    fn of(ratio: impl Fn(u64) -> f64) -> Vec<crate::health::Event> {
        watch(&KIND, "hinge", 2000, |step| match step % 25 {
            0 => vec![("update_d", 1e-3), ("update_g", ratio(step))],
            _ => vec![("loss_d", 1.0)],
        })
    }

    #[test]
    fn a_rate_a_hundred_times_too_high_is_seen_in_the_second_probe() {
        let events = of(|step| if step > 300 { 0.3 } else { 5e-3 });
        assert_eq!(onset(&events), Some(350));
        assert_eq!(events[0].remedy.generator_rate, Some(6.7e-6), "{}", events[0].advice);
    }

    #[test]
    fn a_single_update_that_replaces_the_weights_is_enough() {
        assert_eq!(onset(&of(|step| if step == 25 { 0.9 } else { 0.04 })), Some(25));
    }

    #[test]
    fn a_rate_that_was_always_tiny_is_too_low_and_the_end_of_a_schedule_is_not() {
        assert_eq!(onset(&of(|_| 1e-8)), Some(225));
        assert_eq!(onset(&of(|step| if step < 500 { 1e-3 } else { 1e-8 })), None);
        assert_eq!(onset(&of(|_| 1e-3)), None);
    }
}
