//! A game without a penalty on twenty-five modes drops most of them by itself.

use super::{case, one_of, open, points};
use crate::{
    bench::health::case::{Case, Fault, Onset},
    data::mode_coverage,
    error::Result,
    random::{Draws, Purpose, Seed},
    training::{Learner, Report},
};

pub const FAULT: Fault =
    Fault { name: "grid25", detectors: &["mode_collapse"], cure: "the relativistic objective with r1+r2", plan };

const STEPS: u64 = 3000;
const SAMPLES: usize = 1000;
const EVERY: u64 = 25;
/// It has begun once half of the samples are of a mode, and they are of no more modes than these.
const MODES: usize = 8;
const QUALITY: f64 = 0.5;

fn plan(seed: Seed, cured: bool) -> Result<Case> {
    let mut config = points("grid25", seed, STEPS)?;
    config.batch = 128;
    if !cured {
        config.objective = one_of(&["non-saturating", "minimax", "hinge", "reverse-kl"], seed).into();
        config.penalty = "none".into();
    }
    let dataset = open("grid25")?;
    let case = case(config, dataset)?;
    let data = std::sync::Arc::clone(&case.dataset);
    let device = burn::tensor::Device::flex().autodiff();
    let latents = Draws::new(seed, Purpose::Sample, 0).normal_tensor([SAMPLES, case.learner.latent_size()], &device);
    let condition = Box::new(move |learner: &dyn Learner, _: &Report| {
        // without an average it is the generator itself
        let samples: Vec<f32> = learner.sample(latents.clone(), None).into_data().iter::<f32>().collect();
        let (samples, _) = samples.as_chunks::<2>();
        let coverage = data.density().and_then(|density| mode_coverage(samples, density));
        coverage.is_some_and(|found| found.high_quality >= QUALITY && found.covered <= MODES)
    });
    Ok(Case { onset: Onset::When(EVERY, condition), ..case })
}
