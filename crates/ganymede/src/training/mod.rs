//! Training: the optimizer, one adversarial step ([`Game`]), and the loop around it.

mod adam;
mod average;
mod game;
mod learner;
mod report;
mod schedule;

pub use adam::{Adam, AdamSettings};
pub use average::average_into;
pub use game::{Game, GameSettings, Latent};
pub use learner::{Batch, Learner, Source, TrainingStep};
pub use report::Report;
pub use schedule::Schedule;
