//! What metrics are computed on: samples as vectors of features. Each extractor is a file, and every report names it.

mod classifier;
mod extractor;
#[cfg(test)]
mod golden;
mod inception;
mod inception_weights;
mod open;
mod pixels;
mod pth;
mod random_conv;
mod resize;
mod samples;
pub(crate) mod store;

pub use classifier::Classifier;
pub use extractor::{ExtractionProgress, Extractor, extract};
pub use inception::{Inception, Tap};
pub use inception_weights::InceptionWeights;
pub use open::{OpenFeatures, inception_weights_file, known_names, open};
pub use pixels::Pixels;
pub use random_conv::RandomConv;
pub use samples::Samples;
