//! What the training loop knows of a model: that it turns batches into updates and reports, and can be saved.

use burn::tensor::Tensor;

use super::Report;
use crate::{
    checkpoint,
    error::Result,
    parameters::{NamedTensors, TensorInfo},
    random::{Seed, Step},
};

/// Some samples of the data.
#[derive(Debug, Clone)]
pub struct Batch {
    /// [N, C, H, W], images in [-1, 1].
    pub images: Tensor<4>,
    /// The class of each sample, where the data have classes.
    pub labels: Option<Vec<usize>>,
}

/// The data of a run as a pure function: batch number `k` is the same whenever it is asked for.
pub trait Source {
    /// # Errors
    /// When the data cannot be read.
    fn batch(&self, ordinal: u64) -> Result<Batch>;
}

/// The circumstances of one training step.
#[derive(Debug, Clone, Copy)]
pub struct TrainingStep {
    pub seed: Seed,
    pub step: Step,
    /// What the schedule multiplies the learning rates by.
    pub rate_factor: f64,
    /// What the average keeps of itself in this step.
    pub average_keep: f64,
}

/// A model in training: a GAN's game, or a VAE.
pub trait Learner {
    /// Does one step.
    ///
    /// # Errors
    /// When the data cannot be read, or a network's output has the wrong shape.
    fn step(&mut self, step: TrainingStep, data: &dyn Source) -> Result<Report>;

    /// How many batches one step takes.
    fn batches_per_step(&self) -> u64;

    /// The number of latent dimensions.
    fn latent_size(&self) -> usize;

    /// Samples of the averaged generator, off the autodiff graph.
    ///
    /// # Shapes
    /// `z` [N, latent] -> [N, C, H, W].
    fn sample(&self, z: Tensor<2>, labels: Option<&[usize]>) -> Tensor<4>;

    /// What the networks are made of, each with its name; nothing where the learner does not say.
    fn networks(&self) -> Vec<(&'static str, Vec<TensorInfo>)> {
        Vec::new()
    }

    /// Everything that the next step depends on, but for the step's number.
    fn save(&self) -> NamedTensors;

    /// The name of the first tensor of the state that holds a number that is not finite, without a copy where it can be.
    fn not_finite(&self) -> Option<String> {
        checkpoint::not_finite(&self.save()).map(str::to_owned)
    }

    /// Takes over what [`Learner::save`] gave.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape; the learner is then unchanged.
    fn load(&mut self, tensors: &NamedTensors) -> Result<()>;
}
