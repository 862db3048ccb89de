//! The discriminator as a measuring instrument: logits are log density ratios.
//!
//! ```text
//! h*(x) = log p(x) - log q(x)        at the minimum of E_p[softplus(-h)] + E_q[softplus(h)]    (Goodfellow et al. 2014)
//! ```
//! The generator held fixed, a fresh discriminator is trained to convergence on one part of the samples, its logits are
//! calibrated on a second, and every figure is taken on a third that neither has seen.

mod calibration;
mod instrument;
mod network;
mod refine;
mod refiner;
mod report;

pub use calibration::Calibration;
pub use instrument::{Instrument, InstrumentOptions};
pub use network::RatioNetwork;
pub use refine::{Acceptance, Refinement, metropolis_hastings, rejection};
pub use refiner::{Kept, Method, Refiner};
pub use report::{Levels, RatioReport};
