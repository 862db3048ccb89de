//! What can be chosen in a live game.

use serde::{Deserialize, Serialize};

use super::{Density, players};
use crate::{
    error::{Error, Result},
    objectives, penalties,
    random::Seed,
    training::{AdamSettings, GameSettings},
};

/// A step must stay a moment's work: whoever looks on waits for it.
pub const MAX_BATCH: usize = 1024;
pub const MAX_N_CRITIC: u64 = 20;
pub const MAX_PACE: u64 = 50;
/// A page's numbers are doubles, which are whole up to here.
const MAX_SEED: u64 = 1 << 53;
const MAX_RATE: f64 = 1.0;

/// The settings of a live game. Unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The data's density, one of [`DENSITIES`](super::DENSITIES).
    pub density: String,
    /// One of [`GENERATORS`](super::GENERATORS).
    pub generator: String,
    pub objective: String,
    /// A sum of gradient penalties, as [`penalties::parse`] reads it.
    pub penalty: String,
    /// Updates of the discriminator for one of the generator.
    pub n_critic: u64,
    /// Samples a batch.
    pub batch: usize,
    /// The generator's learning rate; 0 holds it still, and the discriminator becomes a measuring instrument.
    pub rate_g: f64,
    /// The discriminator's.
    pub rate_d: f64,
    pub seed: Seed,
    /// Steps from one look to the next while the game is played.
    pub pace: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            density: "two-bells".into(),
            generator: "network".into(),
            objective: "non-saturating".into(),
            penalty: "r1:0.1".into(),
            n_critic: 2,
            batch: 256,
            rate_g: 1e-3,
            rate_d: 2e-3,
            seed: Seed(0),
            pace: 1,
        }
    }
}

impl Settings {
    /// # Errors
    /// [`Error::Setting`] or [`Error::UnknownName`] for the first setting that makes no sense.
    pub fn validate(&self) -> Result<()> {
        Density::by_name(&self.density)?;
        players::check_generator(&self.generator)?;
        objectives::by_name(&self.objective)?;
        penalties::parse(&self.penalty)?;
        let counts = [
            ("n_critic", self.n_critic, 1, MAX_N_CRITIC),
            ("batch", self.batch as u64, 2, MAX_BATCH as u64),
            ("pace", self.pace, 1, MAX_PACE),
            ("seed", self.seed.0, 0, MAX_SEED),
        ];
        for (name, value, least, most) in counts {
            if !(least..=most).contains(&value) {
                return Err(Error::setting(name, format!("a whole number from {least} to {most}"), value));
            }
        }
        for (name, rate) in [("rate_g", self.rate_g), ("rate_d", self.rate_d)] {
            if !(0.0..=MAX_RATE).contains(&rate) {
                return Err(Error::setting(name, format!("a number from 0 to {MAX_RATE}"), rate));
            }
        }
        Ok(())
    }

    /// Whether a game under `other` goes on with these settings and the same networks, or has to begin anew.
    pub fn goes_on_from(&self, other: &Settings) -> bool {
        self.density == other.density && self.generator == other.generator && self.seed == other.seed
    }

    /// The rules of the library's game.
    ///
    /// # Errors
    /// As [`Settings::validate`].
    pub(super) fn rules(&self) -> Result<GameSettings> {
        let adam = |rate| AdamSettings { rate, ..AdamSettings::default() };
        Ok(GameSettings {
            n_critic: self.n_critic,
            generator: adam(self.rate_g),
            discriminator: adam(self.rate_d),
            ..GameSettings::new(&self.objective, &self.penalty)?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_that_makes_no_sense_is_refused_by_name() {
        type Change = fn(&mut Settings);
        let changes: [(&str, Change); 12] = [
            ("density", |s| s.density = "rnig".into()),
            ("generator", |s| s.generator = "affin".into()),
            ("objective", |s| s.objective = "minmax".into()),
            ("penalty", |s| s.penalty = "r1:-1".into()),
            ("n_critic", |s| s.n_critic = 0),
            ("n_critic", |s| s.n_critic = 21),
            ("batch", |s| s.batch = 1),
            ("batch", |s| s.batch = usize::MAX),
            ("rate_g", |s| s.rate_g = -1e-3),
            ("rate_d", |s| s.rate_d = f64::NAN),
            ("seed", |s| s.seed = Seed(u64::MAX)),
            ("pace", |s| s.pace = 0),
        ];
        Settings::default().validate().unwrap();
        for (name, change) in changes {
            let mut settings = Settings::default();
            change(&mut settings);
            let error = settings.validate().unwrap_err();
            assert!(error.is_usage() && error.to_string().contains(name), "{name}: {error}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_and_a_missing_one_has_its_default() {
        assert!(serde_json::from_str::<Settings>(r#"{"objectiv": "hinge"}"#).is_err());
        let hinge: Settings = serde_json::from_str(r#"{"objective": "hinge"}"#).unwrap();
        assert_eq!(hinge, Settings { objective: "hinge".into(), ..Settings::default() });
    }
}
