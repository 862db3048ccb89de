//! The two parts of a data set.

use serde::{Deserialize, Serialize};

/// Which part of a data set is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// What networks are trained on.
    #[default]
    Train,
    /// Samples that no training sees.
    Test,
}

impl Split {
    /// The indices that a procedural set, endless by nature, gives to each part: they have none in common.
    pub(super) fn indices(self) -> std::ops::Range<u64> {
        const TRAIN: u64 = 60_000;
        const TEST: u64 = 10_000;
        match self {
            Split::Train => 0..TRAIN,
            Split::Test => TRAIN..TRAIN + TEST,
        }
    }
}
