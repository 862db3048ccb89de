//! How fast training and sampling are on this machine, against what its matrix products could do.
//!
//! ```text
//! roofline share = (2 multiply-adds of the work / its time) / (rate of large matrix products in the same run)
//! ```
//! The work is the real thing: [`Trainer`](crate::training::Trainer) steps and [`Sampler`](crate::sampling::Sampler) calls
//! on data of the right shape that lie in memory. `cost` says how the multiply-adds are counted.

mod cost;
pub mod health;
mod layer;
mod layer_times;
mod memory;
mod roofline;
mod sampling;
mod step;
mod synthetic;
mod times;

pub use cost::step_multiply_adds;
pub use layer::{Layer, LayerShapes};
pub use layer_times::{LayerTimes, layer_times};
pub use memory::peak_resident;
pub use roofline::Roofline;
pub use sampling::{SamplingTimes, sampling_times};
pub use step::{StepTimes, sample_shape, step_times};
pub use times::Times;
