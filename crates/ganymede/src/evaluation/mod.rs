//! Measuring a generator or a data set against data, with the whole protocol on record.
//!
//! ```text
//! subject, reference -> samples -> features -> metrics -> card
//! ```
//! A [`Card`] holds every figure with every choice that it depends on: two figures compare when their cards agree in all but
//! the subject.

mod card;
mod evaluate;
mod metric;
mod monitor;
mod monitoring;
mod of_samples;
mod subject;

pub use card::{Card, FeaturesInfo, Measured, SamplesInfo};
pub use evaluate::{EvaluationOptions, Judge, Named, Sides, evaluate};
pub use metric::Metric;
pub use monitoring::{Criterion, Monitoring};
pub use subject::Subject;

pub(crate) use monitor::{Monitor, held_out, open_extractor};
