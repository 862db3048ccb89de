//! The learning rates become a hundred times too high in the middle of a run.

use super::{case, one_of, open, points};
use crate::{
    bench::health::{
        case::{Case, Fault, Onset},
        planted::Plant,
    },
    config::Config,
    error::Result,
    random::Seed,
};

pub const FAULT: Fault = Fault {
    name: "exploding",
    // an overflow in the first steps is the same, and is advised against in the same words
    detectors: &["exploding_gradient", "learning_rate", "not_finite"],
    cure: "the rates divided by 50 from the start",
    plan,
};

const AFTER: u64 = 200;
const STEPS: u64 = 400;
const TIMES: f64 = 100.0;
const ADVISED: f64 = 50.0;

fn plan(seed: Seed, cured: bool) -> Result<Case> {
    let objective = one_of(&["relativistic", "non-saturating", "hinge", "least-squares"], seed);
    let config = Config { objective: objective.into(), ..points("ring8", seed, STEPS)? };
    let factor = if cured { TIMES / ADVISED } else { TIMES };
    let plant = Plant { rate: Some((AFTER, factor)), ..Plant::default() };
    Ok(Case { plant, onset: Onset::After(AFTER), ..case(config, open("ring8")?)? })
}
