//! From what a detector sees at every step to what is worth saying.
//!
//! ```text
//! ill, and was not          -> onset
//! ill since d steps         -> persists, at d = 1000, 2000, 4000, ...
//! well for 100 steps        -> over
//! ```

use serde::{Deserialize, Serialize};

use super::{Advice, Event, Finding, Phase, Symptom};

/// Steps after which a fault that persists is said again, the first time.
const AGAIN: u64 = 1000;
/// So long without a sight of it, and a fault is over.
const CALM: u64 = 100;

/// Whether a fault is on, and what has been said of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alarm {
    on: Option<On>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct On {
    since: u64,
    seen: u64,
    /// Steps after the onset at which it is said again.
    again: u64,
    /// As last said.
    event: Event,
}

impl Alarm {
    /// The step of the onset of a fault that is on, and the event that said so last.
    pub fn on(&self) -> Option<(u64, &Event)> {
        self.on.as_ref().map(|on| (on.since, &on.event))
    }

    /// What to say of a symptom, if anything.
    pub fn hear(&mut self, detector: &str, step: u64, symptom: Symptom) -> Option<Event> {
        match (symptom, &mut self.on) {
            (Symptom::Unknown, _) | (Symptom::Well, None) => None,
            (Symptom::Struck(finding), _) => Some(event(detector, step, Phase::Onset, finding)),
            (Symptom::Ill(finding), None) => {
                let event = event(detector, step, Phase::Onset, finding);
                self.on = Some(On { since: step, seen: step, again: AGAIN, event: event.clone() });
                Some(event)
            }
            (Symptom::Ill(finding), Some(on)) => {
                on.seen = step;
                on.event = event(detector, step, Phase::Persists, finding);
                if step.saturating_sub(on.since) < on.again {
                    return None;
                }
                on.again = on.again.saturating_mul(2);
                Some(on.event.clone())
            }
            (Symptom::Well, Some(on)) => {
                if step.saturating_sub(on.seen) < CALM {
                    return None;
                }
                let event = Event { step, phase: Phase::Over, ..on.event.clone() };
                self.on = None;
                Some(event)
            }
        }
    }
}

fn event(detector: &str, step: u64, phase: Phase, finding: Finding) -> Event {
    let Finding { severity, evidence, cause, advice: Advice { text: advice, remedy } } = finding;
    Event { step, detector: detector.to_owned(), phase, severity, evidence, cause, advice, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ill: impl Fn(u64) -> bool, steps: u64) -> Vec<(u64, Phase)> {
        let mut alarm = Alarm::default();
        let symptom = |step| if ill(step) { Symptom::Ill(Finding::fault(vec![], "", "")) } else { Symptom::Well };
        let events = (1..=steps).filter_map(|step| alarm.hear("x", step, symptom(step)));
        events.map(|event| (event.step, event.phase)).collect()
    }

    #[test]
    fn a_fault_is_said_at_its_onset_at_doubling_times_and_when_it_is_over() {
        let told = said(|step| (10..=5000).contains(&step), 6000);
        use Phase::*;
        assert_eq!(told, [(10, Onset), (1010, Persists), (2010, Persists), (4010, Persists), (5100, Over)]);
    }

    #[test]
    fn a_fault_that_flickers_is_one_fault() {
        assert_eq!(said(|step| step % 60 < 5, 900), [(1, Phase::Onset)]);
    }

    #[test]
    fn what_does_not_last_is_said_each_time() {
        let mut alarm = Alarm::default();
        let strike = || Symptom::Struck(Finding::fault(vec![], "", ""));
        assert!(alarm.hear("x", 1, strike()).is_some() && alarm.hear("x", 2, strike()).is_some());
        assert!(alarm.on().is_none());
    }
}
