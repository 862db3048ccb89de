//! Reads what a run has left, also one that died, and says what happened when.
//!
//! ```text
//! config, stats, health, events, metrics, log, checkpoints ──▶ Records ──▶ Diagnosis: ending, episodes, verdict ──▶ report
//!                                     detectors, where nobody watched ──▲          Deep: what costs compute ──▲
//! ```
//! What detectors said while the run trained is taken as it stands. A run that nobody watched is watched now: detectors are
//! pure functions of numbers by step, and the lines of `stats.jsonl` are that.

mod deep;
mod duality_gap;
mod ending;
mod episode;
mod page;
mod plots;
mod records;
mod report;

pub use deep::{Deep, DeepOptions, Gap, Look, look_deep};
pub use ending::Ending;
pub use episode::Episode;
pub use records::{Measurement, Records, SkippedStep};
pub use report::{Diagnosis, write};
