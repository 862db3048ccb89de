//! Sampling, timed: many images, and one.

use burn::tensor::Device;
use serde::Serialize;

use super::{Times, step::trainer, times::milliseconds};
use crate::{
    config::Config,
    error::Result,
    sampling::{CHUNK, Sampler},
};

/// How often one image is drawn.
const SINGLES: u64 = 200;

/// What [`sampling_times`] measures.
#[derive(Debug, Clone, Serialize)]
pub struct SamplingTimes {
    /// Of all the images.
    #[serde(flatten)]
    pub times: Times,
    pub images: u64,
    /// How many are generated at a time.
    pub batch: usize,
    pub images_per_second: f64,
    /// From a seed to its image.
    pub one_image: Times,
}

/// Times `rounds` times `images` samples of `config`'s generator, and single ones, after some that are not timed.
///
/// # Errors
/// When the network is unknown or a setting makes no sense.
pub fn sampling_times(config: &Config, device: &Device, images: u64, rounds: u64) -> Result<SamplingTimes> {
    let sampler = Sampler::new(trainer(config, device)?.checkpoint(), device)?;
    let sample = |seeds: Vec<u64>| milliseconds(device, || Ok(sampler.sample(&seeds, None, 1.0)?.into_data()));
    for _ in 0..3 {
        sample((0..images.min(CHUNK as u64)).collect())?;
        sample(vec![0])?;
    }
    let one_image = Times::of((0..SINGLES).map(|seed| sample(vec![seed])).collect::<Result<_>>()?);
    let times = Times::of((0..rounds).map(|_| sample((0..images).collect())).collect::<Result<_>>()?);
    Ok(SamplingTimes { images, batch: CHUNK, images_per_second: images as f64 * times.per_second(), times, one_image })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_can_be_measured() {
        for network in crate::networks::NETWORKS {
            let config = Config { network: network.name.into(), ..Config::default() };
            let measured = sampling_times(&config, &Device::flex(), 2, 1).unwrap();
            assert!(measured.one_image.median > 0.0 && measured.images_per_second > 0.0, "{}", network.name);
        }
    }
}
