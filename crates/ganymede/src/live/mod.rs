//! A game in one or two dimensions whose every quantity is known, to be looked at while it is played.
//!
//! ```text
//! p          a mixture of Gaussians: its density is known
//! q          the generator's: the standard normal pushed through G cell by cell, so its density is known as well
//! D*, log p/q, KL, JSD, W1      from the two, on one grid
//! D, h, forces                  from the networks, by the same objective, penalty and Game that every training uses
//! ```
//! A [`Session`] is the game with what has been chosen, a [`Scene`] what stays while it is played, a [`Frame`] one look at it.

mod density;
mod divergences;
mod frame;
mod grid;
mod history;
mod look;
mod players;
mod pushforward;
mod readings;
mod session;
mod settings;

pub use density::{DENSITIES, Density};
pub use divergences::Divergences;
pub use frame::{Agreement, Choice, Choices, Frame, Ratio, Scene};
pub use grid::Grid;
pub use history::{History, Record};
pub use players::GENERATORS;
pub use pushforward::Pushforward;
pub use readings::Reading;
pub use session::Session;
pub use settings::{MAX_BATCH, MAX_N_CRITIC, MAX_PACE, Settings};
