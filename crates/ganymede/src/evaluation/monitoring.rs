//! How a run is measured while it trains.
//!
//! ```text
//! fid, kid      lower is better
//! prdc          by coverage, higher is better
//! accuracy      higher is better
//! class-score   higher is better
//! modes         by the modes covered, and among equals by the share of samples near one; higher is better
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Metric;
use crate::{
    error::{Error, Result},
    features,
};

/// More samples than this are not drawn on the word of a file of settings.
const MAX_SAMPLES: usize = 1 << 20;

/// Which metrics are computed of the averaged generator, how often, and on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// The first that ranks generators says which checkpoint is the best.
    pub metrics: Vec<Metric>,
    /// Every so many snapshots, and at the first and the last step.
    pub every: u64,
    /// The features by name, as [`features::open`] knows them; `random-conv`, for points `pixels`, where not given.
    pub features: Option<String>,
    /// Samples of the generator, and of the data at most.
    pub n: usize,
}

impl Monitoring {
    /// Those metrics, with the defaults of all else.
    pub fn new(metrics: Vec<Metric>) -> Self {
        Monitoring { metrics, every: 1, features: None, n: 2000 }
    }

    /// # Errors
    /// [`Error::Setting`] or [`Error::UnknownName`] for the first setting that makes no sense.
    pub fn validate(&self) -> Result<()> {
        if self.metrics.is_empty() {
            return Err(Error::setting("metrics", "names such as fid,kid,prdc", "none"));
        }
        if self.every == 0 {
            return Err(Error::setting("metrics-every", "a whole number of snapshots from 1", 0));
        }
        if !(1..=MAX_SAMPLES).contains(&self.n) {
            return Err(Error::setting("metrics-n", format!("1..={MAX_SAMPLES} samples"), self.n));
        }
        let known = features::known_names();
        match self.features.as_ref().filter(|name| !known.contains(name)) {
            Some(name) => Err(Error::unknown_name("kind of features", name, known.iter().map(String::as_str))),
            None => Ok(()),
        }
    }

    /// Whether a line of `metrics.jsonl` was measured like this; somebody may have evaluated the run in another way since.
    pub(crate) fn is_of(&self, line: &Value) -> bool {
        let metrics = serde_json::to_value(&self.metrics).unwrap_or_default();
        line["options"]["n"] == self.n && line["options"]["metrics"] == metrics
    }

    /// Whether the snapshot after `step` steps, one in `snapshot` of them, is measured.
    pub(crate) fn is_due(&self, step: u64, snapshot: u64) -> bool {
        step.is_multiple_of(snapshot.saturating_mul(self.every))
    }

    /// What generators are ranked by; nothing where none of the metrics ranks them.
    pub fn criterion(&self) -> Option<Criterion> {
        self.metrics.iter().find_map(|metric| match metric {
            Metric::Fid => Some(Criterion { figures: &["fid"], higher_is_better: false }),
            Metric::Kid => Some(Criterion { figures: &["kid"], higher_is_better: false }),
            Metric::Prdc => Some(Criterion { figures: &["coverage"], higher_is_better: true }),
            Metric::Modes => Some(Criterion { figures: &["modes", "high_quality"], higher_is_better: true }),
            Metric::Accuracy => Some(Criterion { figures: &["accuracy"], higher_is_better: true }),
            Metric::ClassScore => Some(Criterion { figures: &["class_score"], higher_is_better: true }),
            Metric::MsSsim | Metric::Memorisation | Metric::Ratio => None,
        })
    }
}

/// What generators are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Criterion {
    /// The figure, and one that belongs to it, which lies between 0 and 1 and decides among equals.
    figures: &'static [&'static str],
    higher_is_better: bool,
}

impl Criterion {
    /// Its name: `fid`, or `modes + high_quality`.
    pub fn name(self) -> String {
        self.figures.join(" + ")
    }

    /// The figure alone: `fid`, or `modes`.
    pub(crate) fn figure_name(self) -> &'static str {
        self.figures.first().copied().unwrap_or_default()
    }

    /// The score, lower is better, of which [`Criterion::figure`] makes the figure again.
    pub(crate) fn score(self, card: &super::Card) -> Option<f64> {
        let measured = card.results.get(self.figures.first()?)?;
        self.combined(measured.value, |name| measured.details.get(name)?.as_f64())
    }

    /// The score of an evaluation as `metrics.jsonl` has it.
    pub(crate) fn score_of_line(self, line: &Value) -> Option<f64> {
        let measured = line.get("results")?.get(*self.figures.first()?)?;
        self.combined(measured.get("value")?.as_f64()?, |name| measured.get(name)?.as_f64())
    }

    fn combined(self, value: f64, other: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        // a counter of classes knows no quality: there the first figure decides alone
        let sum = self.figures.iter().skip(1).filter_map(|name| other(name)).sum::<f64>() + value;
        let score = if self.higher_is_better { -sum } else { sum };
        score.is_finite().then_some(score)
    }

    /// The figure of a score.
    pub fn figure(self, score: f64) -> f64 {
        if self.higher_is_better { -score } else { score }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_metric_that_ranks_generators_is_the_criterion() {
        let criterion = |metrics: &str| Monitoring::new(Metric::parse_list(metrics).unwrap()).criterion();
        assert_eq!(criterion("ms-ssim,kid,fid").unwrap().name(), "kid");
        assert_eq!(criterion("prdc").unwrap().name(), "coverage");
        assert_eq!(criterion("modes").unwrap().name(), "modes + high_quality");
        assert_eq!(criterion("ms-ssim"), None);
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let good = Monitoring::new(vec![Metric::Fid]);
        good.validate().unwrap();
        for bad in [
            Monitoring { metrics: Vec::new(), ..good.clone() },
            Monitoring { every: 0, ..good.clone() },
            Monitoring { n: 0, ..good.clone() },
            Monitoring { n: MAX_SAMPLES + 1, ..good.clone() },
            Monitoring { features: Some("incption".into()), ..good.clone() },
        ] {
            assert!(bad.validate().unwrap_err().is_usage(), "{bad:?}");
        }
    }

    #[test]
    fn a_snapshot_in_so_many_is_due() {
        let monitoring = Monitoring { every: 3, ..Monitoring::new(vec![Metric::Fid]) };
        let due: Vec<u64> = (0..=9).map(|snapshot| 10 * snapshot).filter(|step| monitoring.is_due(*step, 10)).collect();
        assert_eq!(due, [0, 30, 60, 90]);
    }
}
