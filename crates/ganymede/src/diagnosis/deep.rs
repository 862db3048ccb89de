//! What costs compute: measurements on the checkpoints of a run.
//!
//! ```text
//! gap            how far the game is from its equilibrium                     duality_gap
//! ratio          KL(q‖p), JSD and a two-sample test on held-out samples       density_ratio
//! memorisation   do samples lie nearer to the training data than fresh ones?  metrics::memorisation, by pixels
//! ```
//! What one of them cannot say of a run is a sentence, and no reason to leave the others out.

use std::sync::Arc;

use burn::tensor::Device;
use serde::Serialize;

use super::{Records, duality_gap::duality_gap};
use crate::{
    checkpoint::Checkpoint,
    data::{self, Dataset},
    density_ratio::{Instrument, InstrumentOptions, RatioReport},
    error::{Error, Result},
    evaluation,
    features::{self, OpenFeatures, Samples},
    metrics::{Memorisation, memorisation},
    networks,
    random::Seed,
    sampling::{CHUNK, Sampler},
};
use burn::tensor::Tensor;

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DeepOptions {
    /// Samples of the generator and of the data, at most.
    pub samples: usize,
    /// Steps for which each player is improved against the other.
    pub gap_steps: u64,
    pub seed: Seed,
}

impl Default for DeepOptions {
    fn default() -> Self {
        DeepOptions { samples: 5000, gap_steps: 200, seed: Seed(0) }
    }
}

/// What was measured on the checkpoints of a run.
#[derive(Debug, Serialize)]
pub struct Deep {
    pub options: DeepOptions,
    pub looks: Vec<Look>,
}

/// What was measured on one checkpoint.
#[derive(Debug, Serialize)]
pub struct Look {
    pub step: u64,
    pub gap: Option<Gap>,
    pub ratio: Option<RatioReport>,
    pub memorisation: Option<Memorisation>,
    /// What could not be measured, and why.
    pub notes: Vec<String>,
}

/// The duality gap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gap {
    pub gap: f64,
    /// What the discriminator wins now.
    pub payoff: f64,
    /// What it wins once it was improved for `steps` steps.
    pub best_discriminator: f64,
    /// What it wins once the generator was.
    pub best_generator: f64,
    pub steps: u64,
}

/// Looks at the best and at the newest checkpoint of a run; `progress` hears what is measured.
///
/// # Errors
/// [`Error::Run`] where there is no checkpoint; when one, or the data, cannot be read.
pub fn look_deep(records: &Records, options: DeepOptions, progress: &dyn Fn(&str)) -> Result<Deep> {
    let newest = records.checkpoints.last().copied().ok_or_else(|| Error::Run {
        path: records.directory.path().to_owned(),
        reason: "there is no checkpoint to look into".into(),
        advice: "leave --deep out".into(),
    })?;
    let best = records.best().map(|best| best.step).filter(|step| records.checkpoints.contains(step));
    let mut steps: Vec<u64> = best.into_iter().chain([newest]).collect();
    steps.dedup();
    let config = &records.config;
    let training = data::open(&config.data, &config.open_options())?;
    let held_out = evaluation::held_out(config, &training)?;
    let looks = steps.into_iter().map(|step| {
        let path = records.directory.checkpoint_of(crate::random::Step(step))?;
        let path = path.ok_or_else(|| Error::setting("checkpoint", "one that is still there", step))?;
        look(step, Checkpoint::load(&path)?, &training, held_out.as_ref(), options, progress)
    });
    Ok(Deep { options, looks: looks.collect::<Result<_>>()? })
}

fn look(
    step: u64,
    checkpoint: Checkpoint,
    training: &Arc<dyn Dataset>,
    held_out: Option<&Arc<dyn Dataset>>,
    options: DeepOptions,
    progress: &dyn Fn(&str),
) -> Result<Look> {
    let mut notes = Vec::new();
    let mut note = |what: &str, error: Error| notes.push(format!("{what}: {error}"));
    let DeepOptions { samples: n, gap_steps, seed } = options;
    let fresh = held_out.unwrap_or(training);
    let mut gap = None;
    if checkpoint.config.vae.is_none() {
        progress(&format!("step {step}: duality gap"));
        gap = duality_gap(&checkpoint, training, fresh, gap_steps, seed).map_err(|e| note("duality gap", e)).ok();
    }

    let (config, data) = (checkpoint.config.clone(), checkpoint.data.clone());
    let sampler = Sampler::new(checkpoint, &Device::flex())?;
    let seeds: Vec<u64> = (0..n as u64).collect();
    let chunks: Vec<Tensor<4>> =
        seeds.chunks(CHUNK).map(|seeds| sampler.sample(seeds, None, 1.0)).collect::<Result<_>>()?;
    let fake = Samples::of_tensor(Tensor::cat(chunks, 0), None)?;
    let real = Samples::of_dataset(&**fresh, n, seed)?;

    progress(&format!("step {step}: density ratio"));
    let unlabelled = crate::Config { conditional: None, vae: None, discriminator_batch_norm: false, seed, ..config };
    let device = Device::flex().autodiff();
    let (_, discriminator) = networks::build(&unlabelled, data.shape, 0, &device)?;
    let instrument = InstrumentOptions { seed, ..InstrumentOptions::default() };
    let ratio = Instrument::train(discriminator, &real, &fake, instrument, &device, &|_, _| {});
    let ratio = ratio.map(|(_, report)| report).map_err(|error| note("density ratio", error)).ok();

    let mut copied = None;
    match held_out {
        Some(_) => {
            progress(&format!("step {step}: memorisation"));
            let seen = Samples::of_dataset(&**training, usize::MAX, seed)?;
            let extractor = features::open("pixels", &OpenFeatures::default())?;
            let of = |samples: &Samples| features::extract(&*extractor, samples, None, &|_, _| {});
            let (fake, real, seen) = (of(&fake)?, of(&real)?, of(&seen)?);
            copied = memorisation(&fake, &real, &seen).map_err(|error| note("memorisation", error)).ok();
        }
        None => notes.push("memorisation: these data have no part that the run was not trained on".into()),
    }
    Ok(Look { step, gap, ratio, memorisation: copied, notes })
}
