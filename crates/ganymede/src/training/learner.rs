//! What the training loop knows of a model: that it turns batches into updates and reports, and can be saved.

use burn::tensor::Tensor;

use super::{Probe, Report};
use crate::{
    checkpoint,
    error::{Error, Result},
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

impl Batch {
    /// The labels, where `classes` are told apart: one below that number for each sample.
    ///
    /// # Errors
    /// [`Error::Setting`] where labels are missing or out of range.
    pub fn labels_below(&self, classes: Option<usize>) -> Result<Option<&[usize]>> {
        let Some(classes) = classes else { return Ok(None) };
        let n = self.images.dims()[0];
        check_labels(self.labels.as_deref().unwrap_or_default(), n, classes)?;
        Ok(self.labels.as_deref())
    }
}

/// # Errors
/// [`Error::Setting`] unless `labels` are one below `classes` for each of `n` samples.
pub(crate) fn check_labels(labels: &[usize], n: usize, classes: usize) -> Result<()> {
    let expected = || format!("a class from 0 to {} for each of {n} samples", classes - 1);
    if labels.len() != n {
        let got = if labels.is_empty() { "none".to_owned() } else { format!("{}", labels.len()) };
        return Err(Error::setting("labels", expected(), got));
    }
    match labels.iter().position(|label| *label >= classes) {
        Some(at) => Err(Error::setting("labels", expected(), format!("class {} of sample {at}", labels[at]))),
        None => Ok(()),
    }
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

    /// The number of classes that can be asked for; none where the model takes no labels.
    fn classes(&self) -> Option<usize> {
        None
    }

    /// Samples of the averaged generator, off the autodiff graph. A model of classes needs a label for each.
    ///
    /// # Shapes
    /// `z` [N, latent] -> [N, C, H, W].
    fn sample(&self, z: Tensor<2>, labels: Option<&[usize]>) -> Tensor<4>;

    /// What the model makes of samples of the data, where it can, off the autodiff graph.
    ///
    /// # Shapes
    /// -> [N, C, H, W].
    fn reconstructions(&self, _batch: &Batch) -> Option<Tensor<4>> {
        None
    }

    /// Numbers that are too dear for every step, of what is always the same: latents, and samples of the data. It changes
    /// nothing.
    fn probe(&self, _probe: &Probe) -> Report {
        Report::default()
    }

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
