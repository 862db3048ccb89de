//! A discriminator trained towards its optimum on endless fresh samples of known densities.
//!
//! ```text
//! h <- Adam on  L_D(h(x), h(y)) + penalties,   x ~ p, y ~ q drawn anew each step,   rate by a half cosine to 0
//! ```
//! Nothing can be overfitted, and the falling rate averages over the last steps, so what is left is the network's own limit.

use burn::tensor::{Device, Tensor, TensorData};

use crate::{
    error::{Error, Result},
    networks::{Discriminator, Pass},
    objectives::Objective,
    penalties::{self, PenaltyTerm, Points},
    random::{Draws, Purpose, Seed},
    training::{Adam, AdamSettings, Schedule},
};

/// How a discriminator is trained.
#[derive(Debug, Clone)]
pub struct Training {
    pub objective: &'static dyn Objective,
    pub penalties: Vec<PenaltyTerm>,
    pub steps: u64,
    pub batch: usize,
    pub rate: f64,
    pub seed: Seed,
}

/// The discriminator after training; `p` and `q` draw `[n, C, H, W]` samples of either side, and `watch` sees the network
/// before each step and the loss, without penalties, of that step.
///
/// # Errors
/// [`Error::NotFinite`] when the training diverges.
pub fn converge<D: Discriminator>(
    mut discriminator: D,
    training: &Training,
    p: impl Fn(usize, &mut Draws) -> Tensor<4>,
    q: impl Fn(usize, &mut Draws) -> Tensor<4>,
    mut watch: impl FnMut(u64, &D, f64) -> Result<()>,
) -> Result<D> {
    let mut adam = Adam::new(AdamSettings { rate: training.rate, beta1: 0.9, ..AdamSettings::default() });
    let pass = Pass::train();
    for step in 0..training.steps {
        let draws = |purpose| Draws::new(training.seed, purpose, step);
        let real = p(training.batch, &mut draws(Purpose::Data));
        let fake = q(training.batch, &mut draws(Purpose::DiscriminatorLatent));
        discriminator.before_update();
        let mut surrogates = Vec::new();
        for term in &training.penalties {
            let points = term.penalty.points(&real, &fake, &mut draws(term.penalty.draws_for()));
            let x = match &points {
                Points::Real => &real,
                Points::Fake => &fake,
                Points::At(x) => x,
            };
            let frozen = discriminator.clone().no_grad();
            let (frozen, tracked) = (|x| frozen.forward(x, &pass), |x| discriminator.forward(x, &pass));
            surrogates.push(penalties::penalize(term.penalty, term.weight, x, frozen, tracked)?.surrogate);
        }
        let logits = |x: Tensor<4>| discriminator.forward(x.into(), &pass).value;
        let adversarial = training.objective.discriminator(logits(real), logits(fake)).total();
        let value = adversarial.clone().into_scalar::<f64>();
        watch(step, &discriminator, value)?;
        let loss = surrogates.into_iter().fold(adversarial, |sum, surrogate| sum + surrogate);
        let factor = Schedule::Cosine.factor(step, training.steps);
        let (updated, not_finite) = adam.step(discriminator, loss.backward(), factor);
        discriminator = updated;
        if let Some(tensor) = not_finite {
            return Err(Error::not_finite(step, format!("the discriminator's {tensor}"), value));
        }
    }
    Ok(discriminator)
}

/// The logits of points, each as long as the others.
pub fn logits(discriminator: &impl Discriminator, points: &[Vec<f64>], device: &Device) -> Vec<f64> {
    const CHUNK: usize = 4096;
    let of = |chunk: &[Vec<f64>]| -> Vec<f64> {
        let values: Vec<f32> = chunk.iter().flatten().map(|x| *x as f32).collect();
        let shape = [chunk.len(), values.len() / chunk.len(), 1, 1];
        let x = Tensor::from_data(TensorData::new(values, shape), device);
        discriminator.forward(x.into(), &Pass::eval()).value.into_data().iter::<f64>().collect()
    };
    points.chunks(CHUNK).flat_map(of).collect()
}
