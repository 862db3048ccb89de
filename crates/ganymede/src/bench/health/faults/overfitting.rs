//! A hundred images, which the discriminator soon knows one by one.

use std::sync::Arc;

use super::{case, one_of, points};
use crate::{
    bench::health::{
        case::{Case, Fault, Onset},
        data::Changed,
    },
    config::Config,
    data::{Dataset, Shapes, Split},
    error::Result,
    random::Seed,
    training::{Learner, Probe, Report},
};

pub const FAULT: Fault =
    Fault { name: "overfitting", detectors: &["overfitting"], cure: "all images in place of 100", plan };

const IMAGES: usize = 100;
const STEPS: u64 = 800;
/// The truth is asked of so many held-out images, every so many steps.
const HELD_OUT: usize = 200;
const EVERY: u64 = 20;

/// It has begun once held-out images lie more than half-way to the generated ones, by their mean logit.
fn plan(seed: Seed, cured: bool) -> Result<Case> {
    let objective = one_of(&["non-saturating", "hinge", "relativistic", "least-squares"], seed);
    let config = Config { objective: objective.into(), penalty: "r1:0.01".into(), ..points("ring8", seed, STEPS)? };
    let all = |split| -> Result<Changed> { Ok(Changed::of(Arc::new(Shapes::new(split, Shapes::SIZE, 1)?)).flat()) };
    let images = if cured { all(Split::Train)? } else { all(Split::Train)?.first(IMAGES) };
    let held_out: Arc<dyn Dataset> = all(Split::Test)?.shared();
    let case = case(config, images.shared())?;
    let device = burn::tensor::Device::flex().autodiff();
    let latents = crate::random::Draws::new(seed, crate::random::Purpose::Sample, 0);
    let latents = latents.clone().normal_tensor([HELD_OUT, case.learner.latent_size()], &device);
    let probe = Probe::new(latents, None, (&*case.dataset, Some(&*held_out)), HELD_OUT, &device)?;
    let condition = Box::new(move |learner: &dyn Learner, _, _: &Report| {
        learner.probe(&probe).get("overfit").is_some_and(|share| share > 0.5)
    });
    Ok(Case { held_out: Some(held_out), onset: Onset::When(EVERY, condition), ..case })
}
