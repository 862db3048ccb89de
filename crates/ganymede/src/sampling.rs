//! Samples from a trained generator.

use std::path::{Path, PathBuf};

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};

use crate::{
    checkpoint::{Best, Checkpoint, DataInfo},
    config::Config,
    error::{Error, Result},
    networks::{self, BuiltinGenerator, Generator, Pass},
    parameters,
    random::{Draws, Purpose, Seed, Step},
    training::{Latent, RunDirectory, check_labels},
};

/// Samples are generated this many at a time.
pub(crate) const CHUNK: usize = 64;

/// The averaged generator of a checkpoint.
#[derive(Debug)]
pub struct Sampler {
    pub(crate) generator: BuiltinGenerator,
    pub config: Config,
    pub data: DataInfo,
    pub step: Step,
    pub(crate) device: Device,
}

impl Sampler {
    /// Opens a checkpoint file, or the newest checkpoint of a run directory.
    ///
    /// # Errors
    /// When there is no checkpoint, or it cannot be loaded.
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        let file = if path.is_dir() { newest_checkpoint(path)? } else { path.to_owned() };
        Self::new(Checkpoint::load(&file)?, device).map_err(|error| Error::checkpoint(&file, error))
    }

    /// The averaged generator of a checkpoint that is in memory.
    ///
    /// # Errors
    /// When its networks are unknown, or a tensor is missing or of another shape.
    pub fn new(checkpoint: Checkpoint, device: &Device) -> Result<Self> {
        let Checkpoint { config, data, step, tensors, .. } = checkpoint;
        let (generator, _) = networks::build(&config, data.shape, data.classes.len(), device)?;
        let generator = parameters::load(generator.no_grad(), "average", &tensors)?;
        Ok(Sampler { generator, config, data, step, device: device.clone() })
    }

    /// The number of classes that can be asked for; none where the model takes no labels.
    pub fn classes(&self) -> Option<usize> {
        self.generator.classes()
    }

    /// The class that goes by a name of the data, or by a number.
    ///
    /// # Errors
    /// [`Error::Setting`] for a model that takes no labels or a number beyond the classes, [`Error::UnknownName`] with the
    /// nearest name.
    pub fn class(&self, text: &str) -> Result<usize> {
        let names = &self.data.classes;
        if self.classes().is_none() {
            let expected = "none: this model has no classes, it was trained without --conditional";
            return Err(Error::setting("class", expected, format!("'{text}'")));
        }
        let named = names.iter().position(|name| name == text);
        let named = named.or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(text)));
        match (named, text.parse::<usize>()) {
            (Some(class), _) => Ok(class),
            (None, Ok(class)) if class < names.len() => Ok(class),
            (None, Ok(class)) => {
                Err(Error::setting("class", format!("a name, or a number from 0 to {}", names.len() - 1), class))
            }
            (None, Err(_)) => Err(Error::unknown_name("class", text, names.iter().map(String::as_str))),
        }
    }

    /// One sample for each seed, off the autodiff graph; the same seed is the same latent in every model of that latent size.
    /// Where the model takes labels and none are given, seed `s` is of class `s` modulo their number.
    ///
    /// `truncation` takes the latents towards their mean: below 1 the samples are more alike and nearer to the common ones.
    ///
    /// ```text
    /// z' = mean + psi (z - mean) = psi z          normal and uniform latents both have the mean 0
    /// ```
    ///
    /// # Shapes
    /// -> [seeds, C, H, W].
    ///
    /// # Errors
    /// [`Error::Setting`] where labels are given and not one of the model's classes for each seed.
    pub fn sample(&self, seeds: &[u64], labels: Option<&[usize]>, truncation: f64) -> Result<Tensor<4>> {
        let labels = match (self.classes(), labels) {
            (None, None) => None,
            (None, Some(_)) => return Err(Error::setting("labels", "none: this model has no classes", "some")),
            (Some(classes), None) => Some(in_turn(seeds, classes)),
            (Some(classes), Some(labels)) => {
                check_labels(labels, seeds.len(), classes)?;
                Some(labels.to_vec())
            }
        };
        let chunks = seeds.chunks(CHUNK).enumerate().map(|(i, seeds)| {
            let z = latents(self.config.latent, seeds, self.generator.latent_size(), &self.device) * truncation;
            let labels = labels.as_ref().map(|labels| &labels[i * CHUNK..i * CHUNK + seeds.len()]);
            self.generator.forward(z, &Pass::eval().with_labels(labels)).without_autodiff()
        });
        Ok(Tensor::cat(chunks.collect(), 0))
    }
}

/// A class for each seed, all equally often where the seeds follow each other.
pub fn in_turn(seeds: &[u64], classes: usize) -> Vec<usize> {
    seeds.iter().map(|seed| (seed % classes as u64) as usize).collect()
}

/// Seeds and labels of a grid that shows one class a row, with the seeds `0..columns` in each.
pub(crate) fn class_rows(classes: usize, columns: usize) -> (Vec<u64>, Vec<usize>) {
    (0..classes * columns).map(|i| ((i % columns) as u64, i / columns)).unzip()
}

/// The latents of those seeds.
///
/// # Shapes
/// -> [seeds, size].
pub fn latents(latent: Latent, seeds: &[u64], size: usize, device: &Device) -> Tensor<2> {
    let rows = seeds.iter().map(|seed| latent.draw(&mut Draws::new(Seed(0), Purpose::Sample, *seed), 1, size, device));
    Tensor::cat(rows.collect(), 0)
}

/// The newest checkpoint of a run directory.
///
/// # Errors
/// [`Error::Run`] where there is none.
pub fn newest_checkpoint(directory: &Path) -> Result<PathBuf> {
    RunDirectory::at(directory).newest_checkpoint()?.ok_or_else(|| Error::Run {
        path: directory.to_owned(),
        reason: "no checkpoint in this directory".into(),
        advice: "name a run directory of `ganymede train`, or a checkpoint-*.safetensors file".into(),
    })
}

/// The best checkpoint of a run directory, and what is known of it.
///
/// # Errors
/// [`Error::Run`] where the run was not measured, or the checkpoint is gone; those of [`Checkpoint::load`].
pub fn best_checkpoint(directory: &Path) -> Result<(PathBuf, Best)> {
    let newest = Checkpoint::load(&newest_checkpoint(directory)?)?;
    let problem =
        |reason: String, advice: &str| Error::Run { path: directory.to_owned(), reason, advice: advice.into() };
    let Some(best) = newest.best else {
        let advice = "train with --metrics fid, or take the newest checkpoint";
        return Err(problem("no checkpoint of this run is known to be the best".into(), advice));
    };
    match RunDirectory::at(directory).checkpoint_of(best.step)? {
        Some(path) => Ok((path, best)),
        None => Err(problem(format!("its best checkpoint, of step {}, is gone", best.step.0), "take the newest one")),
    }
}
