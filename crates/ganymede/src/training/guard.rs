//! What a run does about a number that is not finite: the step that made it has not happened, and is skipped.
//!
//! ```text
//! a step          -> every term, gradient and updated weight is checked
//! not finite      -> back to the last good state, its steps again up to here, this one left out
//! 3 in 1,000      -> the run ends, with what was not finite each time
//! ```
//! Going back is exact, for a step is a pure function of the state and its number. The steps that were skipped are part of
//! the checkpoint, so a resumed run has the same history.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// So many steps may be skipped within [`WINDOW`] steps before the run ends.
const MOST: usize = 3;
const WINDOW: u64 = 1000;
/// Steps between two looks through the whole state, each of which is a state to go back to.
pub(super) const LOOK_EVERY: u64 = 100;

/// The steps that were skipped of late.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Guard(Vec<Skipped>);

/// A step that was skipped, and what was not finite in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skipped {
    /// The step's number, counted from 1 as in the statistics.
    pub step: u64,
    pub quantity: String,
    /// As text: JSON has no such numbers.
    pub value: String,
}

impl Guard {
    /// Notes that a step is skipped.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when it is one too many.
    pub fn skip(&mut self, skipped: Skipped) -> Result<()> {
        let (step, quantity) = (skipped.step, skipped.quantity.clone());
        let value = skipped.value.parse().unwrap_or(f64::NAN);
        self.0.retain(|earlier| earlier.step + WINDOW > step);
        self.0.push(skipped);
        if self.0.len() < MOST {
            return Ok(());
        }
        let before: Vec<String> = self.0.iter().map(Skipped::to_string).collect();
        let advice = format!(
            "{MOST} steps in {WINDOW} went wrong ({}): lower the learning rates, or add a gradient penalty such as r1",
            before.join("; ")
        );
        Err(Error::NotFinite { step, quantity, value, advice })
    }

    /// Whether step `step`, counted from 0, was skipped.
    pub fn skips(&self, step: u64) -> bool {
        self.0.iter().any(|skipped| skipped.step == step + 1)
    }
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "step {}: {} is {}", self.step, self.quantity, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(step: u64) -> Skipped {
        Skipped { step, quantity: "loss_d".into(), value: "NaN".into() }
    }

    #[test]
    fn the_third_skip_in_a_thousand_steps_ends_the_run_with_all_three() {
        let mut guard = Guard::default();
        guard.skip(skipped(1)).unwrap();
        guard.skip(skipped(500)).unwrap();
        let text = guard.skip(skipped(1000)).unwrap_err().to_string();
        assert!(text.contains("step 1:") && text.contains("step 500:") && text.contains("step 1000:"), "{text}");
    }

    #[test]
    fn skips_far_apart_never_end_the_run() {
        let mut guard = Guard::default();
        for k in 0..20 {
            guard.skip(skipped(1 + 501 * k)).unwrap();
        }
        assert!(guard.skips(501 * 19) && guard.skips(501 * 18) && !guard.skips(0));
    }
}
