//! What a live game shows: what stays while it is played, and one look at it.

use serde::Serialize;

use super::{DENSITIES, Divergences, GENERATORS, Grid, History, MAX_BATCH, MAX_N_CRITIC, MAX_PACE, Reading, Settings};
use crate::{objectives::OBJECTIVES, penalties::PENALTIES};

/// A name, and a sentence that says what it stands for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    pub name: &'static str,
    pub summary: String,
}

impl Choice {
    pub(super) fn new(name: &'static str, summary: impl Into<String>) -> Self {
        Choice { name, summary: summary.into() }
    }
}

/// What may be chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choices {
    pub densities: Vec<Choice>,
    pub generators: Vec<Choice>,
    pub objectives: Vec<Choice>,
    pub penalties: Vec<Choice>,
    pub max_n_critic: u64,
    pub max_batch: usize,
    pub max_pace: u64,
}

impl Choices {
    pub fn new() -> Self {
        Choices {
            densities: DENSITIES.iter().map(|d| Choice::new(d.name, d.summary)).collect(),
            generators: GENERATORS.iter().map(|(name, summary)| Choice::new(name, *summary)).collect(),
            objectives: OBJECTIVES.iter().map(|o| Choice::new(o.name(), o.summary())).collect(),
            penalties: PENALTIES.iter().map(|p| Choice::new(p.name(), p.summary())).collect(),
            max_n_critic: MAX_N_CRITIC,
            max_batch: MAX_BATCH,
            max_pace: MAX_PACE,
        }
    }
}

impl Default for Choices {
    fn default() -> Self {
        Choices::new()
    }
}

/// What stays until a setting changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scene {
    pub settings: Settings,
    pub choices: Choices,
    #[serde(flatten)]
    pub grid: Grid,
    /// p at every node.
    pub p: Vec<f32>,
    /// What the discriminator's output is read as, and what it should become.
    pub output: &'static str,
    pub target: &'static str,
    /// What each reading means, with its healthy range.
    pub legend: Vec<Choice>,
}

/// One look at the game. Values are rounded to what a picture can show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Frame {
    pub step: u64,
    pub playing: bool,
    /// Why the game cannot go on, where it cannot.
    pub stopped: Option<String>,
    /// q at every node.
    pub q: Vec<f32>,
    /// What the discriminator says at every node, as [`Scene::output`] reads it.
    pub output: Vec<f32>,
    /// What it should say there, where that is known.
    pub target: Option<Vec<f32>>,
    /// How far the two are apart.
    pub gap: Option<Agreement>,
    /// Where p + q is at least this lies the bulk, 99 % of both.
    pub bulk: f32,
    pub ratio: Option<Ratio>,
    /// Generated samples of fixed latents, coordinate by coordinate.
    pub samples: Vec<f32>,
    /// The force on each of them: where a step of gradient descent on the generator's loss would move it.
    pub forces: Vec<f32>,
    pub divergences: Divergences,
    pub readings: Vec<Reading>,
    pub history: History,
}

/// `|output - target|`: its mean under (p + q)/2, and its largest value in the bulk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    pub mean: f64,
    pub sup: f64,
}

/// Logits against log density ratios, at some nodes of the bulk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ratio {
    pub nodes: Vec<usize>,
    pub log_ratio: Vec<f32>,
    pub logit: Vec<f32>,
}

/// To three decimals, or to four digits where the value is small.
pub(super) fn rounded(x: f64) -> f32 {
    let scale =
        if x.abs() >= 0.1 || x == 0.0 { 1e3 } else { 10f64.powi(2 - (x.abs().log10().floor() as i32)).min(1e6) };
    ((x * scale).round() / scale) as f32
}
