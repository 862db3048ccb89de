//! The fault bench: faults are planted in small runs, and what the detectors say of them is counted.
//!
//! ```text
//! for each fault and seed    found        the verdict names one of the fault's detectors (recall)
//!                            delay        steps from the onset, which is the planted step or the first step of a condition
//!                                         that no detector reads the same way
//!                            cured        the same run and seed with what was advised: is it gone
//! healthy runs               false alarms events of severity fault
//! ```
//! One planted fault is one function of a seed in `faults`; a new one is one file there and one line in [`FAULTS`].
//!
//! Rules and thresholds were set on runs of [`TUNING_SEEDS`]; the bench takes its seeds from [`FIRST_SEED`] on, so none of its
//! runs had been seen before.

mod case;
mod cost;
mod data;
mod faults;
mod healthy;
mod planted;
mod run;
mod table;

pub use cost::{Cost, cost};
pub use healthy::{Images, Said};
pub use table::{Count, Table, Tried};

use crate::{
    error::{Error, Result},
    lab,
    random::Seed,
    training::{Observer, Outcome, RunDirectory},
};
use case::Fault;

/// Rules and thresholds were set on these seeds.
pub const TUNING_SEEDS: std::ops::Range<u64> = 0..20;
/// The first seed of the bench.
pub const FIRST_SEED: u64 = 300;

const FAULTS: &[&Fault] = &[
    &faults::vanishing::FAULT,
    &faults::exploding::FAULT,
    &faults::saturation::FAULT,
    &faults::overfitting::FAULT,
    &faults::latent_cut::FAULT,
    &faults::grid25::FAULT,
    &faults::cycling::FAULT,
    &faults::not_finite::FAULT,
    &faults::constant::FAULT,
    &faults::range::FAULT,
];

/// The faults by name.
pub fn names() -> impl Iterator<Item = &'static str> {
    FAULTS.iter().map(|fault| fault.name)
}

/// How much is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Runs of each fault.
    pub seeds: Vec<Seed>,
    /// The faults by name; all where not given.
    pub only: Option<Vec<String>>,
    /// Few and short healthy runs.
    pub quick: bool,
    /// The healthy runs on images; no healthy runs at all where not given.
    pub healthy: Option<Images>,
}

/// Runs one fault of one seed in a run directory, to be looked at; `steps` is its length, where another one is asked for.
///
/// # Errors
/// [`crate::Error::UnknownName`] for an unknown fault; as [`crate::training::Trainer::write_to`] and
/// [`crate::training::Trainer::run`].
pub fn plant(
    name: &str,
    seed: Seed,
    steps: Option<u64>,
    directory: RunDirectory,
    observer: &mut dyn Observer,
) -> Result<Outcome> {
    let fault = FAULTS.iter().find(|fault| fault.name == name);
    let fault = fault.ok_or_else(|| Error::unknown_name("planted fault", name, names()))?;
    run::keep(fault, seed, steps, directory, observer)
}

/// Runs every fault on every seed, cures it, and does the healthy runs; `watch` gets the share that is done.
///
/// # Errors
/// When a run fails for another reason than its fault.
pub fn run(options: &Options, watch: &(dyn Fn(f64) + Sync)) -> Result<Table> {
    let asked = |name: &str| options.only.as_ref().is_none_or(|only| only.iter().any(|only| only == name));
    let faults = FAULTS.iter().filter(|fault| asked(fault.name));
    let cases: Vec<(&Fault, Seed)> =
        faults.flat_map(|fault| options.seeds.iter().map(move |seed| (*fault, *seed))).collect();
    let progress = lab::Progress::new(watch);
    let tried = lab::parallel::map(&cases, &progress, |(fault, seed)| run::fault(fault, *seed))?;
    let healthy = match (&options.healthy, options.seeds.first()) {
        (Some(images), Some(first)) => {
            lab::parallel::map(&healthy::runs(options.quick, images, first.0)?, &progress, healthy::Healthy::run)?
        }
        _ => Vec::new(),
    };
    Ok(Table::of(tried, healthy))
}
