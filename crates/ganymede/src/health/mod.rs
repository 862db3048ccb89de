//! Says what is going wrong with a run while it goes wrong: one detector a file, numbers in, events out.
//!
//! ```text
//! learner ── numbers of a step, and of a probe every so many steps ──▶ detectors ──▶ alarms ──▶ events
//!                                                                                    onset, persists, over
//! ```
//! - **Numbers flow one way.** The learner reports numbers and knows no detector; a detector reads numbers by name and knows
//!   no network. What a step has at hand is not computed again; what is dear comes from a probe.
//! - **A detector is a pure function** of the step, its numbers and its own memory, which is part of the checkpoint: a run
//!   that was killed and resumed says the same things. It also reads the lines of `stats.jsonl` of a run long gone.
//! - **What a constant added to every logit changes means nothing** under wasserstein and relativistic objectives. Detectors
//!   read differences of logits, their order, gradients and samples; the few that read a level say for which objectives.
//! - **Detectors warn, and the trainer may save, stop or go back.** None of them moves a learning rate or a ratio of updates.
//!
//! Thresholds are from the sources named in each file, or were set on the seeds from
//! `TUNING_SEEDS` of the fault bench, which measures them on others.
//!
//! A new detector is one file here and one line in [`DETECTORS`].

mod alarm;
mod board;
mod class_agreement;
mod cycling;
mod data_faults;
mod detector;
mod event;
mod exploding_gradient;
mod learning_rate;
mod memory;
mod metric_worsens;
mod mode_collapse;
mod not_finite;
mod overfitting;
mod remedy;
mod saturation;
mod settings;
#[cfg(test)]
mod testing;
mod vanishing_gradient;
mod verdict;
mod weight_spectrum;

pub use board::{Board, BoardState};
pub use detector::{Context, Detector, Finding, Reading, Skipped, Symptom};
pub use event::{Event, Evidence, Phase, Severity, Side};
pub use remedy::{Advice, Remedy};
pub use settings::{HealthSettings, OnFault};
pub use verdict::verdict;

/// A detector that has a name.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// As in `health.jsonl`, in snake case.
    pub name: &'static str,
    /// One sentence: what it sees, by which rule.
    pub summary: &'static str,
    /// For a run of those circumstances; nothing where the rule has no meaning for it.
    build: fn(&Context) -> Option<Box<dyn Detector>>,
}

/// Every detector, causes before their consequences, as [`verdict`] reads them.
pub const DETECTORS: &[Kind] = &[
    not_finite::KIND,
    data_faults::KIND,
    learning_rate::KIND,
    exploding_gradient::KIND,
    overfitting::KIND,
    mode_collapse::KIND,
    vanishing_gradient::KIND,
    saturation::KIND,
    class_agreement::KIND,
    cycling::KIND,
    weight_spectrum::KIND,
    metric_worsens::KIND,
];
