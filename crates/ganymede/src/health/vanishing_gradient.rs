//! The generator's gradient has vanished: the discriminator is sure of every generated sample, and none of them is moved.
//!
//! ```text
//! force       idle >= 0.8 and separation >= 0.99, in eight of ten readings over 20 steps
//!             idle: share of fakes with |g'(h)| < 0.05
//! gradient    gradient_g <= median / 100 and separation >= 0.99, for 20 steps
//!             median: of its last 200 values in good times
//! ```
//! Arjovsky & Bottou 2017, theorem 2.4: the better the discriminator, the smaller the minimax gradient. The first rule reads
//! the force law g'(h) itself (theory, T3), and so fires under objectives whose force can vanish where the discriminator is
//! right: minimax. Under the others a generated sample without force is one that has fooled the discriminator, and
//! separation is then low. The second rule is valid under every objective: neither norm nor order of the logits knows their
//! level.

use serde::{Deserialize, Serialize};

use super::{
    Advice, Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
    memory::{Mostly, Streak, Window},
};

pub(super) const KIND: Kind = Kind {
    name: "vanishing_gradient",
    summary: "no force on generated samples, or a gradient far below its median, while D tells all apart",
    build: |context| {
        let (force, less_slope) = (context.force(), context.less_slope());
        context.objective.and_then(|_| of_rule(VanishingGradient { force, less_slope }))
    },
};

const IDLE: f64 = 0.8;
const SEPARATION: f64 = 0.99;
const SHARE: f64 = 0.01;
const OF_TEN: usize = 8;
const STEPS: u64 = 20;
const WINDOW: usize = 200;
/// Values that a median is taken of at least.
const ENOUGH: usize = 30;

#[derive(Debug)]
struct VanishingGradient {
    force: Advice,
    less_slope: Advice,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    idle: Mostly,
    small: Streak,
    gradients: Window,
}

impl Rule for VanishingGradient {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, step: u64, reading: &Reading) -> Symptom {
        let (Some(separation), Some(gradient)) = (reading.get("separation"), reading.get("gradient_g")) else {
            return Symptom::Unknown;
        };
        let apart = Evidence::above("separation", separation, SEPARATION);
        let idle = Evidence::above("idle", reading.get("idle").unwrap_or(0.0), IDLE);
        if memory.idle.holds(step, idle.is_bad() && apart.is_bad(), OF_TEN, STEPS) {
            return Symptom::Ill(Finding::fault(
                vec![idle, apart],
                "the discriminator is sure of every generated sample, where this objective's force is zero",
                self.force.clone(),
            ));
        }
        let small = Evidence::below("gradient_g", gradient, SHARE * memory.gradients.median());
        let is_small = memory.gradients.len() >= ENOUGH && small.is_bad() && apart.is_bad();
        if !is_small {
            memory.gradients.push(gradient, WINDOW);
        }
        if memory.small.holds(step, is_small, STEPS) {
            return Symptom::Ill(Finding::fault(
                vec![small, apart],
                "the discriminator has become flat where the generated samples are",
                self.less_slope.clone(),
            ));
        }
        Symptom::Well
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::testing::{onset, watch};

    #[test]
    fn idle_samples_are_a_fault_only_while_the_discriminator_is_right() {
        let of = |separation: f64| {
            watch(&KIND, "minimax", 60, |step| {
                let idle = if step > 10 { 1.0 } else { 0.2 };
                vec![("separation", separation), ("gradient_g", 1.0), ("idle", idle)]
            })
        };
        // eight of the ten, or here sixteen of the twenty
        assert_eq!(onset(&of(1.0)), Some(26));
        assert_eq!(onset(&of(0.3)), None);
    }

    #[test]
    fn a_gradient_far_below_its_median_is_a_fault_under_an_objective_of_constant_force() {
        let events = watch(&KIND, "wasserstein", 400, |step| {
            let gradient = if step > 100 { 1e-4 } else { 1.0 };
            vec![("separation", 1.0), ("gradient_g", gradient), ("idle", 0.0)]
        });
        assert_eq!((onset(&events), events.len()), (Some(120), 1), "it stays on as long as it lasts: {events:?}");
    }
}
