//! How far a game is from its equilibrium.
//!
//! ```text
//! M(G, D)  = -L_D(D; G)                                       what the discriminator wins, on samples of neither's training
//! DG(G, D) = M(G, D') - M(G', D)                              D', G': each improved while the other stands still
//! ```
//! Grnarova et al. 2019, "A domain agnostic measure for monitoring and evaluating GANs". Zero only at an equilibrium, where
//! neither can improve, and larger the more one of them still can. Both are improved for so many steps by the rules of the
//! game itself: its objective, penalties and clip, its own rates, and a rate of 0 for the one that stands still.

use std::sync::Arc;

use burn::{module::Module, tensor::Device};

use super::deep::Gap;
use crate::{
    checkpoint::Checkpoint,
    config::Config,
    data::{Dataset, Loader},
    error::Result,
    networks::{self, BuiltinDiscriminator, BuiltinGenerator, Discriminator, Generator, Pass},
    objectives,
    parameters::{self, NamedTensors},
    random::{Draws, Purpose, Seed, Step},
    training::{self, Batch, Learner, Source, TrainingStep},
};

/// Batches that the payoff is a mean over.
const BATCHES: u64 = 8;

/// The gap of the game of `checkpoint`, each player improved for `steps` steps on `training` and both judged on `held_out`.
///
/// # Errors
/// When the data cannot be read, or a number is not finite.
pub(super) fn duality_gap(
    checkpoint: &Checkpoint,
    training: &Arc<dyn Dataset>,
    held_out: &Arc<dyn Dataset>,
    steps: u64,
    seed: Seed,
) -> Result<Gap> {
    let improved = |still: fn(&mut Config)| improve(checkpoint, training, steps, seed, still);
    let better_discriminator = improved(|config| config.generator.rate = 0.0)?;
    let better_generator = improved(|config| config.discriminator.rate = 0.0)?;
    let judge = |tensors: &NamedTensors| payoff(checkpoint, tensors, held_out, seed);
    let (best, worst) = (judge(&better_discriminator)?, judge(&better_generator)?);
    let now = judge(&checkpoint.tensors)?;
    Ok(Gap { gap: best - worst, payoff: now, best_discriminator: best, best_generator: worst, steps })
}

/// The state after `steps` steps of the checkpoint's game in which one player stands still.
fn improve(
    checkpoint: &Checkpoint,
    dataset: &Arc<dyn Dataset>,
    steps: u64,
    seed: Seed,
    still: fn(&mut Config),
) -> Result<NamedTensors> {
    let mut config = checkpoint.config.clone();
    still(&mut config);
    let device = Device::flex().autodiff();
    let mut learner: Box<dyn Learner> = training::learner(&config, &**dataset, &device)?;
    learner.load(&checkpoint.tensors)?;
    let loader = Loader::new(Arc::clone(dataset), config.batch.min(dataset.len()), seed, &device)?;
    for step in 0..steps {
        let step = TrainingStep { seed, step: Step(step), rate_factor: 1.0, average_keep: 0.0 };
        learner.step(step, &loader)?;
    }
    Ok(learner.save())
}

/// `-L_D` of the networks in `tensors`, on held-out data and fresh latents.
fn payoff(checkpoint: &Checkpoint, tensors: &NamedTensors, held_out: &Arc<dyn Dataset>, seed: Seed) -> Result<f64> {
    let Checkpoint { config, data, .. } = checkpoint;
    let device = Device::flex();
    let (generator, discriminator) = networks::build(config, data.shape, data.classes.len(), &device)?;
    let generator: BuiltinGenerator = parameters::load(generator.no_grad(), "generator", tensors)?;
    let discriminator: BuiltinDiscriminator = parameters::load(discriminator.no_grad(), "discriminator", tensors)?;
    let objective = objectives::by_name(&config.objective)?;
    let loader = Loader::new(Arc::clone(held_out), config.batch.min(held_out.len()), seed, &device)?;
    let mut sum = 0.0;
    for ordinal in 0..BATCHES {
        let Batch { images, labels } = loader.batch(ordinal)?;
        let pass = Pass::train().with_labels(labels.as_deref());
        let draws = &mut Draws::new(seed, Purpose::Sample, ordinal);
        let z = config.latent.draw(draws, images.dims()[0], generator.latent_size(), &device);
        let fake = generator.forward(z, &pass);
        let [real, fake] = [images, fake].map(|x| discriminator.forward(x.into(), &pass).value);
        sum -= objective.discriminator(real, fake).total().into_scalar::<f64>();
    }
    Ok(sum / BATCHES as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Split, ring8},
        training::Trainer,
    };

    /// Of a game after some steps, the players improved for `steps` steps.
    fn gap(steps: u64) -> Gap {
        let config = Config {
            data: "ring8".into(),
            network: "mlp".into(),
            penalty: "r1:0.1".into(),
            steps: 30,
            batch: 32,
            ..Config::default()
        };
        let training: Arc<dyn Dataset> = Arc::new(ring8(Split::Train));
        let held_out: Arc<dyn Dataset> = Arc::new(ring8(Split::Test));
        let mut trainer = Trainer::new(config, Device::flex()).unwrap();
        trainer.run(&mut ()).unwrap();
        duality_gap(&trainer.checkpoint(), &training, &held_out, steps, Seed(3)).unwrap()
    }

    #[test]
    fn a_player_that_learns_wins_and_players_that_do_not_leave_no_gap() {
        let still = gap(0);
        assert_eq!((still.gap, still.best_discriminator), (0.0, still.payoff));
        let gap = gap(60);
        assert!(gap.best_discriminator > gap.payoff && gap.payoff > gap.best_generator, "{gap:?}");
        assert_eq!(gap.gap, gap.best_discriminator - gap.best_generator);
    }
}
