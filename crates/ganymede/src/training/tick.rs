//! The numbers since the last line of statistics.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Progress, Report};
use crate::config::Config;

/// Sums over the steps since the last line of statistics. They go into the checkpoint, so that a run which is stopped
/// between two lines writes the same line in the end; the time does not.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tick {
    /// In the order of first appearance: a lazy penalty does not appear in every step.
    sums: Vec<Sum>,
    #[serde(skip, default = "Instant::now")]
    started: Instant,
    /// Steps since then, in this process.
    #[serde(skip)]
    steps: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sum {
    name: String,
    sum: f64,
    count: u64,
}

impl Tick {
    pub fn start() -> Self {
        Tick { sums: Vec::new(), started: Instant::now(), steps: 0 }
    }

    pub fn add(&mut self, report: &Report) {
        self.steps += 1;
        for (name, value) in report.iter() {
            match self.sums.iter_mut().find(|known| known.name == name) {
                Some(known) => {
                    known.sum += value;
                    known.count += 1;
                }
                None => self.sums.push(Sum { name: name.to_owned(), sum: value, count: 1 }),
            }
        }
    }

    /// The means, and how fast it went when so long was `waited` for data.
    pub fn progress(&self, config: &Config, step: u64, waited: Duration) -> Progress {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-9);
        let mut report = Report::default();
        for Sum { name, sum, count } in &self.sums {
            report.push(name.as_str(), sum / *count as f64);
        }
        Progress {
            step,
            steps: config.steps,
            kimg: step as f64 * config.images_per_step() as f64 / 1000.0,
            images_per_second: self.steps as f64 * config.images_per_step() as f64 / seconds,
            data_wait: waited.div_f64(self.steps.max(1) as f64),
            data_share: waited.as_secs_f64() / seconds,
            remaining: remaining((config.steps - step) as f64 * seconds / self.steps.max(1) as f64),
            report,
        }
    }
}

/// A run of any length ends some time.
fn remaining(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
