//! How the discriminator's samples are augmented, as it may be typed.

use clap::Args;
use ganymede::{Error, augmentation::AugmentSettings};

/// What `--augment` says for no augmentation, also where the preset has one.
const NONE: &str = "none";

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Augmentation")]
pub struct AugmentArguments {
    /// Transform what the discriminator sees, for sets of few images: colour, translation, cutout, with commas; or none.
    /// See `ganymede list` [default: none, all three beside another flag of these]
    #[arg(long, value_name = "LIST")]
    pub augment: Option<String>,

    /// Fixed probability of each transformation, 0 to 1; above 0.8 it may show in the samples
    #[arg(long, value_name = "P", allow_negative_numbers = true, conflicts_with_all = ["augment_target", "augment_kimg"])]
    pub augment_p: Option<f64>,

    /// Adapt the probability until the discriminator is so sure of its samples, between 0 (cannot tell) and 1 (tells all
    /// apart) [default: 0.6]
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    pub augment_target: Option<f64>,

    /// Thousands of images in which an adapted probability goes from 0 to 1 at the fastest [default: 500]
    #[arg(long, value_name = "KIMG", allow_negative_numbers = true, hide_short_help = true)]
    pub augment_kimg: Option<f64>,
}

impl AugmentArguments {
    /// `settings` with what was typed.
    ///
    /// # Errors
    /// [`Error::Setting`] for a number beside `none`.
    pub fn over(&self, settings: Option<AugmentSettings>) -> Result<Option<AugmentSettings>, Error> {
        let AugmentArguments { augment, augment_p, augment_target, augment_kimg } = self;
        let numbers = [augment_p, augment_target, augment_kimg];
        if augment.as_deref() == Some(NONE) {
            return match numbers.into_iter().find_map(|number| *number) {
                Some(number) => Err(Error::setting("augment", "transformations, beside a number of theirs", number)),
                None => Ok(None),
            };
        }
        if augment.is_none() && numbers.iter().all(|number| number.is_none()) {
            return Ok(settings);
        }
        let adaptive = || AugmentSettings { target: Some(AugmentSettings::TARGET), ..AugmentSettings::default() };
        let mut settings = settings.unwrap_or_else(adaptive);
        if let Some(names) = augment {
            settings.transformations.clone_from(names);
        }
        if let Some(p) = augment_p {
            (settings.p, settings.target) = (*p, None);
        }
        settings.target = augment_target.or(settings.target);
        if let Some(kimg) = augment_kimg {
            settings.kimg = *kimg;
            settings.target = settings.target.or(Some(AugmentSettings::TARGET));
        }
        Ok(Some(settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(settings: Option<AugmentSettings>, given: AugmentArguments) -> Option<AugmentSettings> {
        given.over(settings).unwrap()
    }

    #[test]
    fn what_is_typed_is_adaptive_unless_it_says_a_probability() {
        let none = AugmentArguments::default;
        assert_eq!(over(None, none()), None);
        let named = over(None, AugmentArguments { augment: Some("cutout".into()), ..none() }).unwrap();
        assert_eq!((named.transformations.as_str(), named.target), ("cutout", Some(0.6)));
        let fixed = over(Some(named.clone()), AugmentArguments { augment_p: Some(0.4), ..none() }).unwrap();
        assert_eq!((fixed.transformations.as_str(), fixed.p, fixed.target), ("cutout", 0.4, None));
        let quick = over(None, AugmentArguments { augment_kimg: Some(9.0), ..none() }).unwrap();
        assert_eq!(quick, AugmentSettings { target: Some(0.6), kimg: 9.0, ..AugmentSettings::default() });
        let off = || AugmentArguments { augment: Some(NONE.into()), ..none() };
        assert_eq!(over(Some(fixed), off()), None);
        assert!(AugmentArguments { augment_p: Some(0.1), ..off() }.over(None).is_err());
    }
}
