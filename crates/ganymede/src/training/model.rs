//! The learner that a configuration asks for: a game, or a VAE.

use burn::tensor::Device;

use super::{Game, GameSettings, Learner};
use crate::{augmentation, config::Config, data::Dataset, error::Result, networks, objectives, penalties, vae::Vae};

/// # Errors
/// When a name is unknown, a setting makes no sense, or the network cannot serve the data.
pub(crate) fn learner(config: &Config, dataset: &dyn Dataset, device: &Device) -> Result<Box<dyn Learner>> {
    let (shape, classes) = (dataset.shape(), dataset.classes().len());
    if let Some(settings) = &config.vae {
        return Ok(Box::new(Vae::of_config(config, settings, shape, classes, device)?));
    }
    if config.augment.is_some() {
        augmentation::check_shape(shape)?;
    }
    let (generator, discriminator) = networks::build(config, shape, classes, device)?;
    let settings = GameSettings {
        objective: objectives::by_name(&config.objective)?,
        penalties: penalties::parse(&config.penalty)?,
        clip: config.clip,
        augment: config.augment.clone(),
        burn_in: config.burn_in,
        n_critic: config.n_critic,
        latent: config.latent,
        generator: config.generator,
        discriminator: config.discriminator,
    };
    Ok(Box::new(Game::new(generator, discriminator, settings)?))
}
