//! A NaN or an overflow at every site of a step: the data, a weight of either player, a moment, a pass, a gradient.

use super::{case, open, points};
use crate::{
    bench::health::{
        case::{Case, Cure, Fault, Onset},
        data::Changed,
        planted::Plant,
    },
    error::Result,
    random::{Draws, Purpose, Seed},
};

pub const FAULT: Fault = Fault {
    name: "not-finite",
    detectors: &["not_finite"],
    cure: "the sample left out; else back to the good state",
    plan,
};

const AFTER: u64 = 50;
const STEPS: u64 = 120;

/// A tensor's name, the number that all of it becomes, and what the cause must say.
const SITES: [(&str, f32, &str); 5] = [
    ("generator.hidden.0.weight", f32::NAN, "a number of the state"),
    ("discriminator.hidden.1.weight", f32::NAN, "a number of the state"),
    ("adam.discriminator.second.hidden.0.weight", f32::INFINITY, "a number of the state"),
    // finite, but what is computed from it is not
    ("discriminator.hidden.1.weight", 1e38, "the forward pass"),
    ("discriminator.output.weight", 1e25, "the backward pass"),
];

fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let config = points("ring8", seed, STEPS)?;
    let config = crate::config::Config { penalty: "none".into(), ..config };
    let site = (seed.0 % (SITES.len() as u64 + 1)) as usize;
    let dataset = open("ring8")?;
    let onset = Onset::After(AFTER);
    let Some((tensor, value, says)) = SITES.get(site) else {
        let order = Draws::new(seed, Purpose::Order, 0).clone().permutation(dataset.len());
        let index = order[AFTER as usize * config.batch] as usize;
        let data = if cure.is_some() { dataset } else { Changed::of(dataset).broken(index).shared() };
        return Ok(Case { onset, says: Some("the data"), ..case(config, data)? });
    };
    let plant = Plant { tensor: Some((AFTER, tensor, *value)), ..Plant::default() };
    Ok(Case { plant, onset, says: Some(says), ..case(config, dataset)? })
}
