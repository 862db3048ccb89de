//! The discriminator knows its training data by heart: held-out real samples look less real to it.
//!
//! ```text
//! r = (E h(train) - E h(held out)) / (E h(train) - E h(generated))       0: no difference, 1: held out looks generated
//! z = (E h(train) - E h(held out)) / its standard error
//! r >= 0.5 and z >= 4, in two probes running
//! ```
//! r is r_v of Karras et al. 2020 (ADA, equation 1), on raw logits. A constant added to the logits cancels in it, so it is
//! valid under every objective. It needs a part of the data that no training sees: named sets have one, a folder of
//! pictures has none, and there this detector is silent.

use serde::{Deserialize, Serialize};

use super::{
    Advice, Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
    memory::Streak,
};

pub(super) const KIND: Kind = Kind {
    name: "overfitting",
    summary: "held-out real samples look generated to the discriminator, by r_v of Karras et al. 2020",
    build: |context| {
        let advice = context.less_slope().and("better, take more data, or an earlier checkpoint");
        context.objective.and_then(|_| of_rule(Overfitting { advice }))
    },
};

const SHARE: f64 = 0.5;
const SCORE: f64 = 4.0;

#[derive(Debug)]
struct Overfitting {
    advice: Advice,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    known: Streak,
}

impl Rule for Overfitting {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, step: u64, reading: &Reading) -> Symptom {
        let (Some(share), Some(score)) = (reading.get("overfit"), reading.get("overfit_z")) else {
            return Symptom::Unknown;
        };
        let evidence = vec![Evidence::above("overfit", share, SHARE), Evidence::above("overfit_z", score, SCORE)];
        if memory.known.holds(step, evidence.iter().all(Evidence::is_bad), 1) {
            return Symptom::Ill(Finding::fault(
                evidence,
                "there are too few data for this discriminator and this many steps: it knows them one by one",
                self.advice.clone(),
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
    fn a_large_gap_counts_only_where_it_is_no_accident() {
        let of = |share: f64, score: f64| {
            onset(&watch(&KIND, "wasserstein", 100, |step| match step % 25 {
                0 => vec![("overfit", share), ("overfit_z", score)],
                _ => vec![],
            }))
        };
        assert_eq!(of(0.8, 10.0), Some(50));
        assert_eq!(of(0.8, 2.0), None);
        assert_eq!(of(0.2, 10.0), None);
    }
}
