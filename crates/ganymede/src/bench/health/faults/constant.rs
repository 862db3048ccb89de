//! All samples are the same.

use super::{case, open, points};
use crate::{
    bench::health::{
        case::{Case, Cure, Fault},
        data::Changed,
    },
    error::Result,
    random::Seed,
};

pub const FAULT: Fault =
    Fault { name: "constant-data", detectors: &["data_faults"], cure: "the data themselves", plan };

const STEPS: u64 = 60;

fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let dataset = open("ring8")?;
    let constant = Changed::of(dataset.clone()).moved(0.0, 0.5).shared();
    case(points("ring8", seed, STEPS)?, if cure.is_some() { dataset } else { constant })
}
