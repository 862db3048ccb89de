//! How the discriminator's samples are augmented, as a run's settings say it.

use serde::{Deserialize, Serialize};

use super::parse;
use crate::error::{Error, Result};

/// The settings of augmentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentSettings {
    /// Names with commas between them, as [`parse`] reads them.
    pub transformations: String,
    /// The probability of each; where it is adapted, that at the start.
    pub p: f64,
    /// What the discriminator's statistic is to come to, where the probability is adapted ([`super::Adaptive`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// Thousands of images in which an adapted probability goes from 0 to 1 at the fastest.
    pub kimg: f64,
}

impl Default for AugmentSettings {
    fn default() -> Self {
        AugmentSettings { transformations: "colour,translation,cutout".into(), p: 0.0, target: None, kimg: 500.0 }
    }
}

impl AugmentSettings {
    /// The target of Karras et al. 2020.
    pub const TARGET: f64 = 0.6;

    /// # Errors
    /// [`Error::UnknownName`] for a transformation that does not exist; [`Error::Setting`] for numbers out of range.
    pub fn validate(&self) -> Result<()> {
        parse(&self.transformations)?;
        if !(0.0..=1.0).contains(&self.p) {
            return Err(Error::setting("augment-p", "a probability from 0 to 1", self.p));
        }
        if let Some(target) = self.target.filter(|target| !(*target > 0.0 && *target < 1.0)) {
            return Err(Error::setting("augment-target", "a number between 0 and 1", target));
        }
        if !(self.kimg.is_finite() && self.kimg > 0.0) {
            return Err(Error::setting("augment-kimg", "a positive number", self.kimg));
        }
        Ok(())
    }
}
