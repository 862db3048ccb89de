//! How a run is watched, as it may be typed.

use clap::{Args, ValueEnum};
use ganymede::{
    Error,
    health::{HealthSettings, OnFault},
};

/// Without a number, `--stop` waits for so many measured snapshots.
const PATIENCE: u64 = 10;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Health")]
pub struct HealthArguments {
    /// What to do when a detector sees a fault begin; the detectors are in `ganymede list` [default: warn]
    #[arg(long, value_name = "NAME")]
    pub on_fault: Option<OnFaultName>,

    /// End (exit code 3) when the metric has not improved for STEPS, auto for 10 measured snapshots, or a fault has
    /// lasted for 1,000 steps [default: never]
    #[arg(long, value_name = "auto|STEPS")]
    pub stop: Option<String>,

    /// Steps between two probes of fixed latents and samples; 0 for none [default: 25]
    #[arg(long, value_name = "STEPS", hide_short_help = true)]
    pub probe_every: Option<u64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum OnFaultName {
    /// Say so and go on
    Warn,
    /// Save and end, with exit code 3
    Stop,
    /// Go back to the best state or the last one before the fault, up to 3 times
    Rollback,
}

impl From<OnFaultName> for OnFault {
    fn from(name: OnFaultName) -> Self {
        match name {
            OnFaultName::Warn => OnFault::Warn,
            OnFaultName::Stop => OnFault::Stop,
            OnFaultName::Rollback => OnFault::Rollback,
        }
    }
}

impl HealthArguments {
    /// `settings` with what was typed, for a run that is measured every `measured` steps.
    ///
    /// # Errors
    /// [`Error::Setting`] for a budget that is no number of steps.
    pub fn over(&self, settings: &HealthSettings, measured: u64) -> Result<HealthSettings, Error> {
        let stop = match self.stop.as_deref() {
            None => settings.stop,
            Some("auto") => Some(measured.saturating_mul(PATIENCE)),
            Some(steps) => {
                let wrong = |_| Error::setting("stop", "auto, or a number of steps from 1", steps);
                Some(steps.parse().map_err(wrong)?)
            }
        };
        Ok(HealthSettings {
            every: self.probe_every.unwrap_or(settings.every),
            on_fault: self.on_fault.map_or(settings.on_fault, Into::into),
            stop,
        })
    }
}
