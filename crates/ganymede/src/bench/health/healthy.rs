//! Runs with nothing wrong: every objective with a sane recipe, points and images, whatever is said of them is a false alarm.

use burn::tensor::Device;
use serde::Serialize;

use super::run::Quiet;
use crate::{config::Config, error::Result, health::Event, random::Seed, training::Trainer};

const STEPS: u64 = 10_000;
const QUICK_STEPS: u64 = 400;
/// Small batches, so that all of it takes tens of minutes.
const BATCH_OF_POINTS: usize = 64;
const BATCH_OF_IMAGES: usize = 16;

/// What goes with an objective, for points and for images: a penalty that bounds the discriminator's slope. That of wgan-gp
/// does not damp a game of points, which circles (Mescheder et al. 2018, section 3.4).
const RECIPES: [(&str, &str, &str); 7] = [
    ("non-saturating", "r1:0.1", "r1:1"),
    ("minimax", "r1:0.1", "r1:1"),
    ("reverse-kl", "r1:0.1", "r1:1"),
    ("wasserstein", "r1:0.1", "wgan-gp"),
    ("least-squares", "r1:0.1", "r1:1"),
    ("hinge", "r1:0.1", "r1:1"),
    ("relativistic", "r1:0.1+r2:0.1", "r1:1+r2:1"),
];

/// What the runs on images are of.
#[derive(Debug, Clone)]
pub struct Images {
    /// Their preset.
    pub preset: String,
    /// Their length; as long as all others where not given.
    pub steps: Option<u64>,
}

/// One run.
#[derive(Debug)]
pub(super) struct Healthy {
    config: Config,
}

/// What was said of it.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    pub data: String,
    pub objective: String,
    pub penalty: String,
    pub seed: Seed,
    pub steps: u64,
    /// Onsets of faults and of warnings.
    pub alarms: Vec<Event>,
}

/// Ten runs of points and ten of images over all objectives, or two short ones; a machine without the images runs on drawn
/// shapes.
pub(super) fn runs(quick: bool, images: &Images, first_seed: u64) -> Result<Vec<Healthy>> {
    let count = if quick { 2 } else { 20 };
    (0..count).map(|at| run(at, quick, images, Seed(first_seed + at))).collect()
}

fn run(at: u64, quick: bool, images: &Images, seed: Seed) -> Result<Healthy> {
    let (objective, of_points, of_images) = RECIPES[(at / 2) as usize % RECIPES.len()];
    let is_points = at.is_multiple_of(2);
    let preset = match (is_points, at % 4) {
        (true, 0) => "ring8",
        (true, _) => "swiss-roll",
        (false, _) => &images.preset,
    };
    let steps = match (quick, is_points) {
        (true, _) => QUICK_STEPS,
        (false, true) => STEPS,
        (false, false) => images.steps.unwrap_or(STEPS),
    };
    let preset = Config::preset(preset)?;
    let (penalty, batch) = if is_points { (of_points, BATCH_OF_POINTS) } else { (of_images, BATCH_OF_IMAGES) };
    let config = Config { objective: objective.into(), penalty: penalty.into(), batch, seed, steps, ..preset };
    Ok(Healthy { config })
}

impl Healthy {
    pub fn run(&self) -> Result<Said> {
        let mut trainer = Trainer::new(self.config.clone(), Device::flex())?;
        let mut quiet = Quiet::default();
        trainer.run(&mut quiet)?;
        let Config { data, objective, penalty, seed, steps, .. } = self.config.clone();
        Ok(Said { data, objective, penalty, seed, steps, alarms: quiet.onsets })
    }
}
