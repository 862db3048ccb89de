//! Training steps, timed.

use std::sync::Arc;

use burn::tensor::Device;
use serde::Serialize;

use super::{
    LayerShapes, Roofline, Times, peak_resident, step_multiply_adds, synthetic::Synthetic, times::milliseconds,
};
use crate::{
    config::Config,
    data::Size,
    error::{Error, Result},
    networks::NETWORKS,
    training::Trainer,
};

/// Samples of the synthetic data, but never fewer than a batch.
const SAMPLES: usize = 4096;

/// What [`step_times`] measures.
#[derive(Debug, Clone, Serialize)]
pub struct StepTimes {
    #[serde(flatten)]
    pub times: Times,
    /// Images of the data shown to the discriminator.
    pub images_per_second: f64,
    /// Of one step; none where the layers of the network are not known here, and then no rate either.
    pub multiply_adds: Option<f64>,
    /// Operations a second that a step reaches, two a multiply-add.
    pub achieved: Option<f64>,
    /// Operations a second of large matrix products in the same run.
    pub roofline: f64,
    /// `achieved / roofline`: the part of a step that its matrix products would take at that rate.
    pub roofline_share: Option<f64>,
    /// Bytes, up to the end of the first half of the run, in which nothing but training happens.
    pub peak_resident: Option<u64>,
}

/// The trainer that the measurement runs: `config`'s game on synthetic samples that its network serves.
pub(super) fn trainer(config: &Config, device: &Device) -> Result<Trainer> {
    let shape = sample_shape(&config.network, config.size)?;
    let data = Synthetic::new(shape, SAMPLES.max(config.batch));
    Trainer::on_dataset(config.clone(), Arc::new(data), device.clone())
}

/// [C, H, W] of the samples that a network is measured on: RGB of that size, or else grey where it can, as its papers have it.
///
/// # Errors
/// When the network is unknown, or does not serve them.
pub fn sample_shape(network: &str, size: Option<Size>) -> Result<[usize; 3]> {
    const SHAPES: [[usize; 3]; 4] = [[2, 1, 1], [1, 28, 28], [3, 32, 32], [3, 64, 64]];
    let known = || NETWORKS.iter().map(|known| known.name);
    let found = NETWORKS.iter().find(|known| known.name == network);
    let found = found.ok_or_else(|| Error::unknown_name("network", network, known()))?;
    let of_size = size.map(|size| [3, size.height, size.width]);
    let shape = of_size.into_iter().chain(SHAPES.into_iter().filter(|_| size.is_none()));
    let shape = shape.into_iter().find(|shape| found.serves(*shape));
    shape.ok_or_else(|| {
        let got = size.map_or_else(|| network.to_owned(), |size| format!("'{network}' at {size}"));
        Error::setting("network", format!("one that serves the size ('{network}' serves {})", found.samples), got)
    })
}

/// Times `config.steps` training steps on `device`, after `warmup` that are not timed. Half-way the measurements of the
/// roofline begin, one after each step.
///
/// # Errors
/// As [`Trainer::on_dataset`] and [`Trainer::train_step`].
pub fn step_times(config: &Config, device: &Device, warmup: u64) -> Result<StepTimes> {
    let mut trainer = trainer(config, device)?;
    let layers = LayerShapes::of(&config.network, trainer.data().shape[0], trainer.learner().latent_size());
    let multiply_adds = layers.map(|layers| step_multiply_adds(config, &layers)).transpose()?;
    for _ in 0..warmup {
        trainer.train_step()?;
    }
    let mut step = || milliseconds(device, || trainer.train_step());
    let first_half = config.steps.div_ceil(2);
    let mut times = (0..first_half).map(|_| step()).collect::<Result<Vec<f64>>>()?;
    let peak_resident = peak_resident();
    let mut roofline = Roofline::new(device);
    roofline.measure()?;
    roofline.measure()?;
    for _ in first_half..config.steps {
        times.push(step()?);
        roofline.measure()?;
    }
    let times = Times::of(times);
    let achieved = multiply_adds.map(|count| 2.0 * count * times.per_second());
    Ok(StepTimes {
        images_per_second: config.images_per_step() as f64 * times.per_second(),
        multiply_adds,
        achieved,
        roofline: roofline.rate(),
        roofline_share: achieved.map(|achieved| achieved / roofline.rate()),
        peak_resident,
        times,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_holds_together() {
        let config = Config { network: "mlp".into(), batch: 32, steps: 3, ..Config::default() };
        let measured = step_times(&config, &Device::flex(), 1).unwrap();
        assert!(measured.times.low <= measured.times.median && measured.times.median <= measured.times.high);
        assert!(measured.roofline > 0.0);
        let achieved = measured.achieved.unwrap();
        let per_image = 2.0 * measured.multiply_adds.unwrap() / 32.0;
        assert!((achieved / (per_image * measured.images_per_second) - 1.0).abs() < 1e-9);
    }
}
