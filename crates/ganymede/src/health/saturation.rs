//! The discriminator is saturated: it tells real from generated without a doubt, and has stopped learning from them.
//!
//! ```text
//! loss_d <= 0.02 of its value without a clue, and separation >= 0.999, in six of ten readings over 20 steps
//! ```
//! Without a clue the loss is that of one undecided logit for all: 2 log 2 for the logistic objectives, log 2 for the
//! relativistic one, 2 for hinge, 1/4 for least squares. At 2 % of that a logistic logit is beyond 4 on average. On disjoint
//! supports the perfect discriminator exists and its gradient is zero (Arjovsky & Bottou 2017, theorems 2.1 and 2.2).
//! Valid where the loss has a lower bound, so not for a Wasserstein critic, which is never sure and only steep
//! (`weight_spectrum`). The relativistic loss reads differences of logits alone.

use serde::{Deserialize, Serialize};

use super::{
    Advice, Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
    memory::Mostly,
};

pub(super) const KIND: Kind = Kind {
    name: "saturation",
    summary: "the discriminator's loss is next to nothing: it is sure of every sample and learns no more",
    build: |context| {
        let undecided = context.undecided_loss().filter(|loss| *loss > 0.0)?;
        of_rule(Saturation { undecided, advice: context.less_slope() })
    },
};

const SHARE: f64 = 0.02;
const SEPARATION: f64 = 0.999;
/// A square hops: least squares is at a third of its mean in one step and at twice that in the next.
const OF_TEN: usize = 6;
const STEPS: u64 = 20;

#[derive(Debug)]
struct Saturation {
    undecided: f64,
    advice: Advice,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    sure: Mostly,
}

impl Rule for Saturation {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, step: u64, reading: &Reading) -> Symptom {
        let Some(loss) = reading.get("loss_d") else { return Symptom::Unknown };
        let mut evidence = vec![Evidence::below("loss_d", loss, SHARE * self.undecided)];
        // the statistics of an older run do not have it
        evidence.extend(reading.get("separation").map(|value| Evidence::above("separation", value, SEPARATION)));
        let sure = evidence.iter().all(Evidence::is_bad);
        if memory.sure.holds(step, sure, OF_TEN, STEPS) {
            return Symptom::Ill(Finding::fault(
                evidence,
                "the generated samples lie apart from the data, and nothing keeps the discriminator smooth between them",
                self.advice.clone(),
            ));
        }
        Symptom::Well
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        health::testing::{onset, watch},
        objectives::OBJECTIVES,
    };

    #[test]
    fn two_percent_of_the_undecided_loss_is_a_fault_under_every_objective_that_has_one() {
        for objective in OBJECTIVES {
            let undecided = match objective.name() {
                "hinge" => 2.0,
                "least-squares" => 0.25,
                "relativistic" => 2f64.ln(),
                "wasserstein" => 0.0,
                _ => 2.0 * 2f64.ln(),
            };
            let of = |share: f64| {
                onset(&watch(&KIND, objective.name(), 100, |_| {
                    vec![("loss_d", share * undecided), ("separation", 1.0)]
                }))
            };
            let expected = if objective.name() == "wasserstein" { None } else { Some(20) };
            assert_eq!((of(0.019), of(0.021)), (expected, None), "{}", objective.name());
        }
    }
}
