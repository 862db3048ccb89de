//! What was wrong with a run, where several detectors have spoken: causes come before their consequences.
//!
//! ```text
//! verdict = of the onsets within 50 steps of the first:
//!           a number that is not finite, a fault of the data, a learning rate, in this order;
//!           else the first in time of the faults of a player, and of several in one step that which is first in DETECTORS;
//!           else the first fault of a player within 200 steps of the first onset
//!           else what is only their outward sign: cycling, growing weights, a metric that worsens
//! ```
//! Data of the wrong range make the discriminator sure, which makes a minimax gradient vanish: three detectors speak, and
//! what there is to mend are the data. Where a game goes wrong by itself, what came first led to the rest: Adam divides a
//! vanished gradient by its own size, and the next sample makes it burst.

use super::{DETECTORS, Event, Phase, Severity};

/// Onsets this close together are of one fault.
const TOGETHER: u64 = 50;
/// A sign may come so long before what it is a sign of can be seen: modes are counted late.
const SIGN_BEFORE: u64 = 200;

/// The event that most likely names the cause of the first fault of a run; of its warnings, where it has no fault.
pub fn verdict(events: &[Event]) -> Option<&Event> {
    let onsets = |severity: Severity| {
        let said = events.iter().filter(move |event| event.phase == Phase::Onset && event.severity == severity);
        let first = said.clone().map(|event| event.step).min()?;
        let named = |within: u64| {
            let near = said.clone().filter(|event| event.step <= first.saturating_add(within));
            near.min_by_key(|event| order(event))
        };
        named(TOGETHER).filter(|event| order(event).0 < SIGNS).or_else(|| named(SIGN_BEFORE))
    };
    onsets(Severity::Fault).or_else(|| onsets(Severity::Warning))
}

/// The first so many detectors see roots, which come before all else whenever they were seen.
const ROOTS: usize = 3;
/// The last ones, from here on, see outward signs.
const SIGNS: usize = 9;

fn order(event: &Event) -> (usize, u64, usize) {
    let rank = DETECTORS.iter().position(|kind| kind.name == event.detector).unwrap_or(DETECTORS.len());
    match rank {
        root if root < ROOTS => (root, 0, 0),
        own if own < SIGNS => (ROOTS, event.step, own),
        sign => (SIGNS, event.step, sign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Remedy;

    fn onset(step: u64, detector: &str, severity: Severity) -> Event {
        let (evidence, cause, advice) = (Vec::new(), String::new(), String::new());
        let (phase, remedy) = (Phase::Onset, Remedy::default());
        Event { step, detector: detector.into(), phase, severity, evidence, cause, advice, remedy }
    }

    #[test]
    fn a_cause_outranks_its_consequence_and_a_fault_a_warning() {
        use Severity::*;
        let events = [
            onset(5, "cycling", Warning),
            onset(10, "saturation", Fault),
            onset(30, "data_faults", Fault),
            onset(500, "not_finite", Fault),
        ];
        assert_eq!(verdict(&events).unwrap().detector, "data_faults");
        assert_eq!(verdict(&events[..2]).unwrap().detector, "saturation");
        assert_eq!(verdict(&events[..1]).unwrap().detector, "cycling");
        assert_eq!(verdict(&[]), None);
        assert_eq!(DETECTORS[ROOTS - 1].name, "learning_rate");
        assert_eq!(DETECTORS[SIGNS].name, "cycling");
        let collapse = [onset(90, "cycling", Fault), onset(250, "mode_collapse", Fault)];
        assert_eq!(verdict(&collapse).unwrap().detector, "mode_collapse");
        let apart = [onset(90, "cycling", Fault), onset(300, "mode_collapse", Fault)];
        assert_eq!(verdict(&apart).unwrap().detector, "cycling");
        let later = [onset(40, "exploding_gradient", Fault), onset(20, "vanishing_gradient", Fault)];
        assert_eq!(verdict(&later).unwrap().detector, "vanishing_gradient");
    }
}
