//! The time that the steps of a run took, over all the processes that did them: `times.jsonl`.
//!
//! What lies between two steps, measuring and drawing, is no part of it. The lines behind a checkpoint go with the steps
//! that are done again.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::{error::Result, training::RunDirectory};

/// The seconds that the first `step` steps took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Time {
    pub step: u64,
    pub seconds: f64,
}

#[derive(Debug)]
pub struct Clock {
    directory: RunDirectory,
    seconds: f64,
    last: Instant,
}

impl Clock {
    /// Goes on from the last line of a run that is about to begin or to go on.
    ///
    /// # Errors
    /// When the lines cannot be read.
    pub fn of(directory: RunDirectory) -> Result<Self> {
        let seconds = times(&directory)?.last().map_or(0.0, |time| time.seconds);
        Ok(Clock { directory, seconds, last: Instant::now() })
    }

    /// A step has been done.
    pub fn step(&mut self) {
        self.seconds += self.last.elapsed().as_secs_f64();
        self.last = Instant::now();
    }

    /// What was done since the last step was none.
    pub fn skip(&mut self) {
        self.last = Instant::now();
    }

    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// # Errors
    /// When the line cannot be written now; it is then written with a later one.
    pub fn write(&self, step: u64) -> Result<()> {
        self.directory.append_time(&Time { step, seconds: self.seconds })
    }
}

/// Every line, in order.
///
/// # Errors
/// When they cannot be read.
pub fn times(directory: &RunDirectory) -> Result<Vec<Time>> {
    let lines = directory.times()?;
    Ok(lines.into_iter().filter_map(|line| serde_json::from_value(line).ok()).collect())
}
