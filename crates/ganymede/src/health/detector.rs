//! What a detector is.

use burn::tensor::Device;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Advice, Evidence, Severity};
use crate::{
    config::Config,
    error::{Error, Result},
    objectives::{self, Objective},
    training::Report,
};

/// What a detector may know of a run before its first step.
#[derive(Debug, Clone)]
pub struct Context {
    /// Its settings.
    pub config: Config,
    /// That of the game; none for a VAE, which plays none.
    pub objective: Option<&'static dyn Objective>,
    /// Whether the samples are images, which lie in [-1, 1], or points.
    pub images: bool,
}

impl Context {
    /// Of the run of `config` on samples of `shape` [C, H, W].
    ///
    /// # Errors
    /// [`Error::UnknownName`] for an unknown objective.
    pub fn of(config: &Config, shape: [usize; 3]) -> Result<Self> {
        let objective = match config.vae {
            Some(_) => None,
            None => Some(objectives::by_name(&config.objective)?),
        };
        Ok(Context { config: config.clone(), objective, images: shape[1..] != [1, 1] })
    }

    /// Whether only differences of logits have a meaning.
    pub fn is_shift_invariant(&self) -> bool {
        self.objective.is_some_and(|objective| objective.is_shift_invariant())
    }

    /// The discriminator's loss where it can tell nothing: the same undecided logit for every sample. 0 for a Wasserstein
    /// critic, whose loss has no lower bound, and none for a VAE.
    pub fn undecided_loss(&self) -> Option<f64> {
        let objective = self.objective?;
        let undecided = objective.optimum().map_or(0.0, |optimum| optimum.at(0.0));
        let logits = burn::tensor::Tensor::<2>::full([1, 1], undecided, &Device::flex());
        Some(objective.discriminator(logits.clone(), logits).total().into_scalar::<f64>())
    }
}

/// The numbers of one step, or the means of some.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    pub numbers: &'a Report,
    /// Where the step was left out because a number in it was not finite.
    pub skipped: Option<Skipped<'a>>,
}

/// What was not finite in a step that was left out.
#[derive(Debug, Clone, Copy)]
pub struct Skipped<'a> {
    /// As the guard says it: `the gradient of generator.fc1.weight`.
    pub quantity: &'a str,
    /// `NaN` or `inf`.
    pub value: &'a str,
}

impl<'a> Reading<'a> {
    pub fn of(numbers: &'a Report) -> Self {
        Reading { numbers, skipped: None }
    }

    pub fn get(&self, name: &str) -> Option<f64> {
        self.numbers.get(name)
    }
}

/// What a detector sees in a reading.
#[derive(Debug, Clone, PartialEq)]
pub enum Symptom {
    /// The numbers that it needs are not there, or not enough of them yet.
    Unknown,
    Well,
    Ill(Finding),
    /// Something that has happened and does not last.
    Struck(Finding),
}

/// Why a detector thinks that something is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub severity: Severity,
    pub evidence: Vec<Evidence>,
    pub cause: String,
    pub advice: Advice,
}

impl Finding {
    pub fn fault(evidence: Vec<Evidence>, cause: impl Into<String>, advice: impl Into<Advice>) -> Self {
        Finding { severity: Severity::Fault, evidence, cause: cause.into(), advice: advice.into() }
    }

    pub fn warning(evidence: Vec<Evidence>, cause: impl Into<String>, advice: impl Into<Advice>) -> Self {
        Finding { severity: Severity::Warning, ..Self::fault(evidence, cause, advice) }
    }
}

/// The rule of one detector, and what it remembers: all that its next answer depends on beside the reading.
pub(super) trait Rule: std::fmt::Debug + Send + Sync {
    type Memory: std::fmt::Debug + Default + Serialize + DeserializeOwned + Send;

    fn judge(&self, memory: &mut Self::Memory, step: u64, reading: &Reading) -> Symptom;
}

/// A detector: a rule with its memory.
pub trait Detector: std::fmt::Debug + Send {
    /// What it sees in the numbers after `step` steps. Steps rise from call to call.
    fn observe(&mut self, step: u64, reading: &Reading) -> Symptom;

    /// Its memory, as the checkpoint has it.
    fn memory(&self) -> Value;

    /// Takes over what [`Detector::memory`] gave.
    ///
    /// # Errors
    /// [`Error::Setting`] where it is of another kind.
    fn remember(&mut self, memory: Value) -> Result<()>;
}

#[derive(Debug)]
struct WithMemory<R: Rule> {
    rule: R,
    memory: R::Memory,
}

/// The detector of a rule that has seen nothing yet.
pub(super) fn of_rule<R: Rule + 'static>(rule: R) -> Option<Box<dyn Detector>> {
    Some(Box::new(WithMemory { rule, memory: R::Memory::default() }))
}

impl<R: Rule> Detector for WithMemory<R> {
    fn observe(&mut self, step: u64, reading: &Reading) -> Symptom {
        self.rule.judge(&mut self.memory, step, reading)
    }

    fn memory(&self) -> Value {
        serde_json::to_value(&self.memory).unwrap_or_default()
    }

    fn remember(&mut self, memory: Value) -> Result<()> {
        let other = |error: serde_json::Error| Error::setting("memory of a detector", "that of this version", error);
        self.memory = serde_json::from_value(memory).map_err(other)?;
        Ok(())
    }
}
