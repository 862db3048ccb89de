//! The unregularised Dirac-GAN, which circles for ever (Mescheder, Geiger & Nowozin 2018).

use super::{one_of, open, settings};
use crate::{
    bench::health::{
        case::{ADVISED, Case, Cure, Fault, Onset, advised},
        data::Changed,
        planted::Plant,
    },
    config::Config,
    error::Result,
    lab::tiny::{Affine, Slope, descent},
    random::Seed,
    training::Game,
};

pub const FAULT: Fault = Fault { name: "cycling", detectors: &["cycling"], cure: ADVISED, plan };

const RATE: f64 = 0.25;
/// One turn: by linearisation an angle of rate / 2 a step, so 2 pi / 0.125. It circles once it is back where it was.
const TURN: u64 = 51;
const STEPS: u64 = 400;
const CURED_STEPS: u64 = 800;
const WIDTH: f32 = 0.01;
/// How far from the equilibrium it starts: further out the forces are not linear, and damp or drive the circle a little.
const NEAR: f64 = 0.3;

fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    // whose forces at 0 are both a half: the same turn
    let objective = one_of(&["non-saturating", "minimax"], seed).to_owned();
    let steps = if cure.is_some() { CURED_STEPS } else { STEPS };
    let (generator, discriminator) = (descent(RATE), descent(RATE));
    let penalty = "none".into();
    let base = Config { seed, objective, penalty, steps, batch: 64, average_kimg: 0.0, ..Config::default() };
    let config = advised(Config { generator, discriminator, ..base }, cure);
    // the first coordinates of a ring's points, all but a point
    let dataset = Changed::of(open("ring8")?).moved(WIDTH, 0.0).line().shared();
    let device = burn::tensor::Device::flex().autodiff();
    let angle = seed.0 as f64;
    let (shift, slope) = (NEAR * angle.cos(), NEAR * angle.sin());
    let players = (Affine::of_fixed_scale(shift, f64::from(WIDTH), &device), Slope::new(slope, &device));
    let learner = Box::new(Game::new(players.0, players.1, settings(&config)?)?);
    Ok(Case {
        config,
        dataset,
        held_out: None,
        learner,
        plant: Plant::default(),
        onset: Onset::After(TURN),
        says: None,
    })
}
