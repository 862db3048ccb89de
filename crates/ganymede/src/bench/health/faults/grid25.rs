//! A game without a penalty on twenty-five modes: the generator runs from one to another, with all its samples.

use super::{case, lasting, one_of, open, points};
use crate::{
    bench::health::case::{ADVISED, Case, Cure, Fault, Onset, advised},
    error::Result,
    random::{Draws, Purpose, Seed},
    training::{Learner, Report},
};

pub const FAULT: Fault = Fault { name: "grid25", detectors: &["mode_collapse"], cure: ADVISED, plan };

const STEPS: u64 = 1000;
const CURED_STEPS: u64 = 2000;
const SAMPLES: usize = 1000;
const EVERY: u64 = 25;
/// A discriminator so much slower lets the generator run to wherever it does best at the moment.
const SLOWER: f64 = 0.3;
/// Each sample belongs to the nearest mode, and a mode with a sample in a hundred is reached. It has begun where no more than
/// these of twenty-five are in three looks running, once a generator has had the time to leave the middle.
const MODES: usize = 8;
const SHARE: f64 = 0.01;
const BEGINNING: u64 = 200;
const LOOKS: u64 = 3;

fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let mut config = points("grid25", seed, if cure.is_some() { CURED_STEPS } else { STEPS })?;
    config.discriminator.rate *= SLOWER;
    config.objective = one_of(&["non-saturating", "minimax", "hinge", "reverse-kl"], seed).into();
    config.penalty = "none".into();
    (config.generator.beta1, config.discriminator.beta1) = (0.5, 0.5);
    let case = case(advised(config, cure), open("grid25")?)?;
    let modes =
        case.dataset.density().and_then(|density| density.modes()).map(|modes| modes.centres).unwrap_or_default();
    let device = burn::tensor::Device::flex().autodiff();
    let latents = Draws::new(seed, Purpose::Sample, 0).normal_tensor([SAMPLES, case.learner.latent_size()], &device);
    let lasts = lasting(LOOKS);
    let condition = Box::new(move |learner: &dyn Learner, step: u64, _: &Report| {
        // without an average it is the generator itself
        let samples: Vec<f32> = learner.sample(latents.clone(), None).into_data().iter::<f32>().collect();
        lasts(step >= BEGINNING && reached(&samples, &modes) <= MODES)
    });
    Ok(Case { onset: Onset::When(EVERY, condition), ..case })
}

fn reached(samples: &[f32], modes: &[[f32; 2]]) -> usize {
    let mut counts = vec![0; modes.len()];
    for sample in samples.as_chunks::<2>().0 {
        let distances = modes.iter().map(|mode| libm::hypotf(sample[0] - mode[0], sample[1] - mode[1]));
        if let Some((nearest, _)) = distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)) {
            counts[nearest] += 1;
        }
    }
    counts.iter().filter(|count| f64::from(**count) >= SHARE * (samples.len() / 2) as f64).count()
}
