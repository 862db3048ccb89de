//! The metric card: figures beside everything that they depend on.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::EvaluationOptions;
use crate::{features::Extractor, metrics::Features};

/// What an evaluation found, and how.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    pub ganymede: &'static str,
    /// The step of the checkpoint that was measured, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    pub results: BTreeMap<&'static str, Measured>,
    pub subject: SamplesInfo,
    pub reference: SamplesInfo,
    /// The data that memorisation is tested against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<SamplesInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<FeaturesInfo>,
    pub options: EvaluationOptions,
    /// What took how long, where that is on record.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub seconds: BTreeMap<&'static str, f64>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    pub value: f64,
    /// 95 %, where it was asked for and is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// Figures that belong to it.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

/// Which samples they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SamplesInfo {
    pub source: String,
    pub count: usize,
    /// [C, H, W].
    pub shape: [usize; 3],
    /// BLAKE3 of the samples.
    pub digest: String,
}

/// Which features they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeaturesInfo {
    pub name: String,
    pub dim: usize,
    /// Weights by their digest, or a version.
    pub identity: String,
}

impl FeaturesInfo {
    pub(super) fn of(extractor: &dyn Extractor, features: &Features) -> Self {
        FeaturesInfo { name: extractor.name(), dim: features.dim(), identity: extractor.identity() }
    }
}

impl Measured {
    pub(super) fn new(value: f64) -> Self {
        Measured { value, interval: None, details: Map::new() }
    }

    pub(super) fn within(self, interval: Option<[f64; 2]>) -> Self {
        Measured { interval, ..self }
    }

    /// With a figure that belongs to it; one that is not known is left out.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.details.insert(name.to_owned(), value);
        }
        self
    }
}
