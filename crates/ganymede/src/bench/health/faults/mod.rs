//! The planted faults, one a file, each a function of a seed: the run with the fault, and with what was advised against it.

pub(super) mod constant;
pub(super) mod cycling;
pub(super) mod exploding;
pub(super) mod grid25;
pub(super) mod latent_cut;
pub(super) mod not_finite;
pub(super) mod overfitting;
pub(super) mod range;
pub(super) mod saturation;
pub(super) mod vanishing;

use std::sync::Arc;

use burn::tensor::Device;

use super::{
    case::{Case, Onset},
    planted::Plant,
};
use crate::{
    config::Config,
    data::{self, Dataset},
    error::Result,
    networks, objectives, penalties,
    random::Seed,
    training::{Game, GameSettings, Learner},
};

/// A small game of points with the optimizers of the presets.
fn points(preset: &str, seed: Seed, steps: u64) -> Result<Config> {
    Ok(Config { seed, steps, batch: 64, average_kimg: 0.0, ..Config::preset(preset)? })
}

/// A game of those settings, without anything planted.
fn case(config: Config, dataset: Arc<dyn Dataset>) -> Result<Case> {
    let learner = game(&config, &*dataset)?;
    let (plant, onset) = (Plant::default(), Onset::After(0));
    Ok(Case { config, dataset, held_out: None, learner, plant, onset, says: None })
}

fn game(config: &Config, dataset: &dyn Dataset) -> Result<Box<dyn Learner>> {
    let device = Device::flex().autodiff();
    let (generator, discriminator) = networks::build(config, dataset.shape(), 0, &device)?;
    Ok(Box::new(Game::new(generator, discriminator, settings(config)?)?))
}

fn settings(config: &Config) -> Result<GameSettings> {
    Ok(GameSettings {
        objective: objectives::by_name(&config.objective)?,
        penalties: penalties::parse(&config.penalty)?,
        clip: config.clip,
        augment: config.augment.clone(),
        burn_in: config.burn_in,
        n_critic: config.n_critic,
        latent: config.latent,
        generator: config.generator,
        discriminator: config.discriminator,
    })
}

fn open(name: &str) -> Result<Arc<dyn Dataset>> {
    data::open(name, &data::OpenOptions::default())
}

/// Whether something has held in so many calls running.
fn lasting(calls: u64) -> impl Fn(bool) -> bool {
    let held = std::cell::Cell::new(0);
    move |now| {
        held.set(if now { held.get() + 1 } else { 0 });
        held.get() >= calls
    }
}

/// One of some names, by the seed.
fn one_of<'a>(names: &[&'a str], seed: Seed) -> &'a str {
    names[(seed.0 % names.len() as u64) as usize]
}
