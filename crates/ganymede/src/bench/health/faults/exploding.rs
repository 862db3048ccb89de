//! The learning rates become a hundred times too high in the middle of a run.

use super::{case, one_of, open, points};
use crate::{
    bench::health::{
        case::{ADVISED, Case, Cure, Fault, Onset, advised},
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
    cure: ADVISED,
    plan,
};

const AFTER: u64 = 200;
const STEPS: u64 = 400;
const TIMES: f64 = 100.0;

fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let objective = one_of(&["relativistic", "non-saturating", "hinge", "least-squares"], seed);
    let config = Config { objective: objective.into(), ..points("ring8", seed, STEPS)? };
    let plant = Plant { rate: Some((AFTER, TIMES)), ..Plant::default() };
    Ok(Case { plant, onset: Onset::After(AFTER), ..case(advised(config, cure), open("ring8")?)? })
}
