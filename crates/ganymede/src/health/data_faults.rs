//! The data are not what training expects: all the same, in copies, or in another range.
//!
//! ```text
//! constant     spread <= 1e-6                               standard deviation across samples, mean over coordinates
//! duplicated   copies >= 0.1                                share of samples that equal another one looked at
//! range        images: high >= 1.01, low <= -1.01, or low >= 0;  points: spread >= 100 or <= 1e-3
//! ```
//! Images are numbers in [-1, 1], as a tanh makes them; 0..255 and 0..1 are the usual mistakes. It reads the first probe:
//! some samples at equal distances through the data. Valid under every objective, and for a VAE.

use serde::{Deserialize, Serialize};

use super::{
    Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
};

pub(super) const KIND: Kind = Kind {
    name: "data_faults",
    summary: "the data are constant, full of copies, or not in the range that the networks make",
    build: |context| of_rule(DataFaults { images: context.images }),
};

const CONSTANT: f64 = 1e-6;
const COPIES: f64 = 0.1;
/// One, and room for the rounding of whoever scaled the images.
const LIMIT: f64 = 1.01;
const SPREAD: [f64; 2] = [1e-3, 100.0];

#[derive(Debug)]
struct DataFaults {
    images: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {}

impl Rule for DataFaults {
    type Memory = Memory;

    fn judge(&self, _memory: &mut Memory, _step: u64, reading: &Reading) -> Symptom {
        let numbers = ["data_spread", "data_copies", "data_low", "data_high"].map(|name| reading.get(name));
        let [Some(spread), Some(copies), Some(low), Some(high)] = numbers else { return Symptom::Unknown };
        let constant = Evidence::below("data_spread", spread, CONSTANT);
        if constant.is_bad() {
            return ill(constant, "all samples of the data are the same", "look at reals.png, and name other data");
        }
        let range = match self.images {
            true => vec![
                Evidence::above("data_high", high, LIMIT),
                Evidence::below("data_low", low, -LIMIT),
                Evidence::above("data_low", low, 0.0),
            ],
            false => {
                vec![
                    Evidence::below("data_spread", spread, SPREAD[0]),
                    Evidence::above("data_spread", spread, SPREAD[1]),
                ]
            }
        };
        if let Some(outside) = range.into_iter().find(Evidence::is_bad) {
            let advice =
                if self.images { "scale the images to -1..1" } else { "scale the points to a spread of about 1" };
            return ill(outside, "the data are not in the range in which the generator makes samples", advice);
        }
        let copies = Evidence::above("data_copies", copies, COPIES);
        if copies.is_bad() {
            return ill(copies, "the data hold the same samples many times", "remove the copies, or take more data");
        }
        Symptom::Well
    }
}

fn ill(evidence: Evidence, cause: &str, advice: &str) -> Symptom {
    Symptom::Ill(Finding::fault(vec![evidence], cause, advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::testing::{onset, watch, watch_images};

    fn numbers([spread, copies, low, high]: [f64; 4]) -> Vec<(&'static str, f64)> {
        vec![("data_spread", spread), ("data_copies", copies), ("data_low", low), ("data_high", high)]
    }

    #[test]
    fn each_fault_of_images_has_its_cause_and_good_images_have_none() {
        for (data, cause) in [
            ([0.0, 1.0, -1.0, 1.0], "all samples"),
            ([50.0, 0.0, 0.0, 255.0], "not in the range"),
            ([0.2, 0.0, 0.0, 1.0], "not in the range"),
            ([0.4, 0.5, -1.0, 1.0], "many times"),
        ] {
            let events = watch_images(&KIND, 1, |_| numbers(data));
            assert!(events.len() == 1 && events[0].cause.contains(cause), "{data:?}: {events:?}");
        }
        assert_eq!(onset(&watch_images(&KIND, 1, |_| numbers([0.4, 0.01, -1.0, 1.0]))), None);
    }

    #[test]
    fn points_may_lie_anywhere_but_not_at_any_scale() {
        let of = |spread: f64| onset(&watch(&KIND, "hinge", 1, |_| numbers([spread, 0.0, 3.0, 9.0])));
        assert_eq!((of(1.0), of(1e3), of(1e-4)), (None, Some(1), Some(1)));
    }
}
