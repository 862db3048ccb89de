//! Settings that move over the first part of a run and then stay (the burn-in of Huang et al. 2024).
//!
//! ```text
//! value(t) = end + (start - end) (1 + cos(pi min(t / T, 1))) / 2      t: thousands of images shown, T: the burn-in
//! ```
//! A setting starts at what the run's settings say and ends at what is said here; what is not said here stays. The rates of
//! both players and the weights of all penalties keep their ratios: their ends are factors.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Where settings end.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BurnIn {
    /// Thousands of images over which they move.
    pub kimg: f64,
    /// What the learning rates are multiplied by in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// What the weights of the penalties are multiplied by in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f64>,
    /// Adam's beta2 of both players in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta2: Option<f64>,
    /// The half-life of the generator's average in the end, in thousands of images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_kimg: Option<f64>,
    /// The probability of augmentation in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augment_p: Option<f64>,
}

impl BurnIn {
    /// Reads `NAME=VALUE` with commas between them.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest name, [`Error::Setting`] for what is no number.
    pub fn parse(kimg: f64, ends: &str) -> Result<Self> {
        let mut burn_in = BurnIn { kimg, ..BurnIn::default() };
        for text in ends.split(',') {
            let wrong = || Error::setting("burn-in-to", "NAME=VALUE, with commas", text);
            let (name, value) = text.split_once('=').ok_or_else(wrong)?;
            let value: f64 = value.trim().parse().map_err(|_| wrong())?;
            let names = burn_in.ends_mut().map(|(name, _)| name);
            let unknown = || Error::unknown_name("setting of burn-in-to", name, names);
            let mut ends = burn_in.ends_mut().into_iter();
            let (_, end) = ends.find(|(known, _)| *known == name.trim()).ok_or_else(unknown)?;
            *end = Some(value);
        }
        Ok(burn_in)
    }

    fn ends_mut(&mut self) -> [(&'static str, &mut Option<f64>); 5] {
        [
            ("rate", &mut self.rate),
            ("penalty", &mut self.penalty),
            ("beta2", &mut self.beta2),
            ("average-kimg", &mut self.average_kimg),
            ("augment-p", &mut self.augment_p),
        ]
    }

    /// Where a setting is that starts at `start`, after so many images: at `start` for good where it has no end.
    pub fn at(&self, images: f64, start: f64, end: Option<f64>) -> f64 {
        let Some(end) = end else { return start };
        let t = (images / (self.kimg * 1000.0)).clamp(0.0, 1.0);
        end + (start - end) * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * t))
    }

    /// # Errors
    /// [`Error::Setting`] for a number out of range.
    pub fn validate(&self) -> Result<()> {
        let from_0 = |value: f64| value.is_finite() && value >= 0.0;
        let checks = [
            ("burn-in", Some(self.kimg), from_0(self.kimg) && self.kimg > 0.0, "a positive number of kimg"),
            ("burn-in-to rate", self.rate, self.rate.is_none_or(from_0), "a factor from 0"),
            ("burn-in-to penalty", self.penalty, self.penalty.is_none_or(from_0), "a factor from 0"),
            ("burn-in-to beta2", self.beta2, self.beta2.is_none_or(|b| (0.0..1.0).contains(&b)), "a number in [0, 1)"),
            ("burn-in-to average-kimg", self.average_kimg, self.average_kimg.is_none_or(from_0), "a number from 0"),
            (
                "burn-in-to augment-p",
                self.augment_p,
                self.augment_p.is_none_or(|p| (0.0..=1.0).contains(&p)),
                "a probability from 0 to 1",
            ),
        ];
        match checks.into_iter().find(|(_, _, good, _)| !good) {
            Some((name, value, _, expected)) => Err(Error::setting(name, expected, value.unwrap_or(f64::NAN))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_goes_down_half_a_cosine_and_stays() {
        let burn_in = BurnIn { kimg: 2.0, ..BurnIn::default() };
        for (images, expected) in [(0.0, 2.0), (1000.0, 1.25), (2000.0, 0.5), (9000.0, 0.5)] {
            let got = burn_in.at(images, 2.0, Some(0.5));
            assert!((got - expected).abs() < 1e-12, "{images}: {got}");
        }
        // cos(pi/3) = 1/2
        assert!((burn_in.at(2000.0 / 3.0, 1.0, Some(0.0)) - 0.75).abs() < 1e-12);
        assert_eq!(burn_in.at(700.0, 0.3, None), 0.3);
    }

    #[test]
    fn ends_are_read_by_name_and_others_refused() {
        let burn_in = BurnIn::parse(9.0, "rate=0.25, beta2=0.99,augment-p=0.3").unwrap();
        let expected =
            BurnIn { kimg: 9.0, rate: Some(0.25), beta2: Some(0.99), augment_p: Some(0.3), ..BurnIn::default() };
        assert_eq!(burn_in, expected);
        for text in ["rat=1", "rate", "rate=x", "", "rate=1,"] {
            assert!(BurnIn::parse(9.0, text).unwrap_err().is_usage(), "{text}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let base = BurnIn { kimg: 1.0, ..BurnIn::default() };
        assert!(base.validate().is_ok());
        for bad in [
            BurnIn { kimg: 0.0, ..base },
            BurnIn { kimg: f64::NAN, ..base },
            BurnIn { rate: Some(-1.0), ..base },
            BurnIn { penalty: Some(f64::INFINITY), ..base },
            BurnIn { beta2: Some(1.0), ..base },
            BurnIn { average_kimg: Some(-1.0), ..base },
            BurnIn { augment_p: Some(1.1), ..base },
        ] {
            assert!(bad.validate().is_err(), "{bad:?}");
        }
    }
}
