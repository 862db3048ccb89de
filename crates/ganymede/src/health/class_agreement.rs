//! A conditional generator ignores the class that it is asked for.
//!
//! ```text
//! class_agreement <= 0.25 in four probes running, from step 500 on (images: 2000), or once it has been 0.5
//! ```
//! The nearest real sample of a fake is of the class asked for as often as by chance: 0; as often as for real samples: 1.
//! Distances are pixel by pixel, which tell the classes of clothes or digits apart and those of photographs hardly; where
//! they do not tell real samples apart the number is not there, and this is silent. A generator that has dropped its label
//! is one way in which a class goes missing; that the discriminator does not read it is the usual reason (Miyato & Koyama
//! 2018). Thresholds are judged, not tuned. Valid under every objective, as it reads samples.

use serde::{Deserialize, Serialize};

use super::{
    Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
    memory::Streak,
};

pub(super) const KIND: Kind = Kind {
    name: "class_agreement",
    summary: "samples of a class look no more like that class than by chance",
    build: |context| {
        let from = if context.images { BEGINNING_OF_IMAGES } else { BEGINNING_OF_POINTS };
        context.config.conditional.as_ref().and(context.objective).and_then(|_| of_rule(ClassAgreement { from }))
    },
};

const IGNORED: f64 = 0.25;
/// A generator has heard of classes once it was here.
const HEARD: f64 = 0.5;
const BEGINNING_OF_POINTS: u64 = 500;
const BEGINNING_OF_IMAGES: u64 = 2000;
const PROBES: u64 = 4;

#[derive(Debug)]
struct ClassAgreement {
    from: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    heard: bool,
    ignored: Streak,
    probes: u64,
}

impl Rule for ClassAgreement {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, step: u64, reading: &Reading) -> Symptom {
        let Some(agreement) = reading.get("class_agreement") else { return Symptom::Unknown };
        memory.heard |= agreement >= HEARD;
        let ignored = Evidence::below("class_agreement", agreement, IGNORED);
        let is_ignored = ignored.is_bad() && (memory.heard || step >= self.from);
        memory.probes = if is_ignored { memory.probes.saturating_add(1) } else { 0 };
        if memory.ignored.holds(step, is_ignored, 1) && memory.probes >= PROBES {
            return Symptom::Ill(Finding::fault(
                vec![ignored],
                "the generator makes the same of every class, as the discriminator does not look at the label",
                "use --head projection, and look at the labels with ganymede data check",
            ));
        }
        Symptom::Well
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        health::testing::{onset, watch_run},
        networks::Conditional,
    };

    fn of(conditional: bool, agreement: impl Fn(u64) -> f64) -> Option<u64> {
        let conditional = conditional.then(Conditional::default);
        let config = Config { conditional, ..Config::default() };
        onset(&watch_run(&KIND, &config, [1, 28, 28], 4000, |step| match step % 25 {
            0 => vec![("class_agreement", agreement(step))],
            _ => vec![],
        }))
    }

    #[test]
    fn classes_that_make_no_difference_are_a_fault_once_they_could_have_been_learnt() {
        assert_eq!(of(true, |_| 0.1), Some(2075));
        assert_eq!(of(true, |step| if (600..1200).contains(&step) { 0.8 } else { 0.1 }), Some(1275));
        assert_eq!(of(true, |_| 0.4), None);
        assert_eq!(of(false, |_| 0.0), None);
    }
}
