//! The augmentation of a game: its draws, and its probability as the game goes.

use burn::tensor::Tensor;

use super::Report;
use crate::{
    augmentation::{self, Adaptive, AugmentSettings, Transformation},
    error::Result,
    objectives::Objective,
    parameters::NamedTensors,
    random::{Draws, Purpose, Seed},
};

#[derive(Debug)]
pub(super) struct Augmenting {
    transformations: Vec<&'static dyn Transformation>,
    probability: Probability,
}

#[derive(Debug)]
enum Probability {
    Fixed(f64),
    Adaptive(Adaptive),
}

/// The augmentation of one pass of the discriminator.
pub(super) struct OfPass<'a> {
    transformations: &'a [&'static dyn Transformation],
    p: f64,
    draws: Draws,
}

impl Augmenting {
    /// # Errors
    /// When the settings make no sense.
    pub fn new(settings: &AugmentSettings) -> Result<Self> {
        settings.validate()?;
        Ok(Augmenting {
            transformations: augmentation::parse(&settings.transformations)?,
            probability: match settings.target {
                Some(target) => Probability::Adaptive(Adaptive::new(target, settings)),
                None => Probability::Fixed(settings.p),
            },
        })
    }

    /// Moves a probability that is not adaptive.
    pub fn set_p(&mut self, to: f64) {
        if let Probability::Fixed(p) = &mut self.probability {
            *p = to;
        }
    }

    fn p(&self) -> f64 {
        match &self.probability {
            Probability::Fixed(p) => *p,
            Probability::Adaptive(adaptive) => adaptive.p(),
        }
    }

    /// That of update number `update` of the discriminator.
    pub fn of_discriminator(&self, seed: Seed, update: u64) -> OfPass<'_> {
        self.of_pass(seed, 2 * update)
    }

    /// That of update number `update` of the generator, with draws of its own.
    pub fn of_generator(&self, seed: Seed, update: u64) -> OfPass<'_> {
        self.of_pass(seed, 2 * update + 1)
    }

    fn of_pass(&self, seed: Seed, number: u64) -> OfPass<'_> {
        let draws = Draws::new(seed, Purpose::Augmentation, number);
        OfPass { transformations: &self.transformations, p: self.p(), draws }
    }

    /// Hears the logits of real samples and their separation from generated ones in an update of the discriminator, and
    /// reports the probability that this update was made with.
    pub fn hear(&mut self, objective: &dyn Objective, real: &[f64], separation: f64, report: &mut Report) {
        report.push("augment_p", self.p());
        if let Probability::Adaptive(adaptive) = &mut self.probability {
            let statistic = augmentation::statistic(objective, real, separation);
            report.push("augment_r", statistic);
            // the update is given up where it is not a number, and must leave nothing here
            if statistic.is_finite() {
                adaptive.hear(statistic, real.len());
            }
        }
    }

    pub fn save(&self, tensors: &mut NamedTensors) {
        if let Probability::Adaptive(adaptive) = &self.probability {
            adaptive.save(tensors);
        }
    }

    /// # Errors
    /// When an adaptive probability is missing.
    pub fn load(&mut self, tensors: &NamedTensors) -> Result<()> {
        match &mut self.probability {
            Probability::Fixed(_) => Ok(()),
            Probability::Adaptive(adaptive) => adaptive.load(tensors),
        }
    }
}

impl OfPass<'_> {
    /// Real and generated samples, by the same law and with draws of their own.
    pub fn both(mut self, real: Tensor<4>, fake: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let mut augmented = |x| augmentation::augment(self.transformations, self.p, x, &mut self.draws);
        (augmented(real), augmented(fake))
    }

    /// Generated samples alone.
    pub fn one(mut self, fake: Tensor<4>) -> Tensor<4> {
        augmentation::augment(self.transformations, self.p, fake, &mut self.draws)
    }
}
