//! Training: the optimizer, one adversarial step ([`Game`]), and the loop around it.

mod adam;
mod average;
mod game;
mod learner;
mod legend;
mod progress;
mod report;
mod run_directory;
mod schedule;
mod trainer;

pub use adam::{Adam, AdamSettings};
pub use average::average_into;
pub use game::{Game, GameSettings, Latent};
pub use learner::{Batch, Learner, Source, TrainingStep};
pub use legend::legend;
pub use progress::{Observer, Outcome, Progress};
pub use report::Report;
pub use run_directory::RunDirectory;
pub use schedule::Schedule;
pub use trainer::{PREVIEW_COLUMNS, Trainer};
