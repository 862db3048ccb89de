//! Training: the optimizer, one adversarial step ([`Game`]), and the loop around it. The other [`Learner`] is
//! [`Vae`](crate::vae::Vae).

mod adam;
mod augmenting;
mod average;
mod burn_in;
mod checkpoints;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod format_tests;
mod game;
mod game_settings;
mod gradients;
mod guard;
mod journal;
mod learner;
mod legend;
mod lock;
mod model;
mod player;
mod probe;
mod progress;
mod report;
mod run_directory;
mod saver;
mod schedule;
mod statistics;
mod tick;
#[cfg(test)]
mod tiny;
mod trainer;
#[cfg(test)]
mod watching_tests;

pub use adam::{Adam, AdamSettings};
pub use average::average_into;
pub use burn_in::BurnIn;
pub use game::Game;
pub use game_settings::{GameSettings, Latent};
pub use learner::{Batch, Learner, Source, TrainingStep};
pub use legend::{PROBED, legend};
pub use probe::Probe;
pub use progress::{Observer, Outcome, Progress};
pub use report::Report;
pub use run_directory::RunDirectory;
pub use schedule::Schedule;
pub use trainer::{PREVIEW_COLUMNS, Trainer};

pub(crate) use gradients::norm as gradient_norm;
pub(crate) use guard::Guard;
pub(crate) use learner::check_labels;
pub(crate) use model::learner;
pub(crate) use statistics::logit_statistics;
pub(crate) use tick::Tick;
pub(crate) use trainer::WatchState;
