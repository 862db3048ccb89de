//! A fault from its onset to its end.

use serde::Serialize;

use crate::health::{Event, Phase};

/// A fault from its onset to its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Episode {
    pub from: u64,
    /// The step at which it was over; none where it lasted to the end.
    pub until: Option<u64>,
    /// As it was said at the onset.
    pub onset: Event,
}

impl Episode {
    /// The episodes that `events`, in the order in which they were said, tell of.
    pub(super) fn of(events: &[Event]) -> Vec<Self> {
        let mut episodes: Vec<Episode> = Vec::new();
        for event in events {
            let last = episodes.iter_mut().rev().find(|known| known.onset.detector == event.detector);
            match (event.phase, last) {
                (Phase::Onset, _) => {
                    episodes.push(Episode { from: event.step, until: None, onset: event.clone() });
                }
                (Phase::Over, Some(episode)) => episode.until = Some(event.step),
                (Phase::Persists | Phase::Over, _) => {}
            }
        }
        episodes
    }

    /// The steps it lasted, for people.
    pub fn span(&self) -> String {
        match self.until {
            Some(until) => format!("steps {} to {until}", self.from),
            None => format!("from step {} to the end", self.from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Remedy, Severity};

    fn event(step: u64, detector: &str, phase: Phase) -> Event {
        let (evidence, cause, advice) = (Vec::new(), String::new(), String::new());
        let (severity, remedy) = (Severity::Fault, Remedy::default());
        Event { step, detector: detector.into(), phase, severity, evidence, cause, advice, remedy }
    }

    #[test]
    fn an_episode_ends_with_its_own_detector_and_may_last_to_the_end() {
        use Phase::*;
        let said = [
            event(5, "a", Onset),
            event(8, "b", Onset),
            event(1005, "a", Persists),
            event(1200, "a", Over),
            event(1300, "a", Onset),
        ];
        let spans: Vec<_> = Episode::of(&said).into_iter().map(|e| (e.onset.detector, e.from, e.until)).collect();
        assert_eq!(spans, [("a".into(), 5, Some(1200)), ("b".into(), 8, None), ("a".into(), 1300, None)]);
        assert!(Episode::of(&said[2..4]).is_empty(), "an end without a beginning is none");
    }
}
