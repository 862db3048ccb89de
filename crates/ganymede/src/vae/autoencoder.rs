//! Encoder, decoder and the scale of the likelihood: what the bound is computed from.

use burn::{
    module::{Module, ModuleDisplay, Param, ParamId},
    tensor::{Device, Tensor},
};

use super::likelihoods::{Decoded, Likelihood, Scale};
use crate::{
    error::{Error, Result},
    networks::{Decoder, Discriminator, Pass},
    signal::Signal,
};

/// A decoder `z -> x` and an encoder `x -> mean, log-variance`.
#[derive(Module, Debug)]
pub struct Autoencoder<G: Module + ModuleDisplay, E: Module + ModuleDisplay> {
    pub generator: G,
    pub encoder: E,
    /// log of the likelihood's scale [1], where it has one; trained where it is learnt.
    pub log_scale: Option<Param<Tensor<1>>>,
}

/// The posterior of each sample.
#[derive(Debug, Clone)]
pub struct Posterior {
    /// [N, latent].
    pub mean: Tensor<2>,
    /// [N, latent].
    pub log_variance: Tensor<2>,
}

impl Posterior {
    /// `mean + exp(log_variance / 2) noise`.
    pub fn latents(&self, noise: Tensor<2>) -> Tensor<2> {
        self.mean.clone() + (self.log_variance.clone() * 0.5).exp() * noise
    }

    /// The divergence from N(0, I) of each sample, in nats.
    ///
    /// # Shapes
    /// -> [N, 1].
    pub fn divergence(&self) -> Tensor<2> {
        let Posterior { mean, log_variance } = self.clone();
        (mean.square() + log_variance.clone().exp() - 1.0 - log_variance).sum_dim(1) * 0.5
    }
}

impl<G: Decoder + ModuleDisplay, E: Discriminator + ModuleDisplay> Autoencoder<G, E> {
    pub fn new(generator: G, encoder: E, scale: Scale, device: &Device) -> Self {
        let log_scale = |scale: f64, trained: bool| {
            let tensor = Tensor::<1>::from_data([scale.ln()], device).set_require_grad(trained && device.is_autodiff());
            Param::initialized(ParamId::new(), tensor)
        };
        let log_scale = match scale {
            Scale::None => None,
            Scale::Fixed(scale) => Some(log_scale(scale, false)),
            Scale::Learned(scale) => Some(log_scale(scale, true)),
        };
        Autoencoder { generator, encoder, log_scale }
    }

    /// # Shapes
    /// `x` [N, C, H, W].
    ///
    /// # Errors
    /// [`Error::Shape`] where the encoder does not give two numbers for each latent dimension.
    pub fn encode(&self, x: Tensor<4>, pass: &Pass) -> Result<Posterior> {
        let (n, latent) = (x.dims()[0], self.generator.latent_size());
        let both = self.encoder.forward(x.into(), pass).value;
        if both.dims() != [n, 2 * latent] {
            return Err(Error::Shape {
                operation: "encoder",
                expected: format!("[{n}, {}]: mean and log-variance of {latent} latent dimensions", 2 * latent),
                got: both.dims().to_vec(),
            });
        }
        Ok(Posterior { mean: both.clone().narrow(1, 0, latent), log_variance: both.narrow(1, latent, latent) })
    }

    /// `log p(x|z)` of each sample, in nats.
    ///
    /// # Shapes
    /// `x` [N, C, H, W], `z` [N, latent] -> [N, 1].
    ///
    /// # Errors
    /// [`Error::Shape`] where the decoder makes other samples.
    pub fn log_likelihood(
        &self,
        likelihood: &dyn Likelihood,
        x: &Tensor<4>,
        z: Tensor<2>,
        pass: &Pass,
    ) -> Result<Tensor<2>> {
        let unbounded = self.generator.unbounded(z, pass);
        if unbounded.dims() != x.dims() {
            return Err(Error::Shape {
                operation: "decoder",
                expected: format!("samples of shape {:?}, as the data have", x.dims()),
                got: unbounded.dims().to_vec(),
            });
        }
        let mean =
            if self.generator.is_bounded() { Signal::from(unbounded.clone()).tanh().value } else { unbounded.clone() };
        let log_scale = match &self.log_scale {
            Some(log_scale) => log_scale.val().reshape([1, 1, 1, 1]),
            None => Tensor::zeros([1, 1, 1, 1], (&x.device(), x.dtype())),
        };
        let each = likelihood.log_density(x, Decoded { unbounded, mean }, log_scale);
        Ok(ganymede_ops::flatten(each).sum_dim(1))
    }
}
