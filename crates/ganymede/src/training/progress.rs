//! What a training run tells whoever watches it.

use std::{path::Path, time::Duration};

use super::{Learner, Report};
use crate::{evaluation::Card, health::Event};

/// Where a run stands, once a tick.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    /// Steps of the whole run.
    pub steps: u64,
    /// Thousands of images shown to the discriminator.
    pub kimg: f64,
    /// Images shown a second, over the last tick.
    pub images_per_second: f64,
    /// How long a step waited for its data, on average over the last tick.
    pub data_wait: Duration,
    /// The same as a share of the step.
    pub data_share: f64,
    /// The time that the rest of the run will take at this speed.
    pub remaining: Duration,
    /// The mean of each number over the last tick.
    pub report: Report,
}

/// Watches a run and may end it. Every method has a default that does nothing.
pub trait Observer {
    /// After every step.
    fn on_step(&mut self, _step: u64) {}

    /// Once a tick.
    fn on_tick(&mut self, _progress: &Progress) {}

    /// After a picture of samples was written.
    fn on_picture(&mut self, _path: &Path) {}

    /// After the generator of a snapshot was measured, as the settings of the run ask for.
    fn on_metrics(&mut self, _step: u64, _card: &Card) {}

    /// After a detector has said something of the run.
    fn on_health(&mut self, _event: &Event) {}

    /// Something that the run survives and that somebody should know: a save that failed, a step that was skipped.
    fn on_warning(&mut self, _message: &str) {}

    /// Asked at each snapshot whose metrics give no score: how good the model is, lower is better. The checkpoint of the
    /// lowest score is kept.
    fn score(&mut self, _learner: &dyn Learner) -> Option<f64> {
        None
    }

    /// Asked after every step: whether to save and stop here.
    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// Watches nothing.
impl Observer for () {}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All steps are done.
    Finished,
    /// The observer wanted to stop; everything is saved.
    Stopped,
    /// The health settings ended the run; everything is saved, and [`Trainer::halted`](super::Trainer::halted) says why.
    Halted,
}
