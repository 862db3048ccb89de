//! The largest singular value of a network's weights grows without end.
//!
//! ```text
//! s = largest singular value over the weight matrices of a network        by a few power iterations, every fourth probe
//! s >= 20 times its first value, and 1.5 times that of 1000 steps ago
//! ```
//! Brock et al. 2019 (section 4.1): the spectral norm of the weights explodes ahead of a collapse. An unconstrained
//! Wasserstein critic grows for ever, as its loss has no minimum (theory, T7). Valid under every objective.

use serde::{Deserialize, Serialize};

use super::{
    Advice, Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
};

pub(super) const KIND: Kind = Kind {
    name: "weight_spectrum",
    summary: "the spectral norm of a network's weights has grown many times over and grows on",
    build: |context| {
        let advice = [context.less_slope(), context.slower(SLOWER)];
        context.objective.and_then(|_| of_rule(WeightSpectrum { advice }))
    },
};

const PLAYERS: [&str; 2] = ["spectral_d", "spectral_g"];
/// By how much the rates are lowered where it is the generator's weights that grow.
const SLOWER: f64 = 4.0;
const TIMES: f64 = 20.0;
const GROWING: f64 = 1.5;
const BACK: u64 = 1000;

#[derive(Debug)]
struct WeightSpectrum {
    /// By player.
    advice: [Advice; 2],
}

/// Of each player: its first value, and a value with its step.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    first: [Option<f64>; 2],
    earlier: [Option<(u64, f64)>; 2],
    growing: [bool; 2],
}

impl Rule for WeightSpectrum {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, step: u64, reading: &Reading) -> Symptom {
        let mut symptom = Symptom::Unknown;
        for (player, (name, advice)) in PLAYERS.iter().zip(&self.advice).enumerate() {
            let Some(value) = reading.get(name) else { continue };
            let first = *memory.first[player].get_or_insert(value);
            let (since, earlier) = *memory.earlier[player].get_or_insert((step, value));
            if value >= GROWING * earlier {
                memory.growing[player] = true;
                memory.earlier[player] = Some((step, value));
            } else if step.saturating_sub(since) >= BACK {
                memory.growing[player] = false;
                memory.earlier[player] = Some((step, value));
            }
            let large = Evidence::above(*name, value, TIMES * first);
            if large.is_bad() && memory.growing[player] {
                return Symptom::Ill(Finding::warning(
                    vec![large],
                    "nothing bounds the weights, which grow on and on",
                    advice.clone(),
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

    fn of(norm: impl Fn(u64) -> f64) -> Vec<crate::health::Event> {
        watch(&KIND, "wasserstein", 6000, |step| match step % 100 {
            1 => vec![("spectral_d", norm(step))],
            _ => vec![],
        })
    }

    #[test]
    fn growth_without_end_is_a_warning_and_growth_that_levels_off_is_none() {
        let grown = onset(&of(|step| 1.0 + step as f64 / 100.0));
        assert!(grown.is_some_and(|step| (1900..2100).contains(&step)), "{grown:?}");
        assert_eq!(onset(&of(|step| 1.0 + 10.0 * (1.0 - (-(step as f64) / 500.0).exp()))), None);
    }
}
