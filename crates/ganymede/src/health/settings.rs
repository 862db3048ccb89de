//! How a run is watched, and what is done about a fault.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Steps between two probes: with it the probe costs about as much as two steps in a hundred.
const EVERY: u64 = 25;

/// How a run is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthSettings {
    /// Steps between two probes; 0 for none, and then the detectors that need them are silent.
    pub every: u64,
    pub on_fault: OnFault,
    /// The run ends when its metric has not improved for so many steps, or a fault has lasted for
    /// [`HealthSettings::LASTING`]; never by itself where not given.
    pub stop: Option<u64>,
}

/// What is done when a fault begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFault {
    /// It is said, and the run goes on.
    #[default]
    Warn,
    /// The run is saved and ends.
    Stop,
    /// The networks go back to the best state, or to the last one before the fault, and the run goes on with fresh data and
    /// latents; it ends after [`HealthSettings::TRIES`] times.
    Rollback,
}

impl Default for HealthSettings {
    fn default() -> Self {
        HealthSettings { every: EVERY, on_fault: OnFault::Warn, stop: None }
    }
}

impl HealthSettings {
    /// So many times a run goes back before it is given up.
    pub const TRIES: u64 = 3;
    /// So many steps a fault may last where the run is to stop by itself.
    pub const LASTING: u64 = 1000;

    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// # Errors
    /// [`Error::Setting`] for a budget of no steps.
    pub fn validate(&self) -> Result<()> {
        match self.stop {
            Some(0) => Err(Error::setting("stop", "auto, or a number of steps from 1", 0)),
            _ => Ok(()),
        }
    }
}
