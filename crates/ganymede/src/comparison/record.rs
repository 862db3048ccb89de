//! What is known of a cell that is done: `cell.json` in its directory.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cell, Protocol};
use crate::{error::Error, files, random::Seed, storage::Disk};

const FILE: &str = "cell.json";
const MAX_BYTES: u64 = 16 << 20;

/// A cell that was trained and measured, or could not be trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub setting: String,
    pub seed: Seed,
    pub steps: u64,
    /// What the steps took, without what was measured and drawn between them.
    pub seconds: f64,
    pub protocol: Protocol,
    pub result: Result,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Result {
    Measured {
        figures: BTreeMap<String, f64>,
        /// The metric card: each figure with all that it depends on.
        card: Value,
    },
    /// Why there is nothing to measure.
    Failed(String),
}

impl Record {
    /// The record of `cell` by `protocol`; none where it is not done, or was measured in another way.
    ///
    /// # Errors
    /// [`Error::Io`] when a file that is there cannot be read.
    pub(super) fn of(cell: &Cell, protocol: &Protocol) -> crate::Result<Option<Self>> {
        let Some(bytes) = files::read(&Disk, &path(cell), MAX_BYTES)? else { return Ok(None) };
        // a file that is none of ours is written again
        let record: Option<Record> = serde_json::from_slice(&bytes).ok();
        let is_of_this = |record: &Record| {
            (&record.setting, record.seed, record.steps) == (&cell.name, cell.seed, cell.config.steps)
                && record.protocol.is_of_the_same_end(protocol)
        };
        Ok(record.filter(is_of_this))
    }

    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub(super) fn save(&self, cell: &Cell) -> crate::Result<()> {
        let path = path(cell);
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::io("encode", &path)(error.into()))?;
        files::write_atomically(&path, format!("{text}\n").as_bytes())
    }

    /// The figures by name; none of a cell that failed.
    pub fn figures(&self) -> Option<&BTreeMap<String, f64>> {
        match &self.result {
            Result::Measured { figures, .. } => Some(figures),
            Result::Failed(_) => None,
        }
    }
}

fn path(cell: &Cell) -> PathBuf {
    cell.directory.join(FILE)
}
