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
    training::{Latent, RunDirectory},
};

/// Samples are generated this many at a time.
pub(crate) const CHUNK: usize = 64;

/// The averaged generator of a checkpoint.
#[derive(Debug)]
pub struct Sampler {
    generator: BuiltinGenerator,
    pub config: Config,
    pub data: DataInfo,
    pub step: Step,
    device: Device,
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
        let (generator, _) = networks::build(&config, data.shape, device)?;
        let generator = parameters::load(generator.no_grad(), "average", &tensors)?;
        Ok(Sampler { generator, config, data, step, device: device.clone() })
    }

    /// One sample for each seed, off the autodiff graph; the same seed is the same latent in every model of that latent size.
    ///
    /// `truncation` scales the latents: below 1 the samples are more alike and nearer to the common ones.
    ///
    /// # Shapes
    /// -> [seeds, C, H, W].
    pub fn sample(&self, seeds: &[u64], labels: Option<&[usize]>, truncation: f64) -> Tensor<4> {
        let chunks = seeds.chunks(CHUNK).enumerate().map(|(i, seeds)| {
            let z = latents(self.config.latent, seeds, self.generator.latent_size(), &self.device) * truncation;
            let labels = labels.map(|labels| &labels[i * CHUNK..i * CHUNK + seeds.len()]);
            self.generator.forward(z, &Pass::eval().with_labels(labels)).without_autodiff()
        });
        Tensor::cat(chunks.collect(), 0)
    }
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
