//! What can be measured: a trained generator, or data.

use std::{path::Path, sync::Arc};

use burn::tensor::Device;

use crate::{
    config::Config,
    data::{self, Dataset, OpenOptions, Split},
    error::{Error, Result},
    features::Samples,
    random::Seed,
    sampling::{Sampler, in_turn},
    training::RunDirectory,
};

/// More samples of a generator are not held in memory.
const MAX_SAMPLES: usize = 1 << 20;

/// A source of samples.
#[derive(Debug)]
pub enum Subject {
    /// The averaged generator of a checkpoint.
    Generator {
        name: String,
        sampler: Box<Sampler>,
    },
    Data {
        name: String,
        dataset: Arc<dyn Dataset>,
    },
}

impl Subject {
    /// A run directory, a checkpoint file, or data by name or path; `options` are for data.
    ///
    /// # Errors
    /// When it is neither, or cannot be opened.
    pub fn open(source: &str, options: &OpenOptions, device: &Device) -> Result<Self> {
        let path = Path::new(source);
        let is_checkpoint = path.is_file() && path.extension().is_some_and(|extension| extension == "safetensors");
        if is_checkpoint || (path.is_dir() && RunDirectory::at(path).config()?.is_some()) {
            let sampler = Box::new(Sampler::open(path, device)?);
            return Ok(Subject::Generator { name: source.to_owned(), sampler });
        }
        let dataset = data::open(source, options)?;
        let split = if options.split == Split::Test { " (test)" } else { "" };
        Ok(Subject::Data { name: format!("{}{split}", dataset.name()), dataset })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Subject::Generator { name, .. } | Subject::Data { name, .. } => name,
        }
    }

    /// The settings of the run that it comes from.
    pub fn config(&self) -> Option<&Config> {
        match self {
            Subject::Generator { sampler, .. } => Some(&sampler.config),
            Subject::Data { .. } => None,
        }
    }

    /// The step of the checkpoint.
    pub fn step(&self) -> Option<u64> {
        match self {
            Subject::Generator { sampler, .. } => Some(sampler.step.0),
            Subject::Data { .. } => None,
        }
    }

    /// The names of the classes; none where there are none.
    pub fn classes(&self) -> &[String] {
        match self {
            Subject::Generator { sampler, .. } => &sampler.data.classes,
            Subject::Data { dataset, .. } => dataset.classes(),
        }
    }

    /// The data set, where it is one.
    pub fn dataset(&self) -> Option<&dyn Dataset> {
        match self {
            Subject::Generator { .. } => None,
            Subject::Data { dataset, .. } => Some(&**dataset),
        }
    }

    /// `n` samples, or all of a data set that has no more: of a generator those of the seeds `0..n`, of its classes in turn where it has classes, of data by a random order.
    ///
    /// # Errors
    /// When the data cannot be read, or the generator gives numbers that are none.
    pub fn samples(&self, n: usize, seed: Seed) -> Result<Samples> {
        match self {
            Subject::Generator { sampler, .. } => {
                if !(1..=MAX_SAMPLES).contains(&n) {
                    return Err(Error::setting("n", format!("1..={MAX_SAMPLES} samples"), n));
                }
                let seeds: Vec<u64> = (0..n as u64).collect();
                let labels = sampler.classes().map(|classes| in_turn(&seeds, classes));
                Samples::of_tensor(sampler.sample(&seeds, labels.as_deref(), 1.0)?, labels)
            }
            Subject::Data { dataset, .. } => Samples::of_dataset(&**dataset, n, seed),
        }
    }
}
