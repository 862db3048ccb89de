//! A hundred images, and a generator that makes more of the same: a discriminator can tell them apart only by heart.
//!
//! The images are of uniform noise, 8 x 8, and the generator passes its latents, noise of the same kind, on: it is perfect.
//! Images that were held out are then as likely generated as real, and a discriminator that has learnt them by heart says so.

use burn::{
    module::{Module, Param, ParamId},
    tensor::Tensor,
};

use super::{one_of, points, settings};
use crate::{
    bench::health::{
        case::{Case, Cure, Fault, Onset},
        data::Changed,
        planted::Plant,
    },
    bench::synthetic::Synthetic,
    config::Config,
    data::Dataset,
    error::Result,
    layers::{Initializer, WeightScale},
    networks::{Generator, MlpDiscriminator, Pass},
    random::{Draws, Purpose, Seed},
    training::{Game, Latent, Learner, Probe, Report},
};

pub const FAULT: Fault =
    Fault { name: "overfitting", detectors: &["overfitting"], cure: "20,000 images in place of 100", plan };

const SIDE: usize = 8;
const PIXELS: usize = SIDE * SIDE;
const IMAGES: usize = 100;
const ALL: usize = 20_000;
const STEPS: u64 = 400;
const WIDTH: usize = 128;
const DEPTH: usize = 2;
/// The truth is asked of so many held-out images, every so many steps.
const HELD_OUT: usize = 400;
const EVERY: u64 = 5;

/// The latent itself, moved by what is learnt.
#[derive(Module, Debug)]
struct Passing {
    shift: Param<Tensor<2>>,
}

impl Generator for Passing {
    fn latent_size(&self) -> usize {
        PIXELS
    }

    fn forward(&self, z: Tensor<2>, _: &Pass) -> Tensor<4> {
        let n = z.dims()[0];
        (z + self.shift.val()).reshape([n, 1, SIDE, SIDE])
    }
}

/// It has begun once held-out images lie more than half-way to the generated ones, by more than four standard errors.
fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let objective = one_of(&["non-saturating", "hinge", "relativistic", "wasserstein"], seed);
    let penalty = if objective == "wasserstein" { "wgan-gp:1" } else { "none" };
    let config = Config {
        objective: objective.into(),
        penalty: penalty.into(),
        latent: Latent::Uniform,
        ..points("ring8", seed, STEPS)?
    };
    let all = std::sync::Arc::new(Synthetic::new([1, SIDE, SIDE], ALL + HELD_OUT));
    let train = Changed::of(all.clone()).part(0, if cure.is_some() { ALL } else { IMAGES }).shared();
    let held_out = Changed::of(all).part(ALL, HELD_OUT).shared();
    let device = burn::tensor::Device::flex().autodiff();
    let shift = Param::initialized(ParamId::new(), Tensor::zeros([1, PIXELS], &device).require_grad());
    let mut init = Initializer::new(seed, Purpose::DiscriminatorWeights, WeightScale::FanIn, &device);
    let discriminator = MlpDiscriminator::new([1, SIDE, SIDE], WIDTH, DEPTH, &mut init);
    let learner = Box::new(Game::new(Passing { shift }, discriminator, settings(&config)?)?);
    let latents = Latent::Uniform.draw(&mut Draws::new(seed, Purpose::Sample, 0), HELD_OUT, PIXELS, &device);
    let probe = Probe::new(latents, None, (&*train, Some(&*held_out as &dyn Dataset)), HELD_OUT, &device)?;
    let condition = Box::new(move |learner: &dyn Learner, _, _: &Report| {
        let numbers = learner.probe(&probe);
        numbers.get("overfit").zip(numbers.get("overfit_z")).is_some_and(|(share, z)| share > 0.5 && z > 4.0)
    });
    Ok(Case {
        config,
        dataset: train,
        held_out: Some(held_out),
        learner,
        plant: Plant::default(),
        onset: Onset::When(EVERY, condition),
        says: None,
    })
}
