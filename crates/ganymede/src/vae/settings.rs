//! What makes a run that of a VAE.

use serde::{Deserialize, Serialize};

use super::likelihoods;
use crate::{
    config::Config,
    error::{Error, Result},
    training::AdamSettings,
};

/// The usual Adam of a VAE: faster than that of a game, and with momentum, as nothing circles.
const RATE: f64 = 1e-3;
const BETA1: f64 = 0.9;

/// The settings of a VAE. Unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VaeSettings {
    /// `NAME[:SCALE]`, as [`likelihoods::parse`] reads it.
    pub likelihood: String,
    /// What the divergence weighs (Higgins et al. 2017); 1 makes the loss a bound of the likelihood.
    pub beta: f64,
    /// The share of the run over which beta grows from 0 in a straight line.
    pub beta_warmup: f64,
}

impl Default for VaeSettings {
    fn default() -> Self {
        VaeSettings { likelihood: "bernoulli".into(), beta: 1.0, beta_warmup: 0.0 }
    }
}

impl VaeSettings {
    /// # Errors
    /// [`Error::UnknownName`] or [`Error::Setting`] for the first setting that makes no sense.
    pub fn validate(&self) -> Result<()> {
        likelihoods::parse(&self.likelihood)?;
        if !(self.beta.is_finite() && self.beta >= 0.0) {
            return Err(Error::setting("beta", "a number from 0", self.beta));
        }
        if !(0.0..=1.0).contains(&self.beta_warmup) {
            return Err(Error::setting("beta-warmup", "a share of the run from 0 to 1", self.beta_warmup));
        }
        Ok(())
    }

    /// What the divergence weighs in step `step` of `steps`.
    pub fn beta_at(&self, step: u64, steps: u64) -> f64 {
        let warm = self.beta_warmup * steps as f64;
        if warm > 0.0 { self.beta * ((step + 1) as f64 / warm).min(1.0) } else { self.beta }
    }
}

impl Config {
    /// The same data and networks as those of a VAE; what was said of a game is of no use to it.
    pub fn into_vae(self) -> Config {
        let Config { objective, penalty, clip, n_critic, discriminator_batch_norm, discriminator, .. } =
            Config::default();
        let likelihood = if self.network == "mlp" { "gaussian-learned" } else { "bernoulli" };
        let vae = VaeSettings { likelihood: likelihood.into(), ..VaeSettings::default() };
        let generator = AdamSettings { rate: RATE, beta1: BETA1, ..AdamSettings::default() };
        Config {
            vae: Some(vae),
            generator,
            objective,
            penalty,
            clip,
            augment: None,
            burn_in: None,
            n_critic,
            discriminator_batch_norm,
            discriminator,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_grows_in_a_straight_line_over_its_share_of_the_run() {
        let settings = VaeSettings { beta: 2.0, beta_warmup: 0.1, ..VaeSettings::default() };
        let beta = |step| settings.beta_at(step, 1000);
        assert_eq!([beta(0), beta(49), beta(99), beta(100), beta(999)], [0.02, 1.0, 2.0, 2.0, 2.0]);
        assert_eq!(VaeSettings { beta_warmup: 0.0, ..settings }.beta_at(0, 1000), 2.0);
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let base = VaeSettings::default;
        let bad = [
            VaeSettings { beta: -1.0, ..base() },
            VaeSettings { beta: f64::NAN, ..base() },
            VaeSettings { beta_warmup: 1.1, ..base() },
            VaeSettings { likelihood: "bernouli".into(), ..base() },
            VaeSettings { likelihood: "gaussian:0".into(), ..base() },
        ];
        for settings in bad {
            assert!(settings.validate().is_err_and(|error| error.is_usage()), "{settings:?}");
        }
    }
}
