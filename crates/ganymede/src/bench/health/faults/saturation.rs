//! Data so far from the generator's samples that no discriminator can fail.

use std::sync::Arc;

use super::{case, lasting, one_of, points};
use crate::{
    bench::health::{
        case::{ADVISED, Case, Cure, Fault, Onset, advised},
        data::Changed,
    },
    config::Config,
    data::{Split, ring8},
    error::Result,
    objectives,
    random::Seed,
};

pub const FAULT: Fault = Fault { name: "saturation", detectors: &["saturation"], cure: ADVISED, plan };

const STEPS: u64 = 500;
const OFFSET: f32 = 10.0;
/// A generator that is too slow to come near while one looks.
const SLOW: f64 = 0.05;

/// It has begun once the discriminator's loss is below that of logits of 4 for five steps.
fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let objective = one_of(&["non-saturating", "hinge", "least-squares", "relativistic"], seed);
    let mut config = Config { objective: objective.into(), penalty: "none".into(), ..points("ring8", seed, STEPS)? };
    config.generator.rate *= SLOW;
    let far = |split| Changed::of(Arc::new(ring8(split))).moved(1.0, OFFSET).shared();
    let (dataset, held_out) = (far(Split::Train), Some(far(Split::Test)));
    let sure = |h: f64| 1.0 / (1.0 + (-h).exp());
    let objective = objectives::by_name(&config.objective)?;
    let share = sure(-4.0);
    let lasts = lasting(5);
    let condition = Box::new(move |_: &dyn crate::training::Learner, _, report: &crate::training::Report| {
        // a square is that small once both logits are within 0.07 of their targets
        let undecided = if objective.name() == "least-squares" { 0.14 } else { 1.0 };
        lasts(report.get("loss_d").is_some_and(|loss| loss < 2.0 * share * undecided))
    });
    Ok(Case { held_out, onset: Onset::When(1, condition), ..case(advised(config, cure), dataset)? })
}
