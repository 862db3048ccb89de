//! How the game is doing, in numbers with a range: those that every training reports, and three of the live view's own.

use serde::Serialize;

use super::look::Felt;
use crate::{
    objectives::Objective,
    penalties::PenaltyTerm,
    training::{Report, legend},
};

/// A force below this moves a sample no more.
const WEAK: f64 = 0.05;
/// Beyond this logit a discriminator is sure.
const SURE: f64 = 10.0;

/// One number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    pub name: &'static str,
    pub value: f64,
    /// Whether it is in its healthy range, where it has one in numbers.
    pub healthy: Option<bool>,
}

const OWN: [(&str, &str); 3] = [
    ("saturated", "share of generated samples whose force |g'(h)| is below 0.05: they no longer learn; healthy 0..0.5"),
    (
        "slope",
        "mean |grad h| at generated samples: what a force is multiplied by; 1 for a Wasserstein critic, healthy if steady",
    ),
    ("outside", "share of q that lies out of view; healthy 0..0.05"),
];

/// What each reading of such a game means, with its healthy range.
pub(super) fn meanings(objective: &dyn Objective, penalties: &[PenaltyTerm]) -> Vec<(&'static str, String)> {
    let own = OWN.iter().map(|(name, meaning)| (*name, (*meaning).to_owned()));
    legend(objective, penalties).into_iter().chain(own).collect()
}

/// Those of the last step's report, of what samples feel, and of the share of q out of view.
pub(super) fn readings(
    objective: &dyn Objective,
    penalties: &[PenaltyTerm],
    report: &Report,
    felt: &Felt,
    outside: f64,
) -> Vec<Reading> {
    let within = |value: f64, low: f64, high: f64| Some((low..=high).contains(&value));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let reported = legend(objective, penalties).into_iter().filter_map(|(name, _)| {
        let value = report.get(name)?;
        let is_logit = name.starts_with("logit_") && !objective.is_shift_invariant();
        let healthy = if value.is_finite() { is_logit.then(|| value.abs() <= SURE) } else { Some(false) };
        Some(Reading { name, value, healthy })
    });
    let weak = felt.strengths.iter().filter(|force| force.abs() < WEAK).count();
    let saturated = weak as f64 / felt.strengths.len().max(1) as f64;
    let own = [
        Reading { name: OWN[0].0, value: saturated, healthy: within(saturated, 0.0, 0.5) },
        Reading { name: OWN[1].0, value: mean(&felt.slopes), healthy: None },
        Reading { name: OWN[2].0, value: outside, healthy: within(outside, 0.0, 0.05) },
    ];
    reported.chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{objectives::OBJECTIVES, penalties};

    #[test]
    fn every_reading_of_every_objective_has_a_meaning() {
        let terms = penalties::parse("r1+wgan-gp").unwrap();
        let mut report = Report::default();
        ["r1", "wgan-gp", "loss_d", "logit_real", "logit_fake", "gradient_d", "loss_g", "gradient_g"]
            .iter()
            .for_each(|name| report.push(*name, 1.0));
        for objective in OBJECTIVES {
            let meanings = meanings(*objective, &terms);
            let (samples, forces) = (Vec::new(), Vec::new());
            let felt = Felt { samples, forces, strengths: vec![-1.0, -0.01], slopes: vec![1.0, 3.0] };
            let readings = readings(*objective, &terms, &report, &felt, 0.2);
            assert_eq!(readings.len(), 11, "{readings:?}");
            for reading in &readings {
                assert!(meanings.iter().any(|(name, text)| *name == reading.name && !text.is_empty()), "{reading:?}");
            }
            let of = |name: &str| readings.iter().find(|r| r.name == name).map(|r| (r.value, r.healthy));
            assert_eq!(of("saturated"), Some((0.5, Some(true))));
            assert_eq!(of("slope"), Some((2.0, None)));
            assert_eq!(of("outside"), Some((0.2, Some(false))));
        }
    }
}
