//! Ganymede trains generative adversarial networks, measures them, says what is going wrong with them, and ships them.

pub mod augmentation;
pub mod bench;
pub mod cache;
pub mod checkpoint;
pub mod comparison;
pub mod config;
pub mod data;
pub mod density_ratio;
pub mod device;
pub mod diagnosis;
pub mod error;
pub mod evaluation;
pub mod features;
pub mod files;
pub mod health;
pub mod interpolation;
pub mod lab;
pub mod layers;
pub mod live;
pub mod metrics;
pub mod neighbours;
pub mod networks;
pub mod npy;
pub mod objectives;
pub mod parameters;
pub mod penalties;
pub mod picture;
pub mod prelude;
pub mod random;
pub mod sampling;
pub mod signal;
mod storage;
pub mod training;
pub mod vae;

#[cfg(test)]
mod testing;

pub use config::Config;
pub use error::{Error, Result};
pub use signal::Signal;
