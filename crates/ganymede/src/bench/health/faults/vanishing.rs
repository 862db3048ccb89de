//! The discriminator of a minimax game is trained ahead of its generator, until it rejects every sample.

use super::{case, game, lasting, open, points};
use crate::{
    bench::health::case::{ADVISED, Case, Cure, Fault, Onset, advised},
    config::Config,
    data::Loader,
    error::Result,
    random::{Seed, Step},
    training::{Learner, Report, TrainingStep},
};

pub const FAULT: Fault = Fault { name: "vanishing", detectors: &["vanishing_gradient"], cure: ADVISED, plan };

/// Updates of the discriminator ahead.
const AHEAD: u64 = 800;
/// It has begun once the mean force is below this share of the largest for five steps.
const FORCE: f64 = 0.025;
const STEPS: u64 = 300;
const CURED_STEPS: u64 = 600;

fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let steps = if cure.is_some() { CURED_STEPS } else { STEPS };
    let config = Config { objective: "minimax".into(), penalty: "none".into(), ..points("ring8", seed, steps)? };
    let mut case = case(advised(config, cure), open("ring8")?)?;
    // a generator that does not move, against the same discriminator
    let mut still = case.config.clone();
    still.generator.rate = 0.0;
    let mut ahead = game(&still, &*case.dataset)?;
    let device = burn::tensor::Device::flex().autodiff();
    let loader = Loader::new(std::sync::Arc::clone(&case.dataset), still.batch, Seed(seed.0 + 1), &device)?;
    for step in 0..AHEAD {
        let step = Step(step);
        ahead.step(TrainingStep { seed: Seed(seed.0 + 1), step, rate_factor: 1.0, average_keep: 0.0 }, &loader)?;
    }
    case.learner.load(&ahead.save())?;
    let lasts = lasting(5);
    // minus the minimax loss is E softplus(h), next to the mean force E sigmoid(h) where both are small
    let condition = Box::new(move |_: &dyn Learner, _, report: &Report| {
        lasts(report.get("loss_g").is_some_and(|loss| -loss < FORCE))
    });
    Ok(Case { onset: Onset::When(1, condition), ..case })
}
