//! What metrics are computed on: images as vectors of features, each extractor a file.

#[cfg(test)]
mod golden;
mod inception;
mod inception_weights;
mod pth;
mod resize;

pub use inception::{Inception, Tap};
pub use inception_weights::InceptionWeights;
