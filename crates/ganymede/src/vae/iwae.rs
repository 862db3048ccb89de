//! The importance-weighted bound of held-out samples' log-likelihood (Burda, Grosse & Salakhutdinov 2016).
//!
//! ```text
//! L_k = E[ log (1/k) sum_i w_i ],   w_i = p(x|z_i) p(z_i) / q(z_i|x),   z_i ~ q(z|x)
//! ELBO = L_1 <= L_k <= L_k+1 <= log p(x),   L_k -> log p(x) as k grows
//! log w = log p(x|z) - |z|^2 / 2 + |eps|^2 / 2 + sum(log_variance) / 2        z = mean + exp(log_variance / 2) eps
//! ```
//! The sum is taken in logarithms with the largest weight set apart, in f64, chunk by chunk: memory does not grow with k. The
//! noise of a sample depends on the seed and the sample's number alone, not on how the work is cut.

use std::path::Path;

use burn::{
    module::Module,
    tensor::{Device, Tensor, TensorData},
};
use serde::Serialize;

use super::{
    Autoencoder,
    learner::{AVERAGE, AVERAGE_ENCODER, LOG_SCALE},
    likelihoods::{self, Likelihood},
};
use crate::{
    checkpoint::{Checkpoint, DataInfo},
    config::Config,
    error::{Error, Result},
    features::Samples,
    networks::{self, BuiltinDiscriminator, BuiltinGenerator, Generator, Pass},
    parameters,
    random::{Draws, Purpose, Seed, Step},
    sampling::newest_checkpoint,
};

/// The most importance samples that may be asked for.
pub const MOST_SAMPLES: usize = 5000;
/// Latents that are decoded at a time.
const CHUNK: usize = 256;

/// How a bound is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct IwaeOptions {
    /// Importance samples of the latent for each sample: k, from 1 to [`MOST_SAMPLES`].
    pub samples: usize,
    pub seed: Seed,
}

/// The bound, in nats of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IwaeBound {
    /// The mean of `L_k` over the held-out samples.
    pub value: f64,
    /// The standard error of that mean.
    pub error: f64,
    /// `L_1` from the same latents, all of them used.
    pub elbo: f64,
    /// The part of `elbo` that is the divergence from the prior.
    pub kl: f64,
    /// Held-out samples.
    pub count: usize,
}

/// The averaged decoder and encoder of a checkpoint.
#[derive(Debug)]
pub struct TrainedVae {
    model: Autoencoder<BuiltinGenerator, BuiltinDiscriminator>,
    likelihood: &'static dyn Likelihood,
    pub config: Config,
    pub data: DataInfo,
    pub step: Step,
    device: Device,
}

impl TrainedVae {
    /// Opens a checkpoint file, or the newest checkpoint of a run directory.
    ///
    /// # Errors
    /// When there is none, it cannot be loaded, or holds no VAE.
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        let file = if path.is_dir() { newest_checkpoint(path)? } else { path.to_owned() };
        let checkpoint = Checkpoint::load(&file)?;
        if checkpoint.config.vae.is_none() {
            let got = format!("{}, a game of {}", file.display(), checkpoint.config.objective);
            return Err(Error::setting("iwae", "a run of `ganymede train --model vae`", got));
        }
        Self::new(checkpoint, device).map_err(|error| Error::checkpoint(&file, error))
    }

    /// The VAE of a checkpoint that is in memory.
    ///
    /// # Errors
    /// When it is none, or a tensor is missing or of another shape.
    pub fn new(checkpoint: Checkpoint, device: &Device) -> Result<Self> {
        let Checkpoint { config, data, step, tensors, .. } = checkpoint;
        let settings = config.vae.clone().ok_or_else(|| Error::setting("model", "a VAE", "a game"))?;
        let (likelihood, scale) = likelihoods::parse(&settings.likelihood)?;
        let (decoder, encoder) = networks::build_autoencoder(&config, data.shape, data.classes.len(), device)?;
        let mut model = Autoencoder::new(
            parameters::load(decoder.no_grad(), AVERAGE, &tensors)?,
            parameters::load(encoder.no_grad(), AVERAGE_ENCODER, &tensors)?,
            scale,
            device,
        );
        if let Some(log_scale) = model.log_scale.take() {
            let saved = tensors.get(LOG_SCALE).filter(|data| data.shape().to_vec() == [1]);
            let saved = saved.ok_or_else(|| Error::setting(format!("tensor '{LOG_SCALE}'"), "shape [1]", "none"))?;
            model.log_scale = Some(log_scale.map(|_| Tensor::from_data(saved.clone(), device)));
        }
        Ok(TrainedVae { model, likelihood, config, data, step, device: device.clone() })
    }

    /// The bound of `samples`, which the model was not trained on; `progress` hears of samples done.
    ///
    /// # Errors
    /// [`Error::Setting`] for more importance samples than [`MOST_SAMPLES`], or labels that the model needs and the samples
    /// lack; [`Error::Measurement`] for samples of another shape, or weights that are no numbers.
    pub fn bound(&self, samples: &Samples, options: IwaeOptions, progress: &dyn Fn(usize, usize)) -> Result<IwaeBound> {
        let IwaeOptions { samples: k, seed } = options;
        if !(1..=MOST_SAMPLES).contains(&k) {
            return Err(Error::setting("iwae", format!("1 to {MOST_SAMPLES} importance samples"), k));
        }
        if samples.shape() != self.data.shape {
            let got = format!("{:?}", samples.shape());
            return Err(Error::measurement(METRIC, format!("samples of {:?}", self.data.shape), got, "resize them"));
        }
        let count = samples.count();
        let labels = match self.model.generator.classes() {
            None => None,
            Some(classes) => {
                let labels = samples.labels().unwrap_or_default();
                crate::training::check_labels(labels, count, classes)?;
                Some(labels)
            }
        };
        let (mut bounds, mut elbo, mut kl) = (Vec::with_capacity(count), 0.0, 0.0);
        // as many samples at a time as their latents fill a chunk, and at least one
        let together = (CHUNK / k).max(1);
        for start in (0..count).step_by(together) {
            let indices: Vec<usize> = (start..count.min(start + together)).collect();
            for one in self.weights(samples, labels, &indices, k, seed)? {
                let Weights { largest, sum, mean, divergence } = one;
                bounds.push(largest + sum.ln() - (k as f64).ln());
                elbo += mean / count as f64;
                kl += divergence / count as f64;
            }
            progress(start + indices.len(), count);
        }
        let value = bounds.iter().sum::<f64>() / count as f64;
        if !value.is_finite() {
            let advice = "the model diverged: go back to an earlier checkpoint";
            return Err(Error::measurement(METRIC, "finite weights", value, advice));
        }
        let variance = bounds.iter().map(|bound| (bound - value).powi(2)).sum::<f64>() / count as f64;
        Ok(IwaeBound { value, error: (variance / count as f64).sqrt(), elbo, kl, count })
    }

    /// What the decoder makes of the middle of the prior.
    #[cfg(test)]
    pub(super) fn sample_of_zero(&self) -> Tensor<4> {
        let z = Tensor::zeros([1, self.model.generator.latent_size()], &self.device);
        self.model.generator.forward(z, &Pass::eval())
    }

    /// What the `k` weights of each sample come to.
    fn weights(
        &self,
        samples: &Samples,
        labels: Option<&[usize]>,
        indices: &[usize],
        k: usize,
        seed: Seed,
    ) -> Result<Vec<Weights>> {
        let x = batch(samples, indices, &self.device);
        let of = |indices: &[usize]| labels.map(|labels| indices.iter().map(|i| labels[*i]).collect::<Vec<_>>());
        let own = of(indices);
        let posterior = self.model.encode(x, &Pass::eval().with_labels(own.as_deref()))?;
        let latent = posterior.mean.dims()[1];
        let divergence = host(posterior.divergence());
        let (mean, log_variance) = (host(posterior.mean), host(posterior.log_variance));
        let mut noise: Vec<Draws> =
            indices.iter().map(|index| Draws::new(seed, Purpose::Posterior, *index as u64)).collect();
        let mut weights: Vec<Weights> = divergence.into_iter().map(Weights::none).collect();
        for first in (0..k).step_by(CHUNK) {
            let each = CHUNK.min(k - first);
            let rows = indices.len() * each;
            let (mut z, mut of_latent) = (Vec::with_capacity(rows * latent), Vec::with_capacity(rows));
            for (place, noise) in noise.iter_mut().enumerate() {
                let range = place * latent..(place + 1) * latent;
                let (mean, log_variance) = (&mean[range.clone()], &log_variance[range]);
                let spread: f64 = log_variance.iter().sum::<f64>() / 2.0;
                for _ in 0..each {
                    let mut log_ratio = spread;
                    for ((mean, log_variance), eps) in mean.iter().zip(log_variance).zip(noise.normals(latent)) {
                        let eps = f64::from(eps);
                        let value = mean + (log_variance / 2.0).exp() * eps;
                        log_ratio += (eps * eps - value * value) / 2.0;
                        z.push(value as f32);
                    }
                    of_latent.push(log_ratio);
                }
            }
            let repeated: Vec<usize> = indices.iter().flat_map(|index| std::iter::repeat_n(*index, each)).collect();
            let x = batch(samples, &repeated, &self.device);
            let z = Tensor::from_data(TensorData::new(z, [rows, latent]), &self.device);
            let own = of(&repeated);
            let pass = Pass::eval().with_labels(own.as_deref());
            let log_p = host(self.model.log_likelihood(self.likelihood, &x, z, &pass)?);
            for (row, (log_p, log_ratio)) in log_p.into_iter().zip(of_latent).enumerate() {
                weights[row / each].add(log_p + log_ratio, k);
            }
        }
        Ok(weights)
    }
}

const METRIC: &str = "importance-weighted bound";

/// A sum of weights whose logarithms come one after the other.
#[derive(Debug, Clone, Copy)]
struct Weights {
    largest: f64,
    /// Of all weights over the largest one.
    sum: f64,
    mean: f64,
    divergence: f64,
}

impl Weights {
    fn none(divergence: f64) -> Self {
        Weights { largest: f64::NEG_INFINITY, sum: 0.0, mean: 0.0, divergence }
    }

    fn add(&mut self, log_weight: f64, of: usize) {
        if log_weight > self.largest {
            self.sum = self.sum * (self.largest - log_weight).exp() + 1.0;
            self.largest = log_weight;
        } else {
            self.sum += (log_weight - self.largest).exp();
        }
        self.mean += log_weight / of as f64;
    }
}

fn batch(samples: &Samples, indices: &[usize], device: &Device) -> Tensor<4> {
    let [c, h, w] = samples.shape();
    let values: Vec<f32> = indices.iter().flat_map(|index| samples.sample(*index)).copied().collect();
    Tensor::from_data(TensorData::new(values, [indices.len(), c, h, w]), device)
}

fn host(tensor: Tensor<2>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_far_apart_and_far_from_zero_are_summed_without_loss() {
        let of = |logs: &[f64]| {
            let mut weights = Weights::none(0.0);
            logs.iter().for_each(|log| weights.add(*log, logs.len()));
            weights.largest + weights.sum.ln()
        };
        assert!((of(&[-1e4, -1e4]) - (-1e4 + 2f64.ln())).abs() < 1e-9);
        assert!((of(&[0.0, 1e5, -1e5]) - 1e5).abs() < 1e-9);
        let logs: [f64; 4] = [-3.0, 0.5, -0.25, -700.0];
        assert!((of(&logs) - logs.iter().map(|log| log.exp()).sum::<f64>().ln()).abs() < 1e-12);
    }
}
