//! All detectors of a run together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, DETECTORS, Detector, Event, Kind, Reading, alarm::Alarm};
/// Every detector that has a meaning for a run, each with its alarm.
#[derive(Debug)]
pub struct Board {
    context: Context,
    watchers: Vec<Watcher>,
}

#[derive(Debug)]
struct Watcher {
    name: &'static str,
    detector: Box<dyn Detector>,
    alarm: Alarm,
}

/// What a [`Board`] remembers, by detector.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BoardState(BTreeMap<String, WatcherState>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WatcherState {
    alarm: Alarm,
    memory: Value,
}

impl Board {
    /// The detectors of a run that has not begun.
    pub fn new(context: Context) -> Self {
        let watcher =
            |kind: &Kind| Some(Watcher { name: kind.name, detector: (kind.build)(&context)?, alarm: Alarm::default() });
        let watchers = DETECTORS.iter().filter_map(watcher).collect();
        Board { context, watchers }
    }

    /// What there is to say of the numbers after `step` steps.
    pub fn observe(&mut self, step: u64, reading: &Reading) -> Vec<Event> {
        let hear = |watcher: &mut Watcher| {
            let symptom = watcher.detector.observe(step, reading);
            watcher.alarm.hear(watcher.name, step, symptom)
        };
        self.watchers.iter_mut().filter_map(hear).collect()
    }

    /// The faults that are on: since which step, and what was last seen of them.
    pub fn on(&self) -> impl Iterator<Item = (u64, &Event)> {
        self.watchers.iter().filter_map(|watcher| watcher.alarm.on())
    }

    /// Forgets everything, as when the networks are no longer those that were watched.
    pub fn reset(&mut self) {
        *self = Board::new(self.context.clone());
    }

    pub fn state(&self) -> BoardState {
        let state = |w: &Watcher| WatcherState { alarm: w.alarm.clone(), memory: w.detector.memory() };
        BoardState(self.watchers.iter().map(|watcher| (watcher.name.to_owned(), state(watcher))).collect())
    }

    /// Takes over what [`Board::state`] gave. A detector that it does not know, or whose memory is of another version, begins
    /// anew: no run fails for what was remembered about it.
    pub fn restore(&mut self, state: &BoardState) {
        for watcher in &mut self.watchers {
            let Some(WatcherState { alarm, memory }) = state.0.get(watcher.name) else { continue };
            if watcher.detector.remember(memory.clone()).is_ok() {
                watcher.alarm = alarm.clone();
            }
        }
    }
}

impl BoardState {
    /// Whether nothing has been seen yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
