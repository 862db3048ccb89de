//! A number is not finite, and where it came from.
//!
//! ```text
//! the guard leaves the step out and names what was not finite first -> of the data, of a weight, of a pass, of a gradient
//! ```
//! In the order of a step, so that the first is the origin: the data are looked at before the networks, the state before the
//! losses, the losses before the gradients, the gradients before the update. Valid for every model.

use serde::{Deserialize, Serialize};

use super::{
    Advice, Finding, Kind, Reading, Skipped, Symptom,
    detector::{Rule, of_rule},
};

pub(super) const KIND: Kind = Kind {
    name: "not_finite",
    summary: "NaN or an infinity, and whether it came from the data, a weight, a pass or a gradient",
    build: |context| of_rule(NotFinite { slower: context.slower(SLOWER) }),
};

/// By how much the rates are lowered.
const SLOWER: f64 = 10.0;

#[derive(Debug)]
struct NotFinite {
    slower: Advice,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {}

impl Rule for NotFinite {
    type Memory = Memory;

    fn judge(&self, _memory: &mut Memory, _step: u64, reading: &Reading) -> Symptom {
        let Some(Skipped { quantity, value }) = reading.skipped else { return Symptom::Well };
        let (origin, advice) = origin(quantity);
        let advice = advice.map_or_else(|| self.slower.clone(), Advice::from);
        Symptom::Struck(Finding::fault(Vec::new(), format!("{quantity} is {value}: it came from {origin}"), advice))
    }
}

/// Where it came from, and what to do where that is not to take smaller steps.
fn origin(quantity: &str) -> (&'static str, Option<&'static str>) {
    if quantity.contains("of the data") {
        ("the data", Some("look for a broken sample in the data, and leave it out"))
    } else if quantity.contains("with tensor") {
        (
            "a number of the state, changed from outside a step",
            Some("go on: the run is back at its last good state; check the memory of this machine if it comes again"),
        )
    } else if quantity.starts_with("the gradient of") {
        ("the backward pass", None)
    } else if quantity.starts_with("the update of") {
        ("the optimizer", None)
    } else {
        ("the forward pass", None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{health::testing::board, training::Report};

    #[test]
    fn each_site_is_named_and_every_step_that_is_left_out_is_said() {
        let mut board = board("hinge");
        for (step, (quantity, origin)) in [
            ("batch 7 of the data", "from the data"),
            ("loss_d, with tensor 'discriminator.fc1.weight'", "from a number of the state"),
            ("loss_g", "from the forward pass"),
            ("the gradient of generator.fc1.weight", "from the backward pass"),
            ("the update of generator.fc1.weight", "from the optimizer"),
        ]
        .into_iter()
        .enumerate()
        {
            let numbers = Report::default();
            let skipped = Some(Skipped { quantity, value: "NaN" });
            let events = board.observe(step as u64, &Reading { numbers: &numbers, skipped });
            let said = events.iter().filter(|event| event.detector == KIND.name).collect::<Vec<_>>();
            assert!(said.len() == 1 && said[0].cause.contains(origin) && said[0].cause.contains(quantity), "{said:?}");
        }
    }
}
