//! What a run has left, for those who look at it afterwards. Nothing here writes.

use serde_json::Value;

use super::{EVENTS, HEALTH, LOG, METRICS, RunDirectory, STATS, TIMES};
use crate::{
    error::Result,
    files,
    training::{checkpoints, journal, lock},
};

/// A larger log is not read.
const MAX_LOG_BYTES: u64 = 1 << 30;

impl RunDirectory {
    /// Every line of numbers.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the file cannot be read.
    pub(crate) fn stats(&self) -> Result<Vec<Value>> {
        self.lines(STATS)
    }

    /// What was out of the ordinary.
    ///
    /// # Errors
    /// As [`RunDirectory::stats`].
    pub(crate) fn events(&self) -> Result<Vec<Value>> {
        self.lines(EVENTS)
    }

    /// Every evaluation.
    ///
    /// # Errors
    /// As [`RunDirectory::stats`].
    pub(crate) fn metrics(&self) -> Result<Vec<Value>> {
        self.lines(METRICS)
    }

    /// What the steps up to some of them took.
    ///
    /// # Errors
    /// As [`RunDirectory::stats`].
    pub(crate) fn times(&self) -> Result<Vec<Value>> {
        self.lines(TIMES)
    }

    /// What detectors have said.
    ///
    /// # Errors
    /// As [`RunDirectory::stats`].
    pub(crate) fn health(&self) -> Result<Vec<Value>> {
        self.lines(HEALTH)
    }

    /// The steps of the checkpoints, oldest first.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the directory cannot be read.
    pub(crate) fn checkpoint_steps(&self) -> Result<Vec<u64>> {
        Ok(checkpoints::list(&*self.storage, &self.path)?.into_iter().map(|(step, _)| step).collect())
    }

    /// The log, as far as it is text.
    ///
    /// # Errors
    /// As [`RunDirectory::stats`].
    pub(crate) fn log_text(&self) -> Result<String> {
        let bytes = files::read(&*self.storage, &self.file(LOG), MAX_LOG_BYTES)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether a process is writing to it.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when its lock cannot be looked at.
    pub(crate) fn is_held(&self) -> Result<bool> {
        lock::is_held(&*self.storage, &self.path)
    }

    fn lines(&self, name: &str) -> Result<Vec<Value>> {
        journal::lines(&*self.storage, &self.file(name))
    }
}
