//! What to do about a fault: settings that the run does not have already.
//!
//! ```text
//! less slope      no penalty -> r1 (relativistic: r1 + r2; a critic: wgan-gp), else each weight times 10
//! less momentum   no penalty -> as above, else beta1 = 0, else each weight times 10
//! variety         relativistic with r1 + r2, no lower a rate for D than for G (Huang et al. 2024), else less slope
//! slower          the rates divided
//! ```
//! Beside batch normalisation in the discriminator there is no penalty, and its rate is lowered instead.

use serde::{Deserialize, Serialize};

use super::Context;
use crate::{
    config::Config,
    penalties::{self, PenaltyTerm},
    training::AdamSettings,
};

/// What a penalty weighs that is advised where there is none.
const WEIGHT: f64 = 1.0;
/// By how much what is there is made stronger.
const STRONGER: f64 = 10.0;
/// By how much a rate is lowered where the discriminator learns too fast.
const SLOWER: f64 = 4.0;

/// Settings to change, each as the flag of the same name has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Remedy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator_rate: Option<f64>,
}

impl Remedy {
    /// Whether no setting is to be changed.
    pub fn is_empty(&self) -> bool {
        *self == Remedy::default()
    }

    /// The settings of a run with those of the remedy in their place.
    pub fn applied_to(&self, config: &Config) -> Config {
        let Remedy { objective, penalty, beta1, generator_rate, discriminator_rate } = self.clone();
        let mut config = config.clone();
        config.objective = objective.unwrap_or(config.objective);
        config.penalty = penalty.unwrap_or(config.penalty);
        config.generator.rate = generator_rate.unwrap_or(config.generator.rate);
        config.discriminator.rate = discriminator_rate.unwrap_or(config.discriminator.rate);
        for player in [&mut config.generator, &mut config.discriminator] {
            player.beta1 = beta1.unwrap_or(player.beta1);
        }
        config
    }
}

/// As on the command line.
impl std::fmt::Display for Remedy {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let number = |value: Option<f64>| value.map(|value| format!("{value:e}"));
        let flags = [
            ("objective", self.objective.clone()),
            ("penalty", self.penalty.clone()),
            ("beta1", self.beta1.map(|value| value.to_string())),
            ("generator-rate", number(self.generator_rate)),
            ("discriminator-rate", number(self.discriminator_rate)),
        ];
        let given = flags.iter().filter_map(|(flag, value)| Some(format!("--{flag} {}", value.as_ref()?)));
        f.write_str(&given.collect::<Vec<_>>().join(" "))
    }
}

/// One of the two networks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Player {
    Generator,
    Discriminator,
}

/// What is advised: a sentence, and the settings that it names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Advice {
    pub text: String,
    pub remedy: Remedy,
}

impl From<&str> for Advice {
    fn from(text: &str) -> Self {
        Advice { text: text.to_owned(), remedy: Remedy::default() }
    }
}

impl Advice {
    fn new(remedy: Remedy, why: &str) -> Self {
        Advice { text: format!("use {remedy}, {why}"), remedy }
    }

    /// With more to do.
    pub fn and(self, more: &str) -> Self {
        Advice { text: format!("{}; {more}", self.text), ..self }
    }
}

impl Context {
    /// Against a discriminator that is steep where it should be smooth.
    pub(super) fn less_slope(&self) -> Advice {
        let Some(penalty) = self.more_penalty() else {
            let discriminator_rate = Some(divided(self.config.discriminator.rate, SLOWER));
            return Advice::new(Remedy { discriminator_rate, ..Remedy::default() }, "so that it gets less far ahead");
        };
        let why = if self.penalties().is_empty() { "which keeps it smooth" } else { "which makes it smoother" };
        Advice::new(Remedy { penalty: Some(penalty), ..Remedy::default() }, why)
    }

    /// Against a game that swings.
    pub(super) fn damping(&self) -> Advice {
        let has_momentum = [&self.config.generator, &self.config.discriminator].iter().any(|player| player.beta1 > 0.0);
        let is_penalised = !self.penalties().is_empty() || self.more_penalty().is_none();
        if is_penalised && has_momentum {
            let why = "as momentum carries each player past where the other one was";
            return Advice::new(Remedy { beta1: Some(0.0), ..Remedy::default() }, why);
        }
        match self.more_penalty() {
            Some(penalty) => {
                Advice::new(Remedy { penalty: Some(penalty), ..Remedy::default() }, "which damps the game")
            }
            None => self.slower(SLOWER),
        }
    }

    /// Against a generator that makes too little.
    pub(super) fn variety(&self) -> Advice {
        let Config { generator, discriminator, .. } = &self.config;
        let has = |name: &str| self.penalties().iter().any(|term| term.penalty.name() == name);
        let may_penalise = !self.config.discriminator_batch_norm;
        let objective = (self.config.objective != "relativistic").then(|| "relativistic".to_owned());
        let penalty = (may_penalise && !(has("r1") && has("r2"))).then(|| both(WEIGHT));
        let discriminator_rate = (discriminator.rate < generator.rate).then_some(generator.rate);
        let remedy = Remedy { objective, penalty, discriminator_rate, ..Remedy::default() };
        match remedy.is_empty() {
            true => self.less_slope().and("or go back to a checkpoint before it"),
            false => Advice::new(remedy, "or go back to a checkpoint before it"),
        }
    }

    /// Against a generator that no force moves.
    pub(super) fn force(&self) -> Advice {
        let objective = if self.config.objective == "minimax" { "non-saturating" } else { "relativistic" };
        if self.config.objective == objective {
            return self.less_slope();
        }
        let remedy = Remedy { objective: Some(objective.to_owned()), ..Remedy::default() };
        Advice::new(remedy, "whose force does not vanish where the discriminator is sure")
    }

    /// Against updates that are too large.
    pub(super) fn slower(&self, times: f64) -> Advice {
        let Config { generator, discriminator, .. } = &self.config;
        let remedy = Remedy {
            generator_rate: Some(divided(generator.rate, times)),
            discriminator_rate: self.objective.map(|_| divided(discriminator.rate, times)),
            ..Remedy::default()
        };
        Advice::new(remedy, &format!("a {} of what they are", ordinal(times)))
    }

    /// Against updates of one player that are too large or too small.
    pub(super) fn other_rate(&self, player: Player, factor: f64) -> Advice {
        let rate = |player: &AdamSettings| Some(rounded(player.rate * factor));
        let (generator, discriminator) = (&self.config.generator, &self.config.discriminator);
        let remedy = match player {
            Player::Generator => Remedy { generator_rate: rate(generator), ..Remedy::default() },
            Player::Discriminator => Remedy { discriminator_rate: rate(discriminator), ..Remedy::default() },
        };
        Advice::new(remedy, "so that an update moves about a thousandth to a hundredth of the weights")
    }

    fn penalties(&self) -> Vec<PenaltyTerm> {
        penalties::parse(&self.config.penalty).unwrap_or_default()
    }

    /// A penalty where there is none, else a stronger one; none beside batch normalisation, and for what is no game.
    fn more_penalty(&self) -> Option<String> {
        if self.config.discriminator_batch_norm || self.objective.is_none() {
            return None;
        }
        let terms = self.penalties();
        if terms.is_empty() {
            return Some(match self.config.objective.as_str() {
                "wasserstein" => "wgan-gp".to_owned(),
                "relativistic" => both(WEIGHT),
                _ => format!("r1:{WEIGHT}"),
            });
        }
        let stronger = |term: &PenaltyTerm| {
            let every = if term.every == 1 { String::new() } else { format!("/{}", term.every) };
            format!("{}:{}{every}", term.penalty.name(), rounded(STRONGER * term.weight))
        };
        Some(terms.iter().map(stronger).collect::<Vec<_>>().join("+"))
    }
}

fn both(weight: f64) -> String {
    format!("r1:{weight}+r2:{weight}")
}

fn divided(rate: f64, times: f64) -> f64 {
    rounded(rate / times)
}

/// To two digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

fn ordinal(times: f64) -> String {
    match times {
        4.0 => "quarter".to_owned(),
        10.0 => "tenth".to_owned(),
        50.0 => "fiftieth".to_owned(),
        times => format!("{times:.0}th part"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objectives::OBJECTIVES;

    fn context(config: Config) -> Context {
        Context::of(&config, [1, 28, 28]).unwrap()
    }

    /// Runs of every objective, with and without penalties, momentum, batch normalisation and a slow discriminator.
    fn runs() -> Vec<Config> {
        let base = Config::default();
        let mut slow = base.clone();
        slow.discriminator.rate /= 3.0;
        let mut still = base.clone();
        (still.generator.beta1, still.discriminator.beta1) = (0.0, 0.0);
        let normed = Config { discriminator_batch_norm: true, ..base.clone() };
        let of = |config: &Config, objective: &str, penalty: &str| {
            let penalty = if config.discriminator_batch_norm { "none" } else { penalty };
            Config { objective: objective.into(), penalty: penalty.into(), ..config.clone() }
        };
        let mut runs = Vec::new();
        for config in [&base, &slow, &still, &normed] {
            for penalty in ["none", "r1:0.5/16", "r1+r2:0.1", "wgan-gp"] {
                runs.extend(OBJECTIVES.iter().map(|objective| of(config, objective.name(), penalty)));
            }
        }
        runs
    }

    #[test]
    fn every_advice_changes_something_of_every_run_and_leaves_settings_that_make_sense() {
        for config in runs() {
            let context = context(config.clone());
            let advices =
                [context.less_slope(), context.damping(), context.variety(), context.force(), context.slower(10.0)];
            for Advice { text, remedy } in advices {
                let changed = remedy.applied_to(&config);
                assert_ne!(changed, config, "{text}");
                changed.validate().unwrap_or_else(|error| panic!("{text}: {error}"));
                assert!(text.contains(&remedy.to_string()) && !remedy.is_empty(), "{text}");
            }
        }
    }

    #[test]
    fn what_the_run_does_already_is_made_stronger() {
        let config = Config { penalty: "r1:0.5/16+r2:3".into(), objective: "relativistic".into(), ..Config::default() };
        assert_eq!(context(config.clone()).less_slope().remedy.penalty.unwrap(), "r1:5/16+r2:30");
        assert_eq!(context(config.clone()).variety().remedy.penalty.unwrap(), "r1:5/16+r2:30");
        assert_eq!(context(config.clone()).damping().remedy.beta1, Some(0.0));
        let slower = context(config).slower(50.0);
        assert_eq!(slower.text, "use --generator-rate 4e-6 --discriminator-rate 4e-6, a fiftieth of what they are");
    }

    #[test]
    fn a_remedy_is_one_object_of_the_settings_that_it_has() {
        let remedy = Remedy { penalty: Some("r1:1".into()), beta1: Some(0.0), ..Remedy::default() };
        let text = serde_json::to_string(&remedy).unwrap();
        assert_eq!(text, r#"{"penalty":"r1:1","beta1":0.0}"#);
        assert_eq!(serde_json::from_str::<Remedy>(&text).unwrap(), remedy);
    }
}
