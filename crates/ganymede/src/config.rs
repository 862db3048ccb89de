//! Everything that decides a run, as one plain struct that is written whole into the run and its checkpoints.

use serde::{Deserialize, Serialize};

use crate::{
    augmentation::AugmentSettings,
    data::{Colour, Fit, Form, OpenOptions, Size, form::check_channels, hold_out::check_share},
    error::{Error, Result},
    evaluation::Monitoring,
    health::HealthSettings,
    networks::{Capacity, Conditional},
    objectives, penalties,
    random::Seed,
    training::{AdamSettings, BurnIn, Latent, Schedule},
    vae::VaeSettings,
};

/// A larger file of settings is not read.
pub(crate) const MAX_BYTES: u64 = 1 << 20;
/// Settings may come with a checkpoint from anywhere: more than this is not allocated on their word.
const MAX_BATCH: usize = 1 << 20;
const MAX_LATENT_SIZE: usize = 1 << 12;

/// The settings of a run. Unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A built-in set (`shapes`, `ring8`, ...), a downloadable one (`fashion-mnist`, `mnist`) or a path.
    pub data: String,
    /// Width and height of the images; those of the data where not given.
    pub size: Option<Size>,
    /// 1 for grey, 3 for RGB, 4 for RGB and opacity; as the data have them, and opaque, where not given.
    pub channels: Option<usize>,
    /// How pictures of other aspect ratios come into the frame.
    #[serde(skip_serializing_if = "Fit::is_default")]
    pub fit: Fit,
    /// What transparent pictures are laid on, and what is beside padded ones; white where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<Colour>,
    /// Whether every image is shown from right to left as well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mirror: bool,
    /// The share of a folder's samples that no training sees: held-out data for the detector of overfitting and for metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_out: Option<f64>,
    /// The share of unreadable pictures up to which a folder is used without them; 0.1 % where not given.
    pub tolerate: Option<f64>,
    /// The pair of networks.
    pub network: String,
    /// How wide and deep, for the networks that have the choice; the smallest where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// Batch normalisation in the discriminator, for the networks that have the choice.
    pub discriminator_batch_norm: bool,
    /// Number of latent dimensions; that of the network where not given.
    pub latent_size: Option<usize>,
    pub latent: Latent,
    /// Class-conditional networks, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditional: Option<Conditional>,
    /// A VAE instead of a game; the objective, the penalty and the discriminator's settings then mean nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vae: Option<VaeSettings>,
    pub objective: String,
    /// A sum of gradient penalties, as [`penalties::parse`] reads it.
    pub penalty: String,
    /// Limit of the discriminator's weights (the original WGAN).
    pub clip: Option<f64>,
    /// What is done to the samples that the discriminator sees; nothing where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augment: Option<AugmentSettings>,
    /// Updates of the discriminator for one of the generator.
    pub n_critic: u64,
    /// Samples a batch.
    pub batch: usize,
    /// Training steps, each with one update of the generator.
    pub steps: u64,
    pub generator: AdamSettings,
    pub discriminator: AdamSettings,
    pub schedule: Schedule,
    /// What moves over the first part of the run, and to where; nothing where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burn_in: Option<BurnIn>,
    /// Half-life of the generator's average, in thousands of images shown; 0 keeps no average.
    pub average_kimg: f64,
    pub seed: Seed,
    /// Steps between two lines of statistics.
    pub tick: u64,
    /// Steps between two grids and checkpoints.
    pub snapshot: u64,
    /// Every how many checkpoints one is kept for good; 0 keeps the newest two and the best alone.
    pub keep_every: u64,
    /// How the averaged generator is measured at snapshots; not at all where not given.
    pub monitor: Option<Monitoring>,
    /// How the run is watched for faults, and what is done about one.
    #[serde(skip_serializing_if = "HealthSettings::is_default")]
    pub health: HealthSettings,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data: "shapes".into(),
            size: None,
            channels: None,
            fit: Fit::Crop,
            background: None,
            mirror: false,
            hold_out: None,
            tolerate: None,
            network: "small28".into(),
            capacity: None,
            discriminator_batch_norm: false,
            latent_size: None,
            latent: Latent::Normal,
            conditional: None,
            vae: None,
            objective: "non-saturating".into(),
            penalty: "none".into(),
            clip: None,
            augment: None,
            n_critic: 1,
            batch: 64,
            steps: 6000,
            generator: AdamSettings::default(),
            discriminator: AdamSettings::default(),
            schedule: Schedule::Constant,
            burn_in: None,
            average_kimg: 10.0,
            seed: Seed(0),
            tick: 50,
            snapshot: 500,
            keep_every: 0,
            monitor: None,
            health: HealthSettings::default(),
        }
    }
}

impl Config {
    /// The settings of a preset.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest one.
    pub fn preset(name: &str) -> Result<Self> {
        let known = PRESETS.iter().map(|(name, _)| *name);
        let (_, text) = PRESETS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| Error::unknown_name("preset", name, known))?;
        toml::from_str(text).map_err(|error| Error::setting(format!("preset '{name}'"), "valid settings", error))
    }

    /// The names of the presets, each with its first line of description.
    pub fn presets() -> impl Iterator<Item = (&'static str, &'static str)> {
        PRESETS.iter().map(|(name, text)| (*name, text.lines().next().unwrap_or("").trim_start_matches("# ")))
    }

    /// How the data are to be opened.
    pub fn open_options(&self) -> OpenOptions<'static> {
        let Config { size, channels, fit, background, mirror, hold_out, tolerate, .. } = *self;
        let form = Form { size, channels, fit, background };
        OpenOptions { form, mirror, hold_out, tolerate, ..OpenOptions::default() }
    }

    /// Images of the data shown to the discriminator in the whole run, in thousands.
    pub fn kimg(&self) -> f64 {
        self.steps as f64 * self.images_per_step() as f64 / 1000.0
    }

    /// Images of the data shown to the discriminator in one step.
    pub fn images_per_step(&self) -> u64 {
        (self.batch as u64).saturating_mul(self.n_critic)
    }

    fn images_before(&self, step: u64) -> f64 {
        step as f64 * self.images_per_step() as f64
    }

    /// What the learning rates are multiplied by in step `step`.
    pub fn rate_factor(&self, step: u64) -> f64 {
        let factor = self.schedule.factor(step, self.steps);
        match &self.burn_in {
            Some(burn_in) => factor * burn_in.at(self.images_before(step), 1.0, burn_in.rate),
            None => factor,
        }
    }

    /// What the generator's average keeps of itself in step `step`.
    ///
    /// The half-life grows with the images seen, up to the configured one, so that the first pictures of a run are not those
    /// of the initial weights (Karras et al. 2020, `ema_rampup`).
    pub fn average_keep(&self, step: u64) -> f64 {
        const RAMP_UP: f64 = 0.05;
        let seen = (step as f64 + 1.0) * self.images_per_step() as f64;
        let average_kimg = match &self.burn_in {
            Some(burn_in) => burn_in.at(self.images_before(step), self.average_kimg, burn_in.average_kimg),
            None => self.average_kimg,
        };
        let half_life = (average_kimg * 1000.0).min(seen * RAMP_UP);
        if half_life <= 0.0 { 0.0 } else { 0.5f64.powf(self.images_per_step() as f64 / half_life) }
    }

    /// The settings in which `other` differs, with the value here and there.
    pub fn differences(&self, other: &Config) -> Vec<Difference> {
        let fields = |config: &Config| match serde_json::to_value(config) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let theirs = fields(other);
        let differs = |(key, here): (String, serde_json::Value)| {
            let there = theirs.get(&key).cloned().unwrap_or_default();
            (here != there).then(|| Difference { key, here: here.to_string(), there: there.to_string() })
        };
        fields(self).into_iter().filter_map(differs).collect()
    }

    /// What tells the model from others in a name: the objective of a game, or `vae`.
    pub fn model_name(&self) -> &str {
        if self.vae.is_some() { "vae" } else { &self.objective }
    }

    /// What belongs to a game has no place beside a VAE.
    fn validate_beside_vae(&self) -> Result<()> {
        let of_a_game = [
            ("penalty", self.penalty != "none" && !self.penalty.is_empty(), self.penalty.clone()),
            ("clip", self.clip.is_some(), format!("{:?}", self.clip.unwrap_or_default())),
            ("augment", self.augment.is_some(), "on".to_owned()),
            ("burn-in", self.burn_in.is_some(), "on".to_owned()),
            ("n-critic", self.n_critic != 1, self.n_critic.to_string()),
            ("discriminator-batch-norm", self.discriminator_batch_norm, "on".to_owned()),
        ];
        match of_a_game.into_iter().find(|(_, given, _)| *given) {
            Some((name, _, got)) => Err(Error::setting(name, "none beside a VAE, which plays no game", got)),
            None => Ok(()),
        }
    }

    /// Checks what can be checked without the data.
    ///
    /// # Errors
    /// [`Error::Setting`] or [`Error::UnknownName`] for the first setting that makes no sense.
    pub fn validate(&self) -> Result<()> {
        objectives::by_name(&self.objective)?;
        let penalties = penalties::parse(&self.penalty)?;
        if !penalties.is_empty() && self.discriminator_batch_norm {
            return Err(Error::setting(
                "penalty",
                "none beside batch normalisation in the discriminator",
                &self.penalty,
            ));
        }
        if let Some(vae) = &self.vae {
            vae.validate()?;
            self.validate_beside_vae()?;
        }
        if let Some(conditional) = &self.conditional {
            conditional.validate()?;
        }
        let counts = [
            ("n-critic", self.n_critic),
            ("batch", self.batch as u64),
            ("steps", self.steps),
            ("tick", self.tick),
            ("snapshot", self.snapshot),
            ("latent-size", self.latent_size.unwrap_or(1) as u64),
            ("size", self.size.map_or(1, |size| size.width.min(size.height)) as u64),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(Error::setting(name, "a whole number from 1", 0));
        }
        let limits =
            [("batch", self.batch, MAX_BATCH), ("latent-size", self.latent_size.unwrap_or(1), MAX_LATENT_SIZE)];
        if let Some((name, value, limit)) = limits.into_iter().find(|(_, value, limit)| value > limit) {
            return Err(Error::setting(name, format!("at most {limit}"), value));
        }
        if let Some(share) = self.tolerate.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(Error::setting("tolerate", "a share from 0 to 1", share));
        }
        self.hold_out.map_or(Ok(()), check_share)?;
        check_channels(self.channels)?;
        if !(self.average_kimg.is_finite() && self.average_kimg >= 0.0) {
            return Err(Error::setting("average-kimg", "a number from 0", self.average_kimg));
        }
        if let Some(clip) = self.clip.filter(|c| !(c.is_finite() && *c > 0.0)) {
            return Err(Error::setting("clip", "a positive number", clip));
        }
        self.augment.as_ref().map_or(Ok(()), AugmentSettings::validate)?;
        if let Some(burn_in) = &self.burn_in {
            burn_in.validate()?;
            let fixed = self.augment.as_ref().is_some_and(|augment| augment.target.is_none());
            if let Some(p) = burn_in.augment_p.filter(|_| !fixed) {
                return Err(Error::setting("burn-in-to augment-p", "none, or augmentation of a fixed --augment-p", p));
            }
        }
        self.monitor.as_ref().map_or(Ok(()), Monitoring::validate)?;
        self.health.validate()?;
        self.generator.validate("generator")?;
        self.discriminator.validate("discriminator")
    }
}

/// A setting that two configurations have differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub key: String,
    pub here: String,
    pub there: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} is {} there and {} here", self.key, self.there, self.here)
    }
}

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        /// The presets, each a small file of the repository.
        const PRESETS: &[(&str, &str)] = &[$(($name, include_str!(concat!("../presets/", $name, ".toml")))),*];
    };
}

presets![
    "shapes",
    "fashion-mnist",
    "fashion-mnist-lucic",
    "mnist",
    "ring8",
    "grid25",
    "two-moons",
    "swiss-roll",
    "tiles32"
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_valid_and_round_trips() {
        for (name, summary) in Config::presets() {
            let config = Config::preset(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            config.validate().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!summary.is_empty(), "{name} says what it is in its first line");
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), config, "{name}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(toml::from_str::<Config>("objectiv = 'hinge'").is_err());
    }
}
