//! The generator is cut off from its latents in the middle of a run: every sample is the same.

use burn::{module::Module, tensor::Tensor};

use super::{open, points, settings};
use crate::{
    bench::health::{
        case::{Case, Cure, Fault, Onset},
        planted::Plant,
    },
    config::Config,
    error::Result,
    health::{HealthSettings, OnFault},
    layers::Buffer,
    networks::{self, BuiltinGenerator, Generator, Pass},
    random::Seed,
    training::Game,
};

pub const FAULT: Fault = Fault {
    name: "latent-cut",
    detectors: &["mode_collapse"],
    cure: "back to the state before, by --on-fault rollback",
    plan,
};

const AFTER: u64 = 400;
const STEPS: u64 = 600;

/// A generator whose latents are multiplied by a number, 1 until it is changed.
#[derive(Module, Debug)]
struct Gated {
    inner: BuiltinGenerator,
    gate: Buffer<1>,
}

impl Generator for Gated {
    fn latent_size(&self) -> usize {
        self.inner.latent_size()
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let gate = self.gate.get().unsqueeze::<2>();
        self.inner.forward(z * gate, pass)
    }
}

fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let on_fault = if cure.is_some() { OnFault::Rollback } else { OnFault::Warn };
    let health = HealthSettings { on_fault, ..HealthSettings::default() };
    let config = Config { health, ..points("ring8", seed, STEPS)? };
    let dataset = open("ring8")?;
    let device = burn::tensor::Device::flex().autodiff();
    let (inner, discriminator) = networks::build(&config, dataset.shape(), 0, &device)?;
    let gate = Buffer::new(Tensor::ones([1], &device));
    let learner = Box::new(Game::new(Gated { inner, gate }, discriminator, settings(&config)?)?);
    let plant = Plant { tensor: Some((AFTER, "gate", 0.0)), ..Plant::default() };
    Ok(Case { config, dataset, held_out: None, learner, plant, onset: Onset::After(AFTER), says: None })
}
