//! The rules of a game.

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::{AdamSettings, BurnIn};
use crate::{
    augmentation::AugmentSettings,
    error::Result,
    objectives::{self, Objective},
    penalties::{self, PenaltyTerm},
    random::Draws,
};

/// The distribution of the latents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Latent {
    /// N(0, I).
    #[default]
    Normal,
    /// Uniform on [-1, 1]^d.
    Uniform,
}

impl Latent {
    /// # Shapes
    /// -> [n, size].
    pub fn draw(self, draws: &mut Draws, n: usize, size: usize, device: &Device) -> Tensor<2> {
        match self {
            Latent::Normal => draws.normal_tensor([n, size], device),
            Latent::Uniform => draws.uniform_tensor([n, size], -1.0, 1.0, device),
        }
    }
}

/// The rules of the game.
#[derive(Debug, Clone)]
pub struct GameSettings {
    pub objective: &'static dyn Objective,
    pub penalties: Vec<PenaltyTerm>,
    /// After each update of the discriminator its weights are clipped to [-c, c] (Arjovsky, Chintala & Bottou 2017).
    pub clip: Option<f64>,
    /// What is done to the samples that the discriminator sees, which are images then.
    pub augment: Option<AugmentSettings>,
    /// What moves over the first images: here the weights of the penalties, beta2 and a fixed probability of augmentation;
    /// rates and average are the circumstances' of a step.
    pub burn_in: Option<BurnIn>,
    /// Updates of the discriminator for one of the generator.
    pub n_critic: u64,
    pub latent: Latent,
    pub generator: AdamSettings,
    pub discriminator: AdamSettings,
}

impl GameSettings {
    /// The game of that objective and those penalties (as [`penalties::parse`] reads them), otherwise with the defaults.
    ///
    /// # Errors
    /// When a name is unknown.
    pub fn new(objective: &str, penalty: &str) -> Result<Self> {
        Ok(GameSettings {
            objective: objectives::by_name(objective)?,
            penalties: penalties::parse(penalty)?,
            clip: None,
            augment: None,
            burn_in: None,
            n_critic: 1,
            latent: Latent::default(),
            generator: AdamSettings::default(),
            discriminator: AdamSettings::default(),
        })
    }
}
