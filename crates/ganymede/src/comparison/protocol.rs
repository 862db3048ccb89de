//! How every cell of a comparison is measured: once at the end, and a figure at some points on the way there.

use serde::{Deserialize, Serialize};

use crate::{
    config::Config,
    error::{Error, Result},
    evaluation::{EvaluationOptions, Metric, Monitoring},
};

/// More points than this make no curve clearer.
const MOST_POINTS: u64 = 1000;

/// What is measured, on which features, on how many samples of either side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    pub metrics: Vec<Metric>,
    /// By name; `random-conv`, for points `pixels`, where not given.
    pub features: Option<String>,
    pub n: usize,
    /// The course of the first metric that ranks generators; none where not given.
    pub curve: Option<Curve>,
}

/// A metric over the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Curve {
    /// How often between the start and the end of the training.
    pub points: u64,
    /// Samples of either side: a figure of fewer samples is cheaper, and compares with its own kind alone.
    pub n: usize,
}

impl Default for Protocol {
    fn default() -> Self {
        let curve = Some(Curve { points: 5, n: 2000 });
        Protocol { metrics: vec![Metric::Fid, Metric::Kid], features: None, n: 10_000, curve }
    }
}

impl Protocol {
    /// # Errors
    /// [`Error::Setting`] or [`Error::UnknownName`] for the first choice that makes no sense.
    pub fn validate(&self) -> Result<()> {
        // the samples at the end are as many as a run may be measured on
        Monitoring { n: self.n, features: self.features.clone(), ..Monitoring::new(self.metrics.clone()) }
            .validate()?;
        let Some(curve) = self.curve else { return Ok(()) };
        if !(1..=MOST_POINTS).contains(&curve.points) {
            return Err(Error::setting("curve", format!("1..={MOST_POINTS} points"), curve.points));
        }
        Monitoring { n: curve.n, ..Monitoring::new(self.metrics.clone()) }.validate()
    }

    /// The settings of a run with a snapshot wherever the curve has a point.
    pub(super) fn monitored(&self, config: &Config) -> Config {
        let Some((curve, metric)) = self.curve.zip(self.curve_metric()) else {
            return Config { monitor: None, ..config.clone() };
        };
        let spacing = config.steps.div_ceil(curve.points);
        let every = spacing.div_ceil(config.snapshot);
        let features = self.features.clone();
        let monitor = Some(Monitoring { every, features, n: curve.n, ..Monitoring::new(vec![metric]) });
        Config { monitor, snapshot: spacing.div_ceil(every), ..config.clone() }
    }

    /// What the curve is of: the first metric that ranks generators.
    pub(super) fn curve_metric(&self) -> Option<Metric> {
        self.metrics.iter().copied().find(|metric| Monitoring::new(vec![*metric]).criterion().is_some())
    }

    pub(super) fn options(&self) -> EvaluationOptions {
        EvaluationOptions { metrics: self.metrics.clone(), n: self.n, ..EvaluationOptions::default() }
    }

    /// Whether figures at the end compare: how a curve was measured is another matter.
    pub(super) fn is_of_the_same_end(&self, other: &Protocol) -> bool {
        (&self.metrics, &self.features, self.n) == (&other.metrics, &other.features, other.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_its_points_evenly_between_snapshots_no_further_apart_than_asked_for() {
        let protocol = Protocol { curve: Some(Curve { points: 4, n: 100 }), ..Protocol::default() };
        for (steps, snapshot, expected) in [(4000, 500, (500, 2)), (4000, 2000, (1000, 1)), (10, 1000, (3, 1))] {
            let config = protocol.monitored(&Config { steps, snapshot, ..Config::default() });
            let monitor = config.monitor.unwrap();
            assert_eq!((config.snapshot, monitor.every), expected, "{steps} steps, {snapshot}");
            assert_eq!((monitor.metrics, monitor.n), (vec![Metric::Fid], 100));
        }
        assert_eq!(Protocol { curve: None, ..protocol }.monitored(&Config::default()).monitor, None);
    }

    #[test]
    fn a_metric_that_ranks_nothing_has_no_curve() {
        let protocol = Protocol { metrics: vec![Metric::MsSsim], ..Protocol::default() };
        assert_eq!(protocol.monitored(&Config::default()).monitor, None);
    }

    #[test]
    fn choices_that_make_no_sense_are_refused() {
        let good = Protocol::default;
        good().validate().unwrap();
        for bad in [
            Protocol { n: 0, ..good() },
            Protocol { metrics: Vec::new(), ..good() },
            Protocol { features: Some("incption".into()), ..good() },
            Protocol { curve: Some(Curve { points: 0, n: 9 }), ..good() },
            Protocol { curve: Some(Curve { points: 1, n: 0 }), ..good() },
        ] {
            assert!(bad.validate().unwrap_err().is_usage(), "{bad:?}");
        }
    }
}
