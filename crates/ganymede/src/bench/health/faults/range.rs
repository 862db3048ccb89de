//! Images in 0..255, in 0..1, or in -2..2, where -1..1 is expected.

use super::{case, open};
use crate::{
    bench::health::{
        case::{Case, Cure, Fault},
        data::Changed,
    },
    config::Config,
    error::Result,
    random::Seed,
};

pub const FAULT: Fault = Fault { name: "wrong-range", detectors: &["data_faults"], cure: "the images in -1..1", plan };

const STEPS: u64 = 30;
const RANGES: [(f32, f32); 3] = [(127.5, 127.5), (0.5, 0.5), (2.0, 0.0)];

fn plan(seed: Seed, cure: Cure) -> Result<Case> {
    let config = Config { seed, steps: STEPS, batch: 16, ..Config::default() };
    let (scale, offset) = RANGES[(seed.0 % RANGES.len() as u64) as usize];
    let images = open("shapes")?;
    let wrong = Changed::of(images.clone()).moved(scale, offset).shared();
    case(config, if cure.is_some() { images } else { wrong })
}
