//! What the tests of the detectors share: a detector fed with a series of numbers.

use super::{Board, Context, Event, Kind, Phase, Reading};
use crate::{
    config::Config,
    random::{Draws, Purpose, Seed},
    training::Report,
};

/// All detectors of a game of points.
pub(super) fn board(objective: &str) -> Board {
    Board::new(context(objective, false))
}

fn context(objective: &str, images: bool) -> Context {
    let config = Config { objective: objective.into(), steps: 10_000, ..Config::default() };
    Context::of(&config, if images { [1, 28, 28] } else { [2, 1, 1] }).unwrap()
}

/// The events of one detector over `steps` steps of a game of points.
pub(super) fn watch(
    kind: &Kind,
    objective: &str,
    steps: u64,
    numbers: impl Fn(u64) -> Vec<(&'static str, f64)>,
) -> Vec<Event> {
    events(kind, context(objective, false), steps, numbers)
}

/// The same of a game of images.
pub(super) fn watch_images(kind: &Kind, steps: u64, numbers: impl Fn(u64) -> Vec<(&'static str, f64)>) -> Vec<Event> {
    events(kind, context("hinge", true), steps, numbers)
}

/// The same of a run of those settings on samples of `shape` [C, H, W].
pub(super) fn watch_run(
    kind: &Kind,
    config: &Config,
    shape: [usize; 3],
    steps: u64,
    numbers: impl Fn(u64) -> Vec<(&'static str, f64)>,
) -> Vec<Event> {
    events(kind, Context::of(config, shape).unwrap(), steps, numbers)
}

fn events(kind: &Kind, context: Context, steps: u64, numbers: impl Fn(u64) -> Vec<(&'static str, f64)>) -> Vec<Event> {
    let mut board = Board::new(context.clone());
    let mut said = Vec::new();
    for step in 1..=steps {
        let report: Report = numbers(step).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        said.extend(board.observe(step, &Reading::of(&report)));
        // a memory that went through a checkpoint answers as one that did not
        if step % 97 == 0 {
            let mut resumed = Board::new(context.clone());
            let text = serde_json::to_string(&board.state()).unwrap();
            resumed.restore(&serde_json::from_str(&text).unwrap());
            board = resumed;
        }
    }
    said.retain(|event| event.detector == kind.name);
    said
}

/// The step of the first onset.
pub(super) fn onset(events: &[Event]) -> Option<u64> {
    events.iter().find(|event| event.phase == Phase::Onset).map(|event| event.step)
}

/// A standard normal, always the same for a step.
pub(super) fn noise(step: u64) -> f64 {
    f64::from(Draws::new(Seed(0), Purpose::Data, step).normal())
}
