//! What was wrong with a run, where several detectors have spoken: causes come before their consequences.
//!
//! ```text
//! verdict = of the onsets within 50 steps of the first, that whose detector stands first in DETECTORS
//! ```
//! Data of the wrong range make the discriminator sure, which makes a minimax gradient vanish: three detectors speak, and
//! the first of them is what there is to mend.

use super::{DETECTORS, Event, Phase, Severity};

/// Onsets this close together are of one fault.
const TOGETHER: u64 = 50;

/// The event that most likely names the cause of the first fault of a run; of its warnings, where it has no fault.
pub fn verdict(events: &[Event]) -> Option<&Event> {
    let onsets = |severity: Severity| {
        let said = events.iter().filter(move |event| event.phase == Phase::Onset && event.severity == severity);
        let first = said.clone().map(|event| event.step).min()?;
        said.filter(|event| event.step <= first.saturating_add(TOGETHER)).min_by_key(|event| rank(&event.detector))
    };
    onsets(Severity::Fault).or_else(|| onsets(Severity::Warning))
}

fn rank(detector: &str) -> usize {
    DETECTORS.iter().position(|kind| kind.name == detector).unwrap_or(DETECTORS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn onset(step: u64, detector: &str, severity: Severity) -> Event {
        let (evidence, cause, advice) = (Vec::new(), String::new(), String::new());
        Event { step, detector: detector.into(), phase: Phase::Onset, severity, evidence, cause, advice }
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
    }
}
