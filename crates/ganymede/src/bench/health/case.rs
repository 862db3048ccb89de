//! A run with a fault in it.

use std::sync::Arc;

use super::planted::Plant;
use crate::{
    config::Config,
    data::Dataset,
    error::Result,
    health::Remedy,
    random::Seed,
    training::{Learner, Report},
};

/// A kind of fault that can be planted.
#[derive(Debug)]
pub(super) struct Fault {
    pub name: &'static str,
    /// The detectors that name its cause.
    pub detectors: &'static [&'static str],
    /// What is done about it in the same run, in words.
    pub cure: &'static str,
    /// The run of a seed, as it is or cured.
    pub plan: fn(Seed, Cure) -> Result<Case>,
}

/// In [`Fault::cure`], where the settings that the verdict advised are applied and nothing else changes.
pub(super) const ADVISED: &str = "the settings advised";

/// What was advised, where a run is to be cured.
pub(super) type Cure<'a> = Option<&'a Remedy>;

/// Settings with those advised in their place.
pub(super) fn advised(config: Config, cure: Cure) -> Config {
    cure.map_or(config.clone(), |remedy| remedy.applied_to(&config))
}

/// One run.
pub(super) struct Case {
    pub config: Config,
    pub dataset: Arc<dyn Dataset>,
    pub held_out: Option<Arc<dyn Dataset>>,
    pub learner: Box<dyn Learner>,
    pub plant: Plant,
    pub onset: Onset,
    /// Beside the verdict's detector, what its cause must say.
    pub says: Option<&'static str>,
}

/// When a fault begins.
pub(super) enum Onset {
    /// After so many steps: the first step that it shows in is the next.
    After(u64),
    /// With the first step after which this holds, looked at every so many steps.
    When(u64, Condition),
}

/// What is asked of a learner, the number of its last step and the numbers of it.
pub(super) type Condition = Box<dyn Fn(&dyn Learner, u64, &Report) -> bool>;
