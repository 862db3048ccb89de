//! The metrics by name.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What can be asked of an evaluation; some give more than one figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    Fid,
    Kid,
    Prdc,
    MsSsim,
    Memorisation,
    Modes,
    Accuracy,
    ClassScore,
    Ratio,
}

impl Metric {
    pub const ALL: [Metric; 9] = [
        Metric::Fid,
        Metric::Kid,
        Metric::Prdc,
        Metric::MsSsim,
        Metric::Memorisation,
        Metric::Modes,
        Metric::Accuracy,
        Metric::ClassScore,
        Metric::Ratio,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Metric::Fid => "fid",
            Metric::Kid => "kid",
            Metric::Prdc => "prdc",
            Metric::MsSsim => "ms-ssim",
            Metric::Memorisation => "memorisation",
            Metric::Modes => "modes",
            Metric::Accuracy => "accuracy",
            Metric::ClassScore => "class-score",
            Metric::Ratio => "ratio",
        }
    }

    pub fn summary(self) -> &'static str {
        match self {
            Metric::Fid => "Fréchet distance of the features' Gaussians, with a 95 % interval (Heusel et al. 2017)",
            Metric::Kid => "Kernel distance of the features, unbiased (Bińkowski et al. 2018)",
            Metric::Prdc => "Precision and recall, density and coverage, by nearest neighbours (Naeem et al. 2020)",
            Metric::MsSsim => "Diversity: mean structural similarity of pairs of samples (Odena et al. 2017)",
            Metric::Memorisation => {
                "Whether samples lie nearer to the training data than held-out data do (Meehan et al. 2020)"
            }
            Metric::Modes => "Modes covered of a known density or of stacked digits, and how evenly",
            Metric::Accuracy => {
                "How often a classifier of the data sees the class that a conditional model was asked for"
            }
            Metric::ClassScore => {
                "How sure a classifier of the data is of a class, and how many classes it sees (after Salimans et al. 2016)"
            }
            Metric::Ratio => {
                "KL(q‖p), JSD and a two-sample test by a discriminator trained afresh (Lopez-Paz & Oquab 2017)"
            }
        }
    }

    /// Whether it is computed from features, rather than from the samples themselves.
    pub fn needs_features(self) -> bool {
        matches!(self, Metric::Fid | Metric::Kid | Metric::Prdc | Metric::Memorisation)
    }

    /// Whether a classifier of the data's classes is asked.
    pub fn needs_judge(self) -> bool {
        matches!(self, Metric::Accuracy | Metric::ClassScore)
    }

    /// The metrics of a list such as `fid,kid`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest name; [`Error::Setting`] for an empty list.
    pub fn parse_list(list: &str) -> Result<Vec<Metric>> {
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let metrics = names
            .map(|name| {
                let known = Metric::ALL.iter().copied().find(|metric| metric.name() == name);
                known.ok_or_else(|| Error::unknown_name("metric", name, Metric::ALL.map(Metric::name)))
            })
            .collect::<Result<Vec<_>>>()?;
        if metrics.is_empty() {
            return Err(Error::setting("metrics", "names such as fid,kid,prdc", format!("'{list}'")));
        }
        Ok(metrics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_metrics_in_its_order_and_nothing_unknown() {
        assert_eq!(Metric::parse_list("kid, fid").unwrap(), [Metric::Kid, Metric::Fid]);
        assert!(Metric::parse_list("fod").unwrap_err().to_string().contains("did you mean 'fid'?"));
        assert!(Metric::parse_list(" ,").is_err());
    }

    #[test]
    fn every_metric_is_found_by_its_name() {
        for metric in Metric::ALL {
            assert_eq!(Metric::parse_list(metric.name()).unwrap(), [metric]);
            assert!(!metric.summary().is_empty());
        }
    }
}
