//! The networks: one file a pair, the generator and the discriminator that mirrors it.
//!
//! [`Generator`] and [`Discriminator`] are what the training needs of a network; a program's own burn modules implement
//! them in a few lines and train under every objective and penalty of this library.

mod builtin;
mod dcgan32;
mod infogan28;
mod mlp;
mod small28;
#[cfg(test)]
mod tests;

pub use builtin::{BuiltinDiscriminator, BuiltinGenerator, NETWORKS, Network, build};
pub use dcgan32::{Dcgan32Discriminator, Dcgan32Generator};
pub use infogan28::{InfoGan28Discriminator, InfoGan28Generator};
pub use mlp::{MlpDiscriminator, MlpGenerator};
pub use small28::{Small28Discriminator, Small28Generator};

use burn::{module::Module, tensor::Tensor};

use crate::{layers::BatchNorm, signal::Signal};

/// Whether a pass is part of training (batch statistics, which also move the running ones) or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Train,
    Eval,
}

/// The circumstances of one forward pass.
#[derive(Debug, Clone)]
pub struct Pass<'a> {
    pub mode: Mode,
    /// The class of each sample, where the networks are conditional.
    pub labels: Option<&'a [usize]>,
}

impl<'a> Pass<'a> {
    pub fn train() -> Self {
        Pass { mode: Mode::Train, labels: None }
    }

    pub fn eval() -> Self {
        Pass { mode: Mode::Eval, labels: None }
    }

    pub fn with_labels(self, labels: Option<&'a [usize]>) -> Self {
        Pass { labels, ..self }
    }
}

/// A map from latents to samples.
pub trait Generator: Module + Sync {
    /// The number of latent dimensions.
    fn latent_size(&self) -> usize;

    /// # Shapes
    /// `z` [N, latent] -> [N, C, H, W], images in [-1, 1].
    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4>;
}

/// A map from samples to logits: `h(x)`, positive where `x` looks real.
pub trait Discriminator: Module + Sync {
    /// # Shapes
    /// `x` [N, C, H, W] -> [N, 1].
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2>;

    /// Whether a logit depends on the other samples of its batch (batch normalisation, minibatch statistics). Where it
    /// does, real and generated samples go through in batches of their own, and gradient penalties are refused.
    fn couples_samples(&self) -> bool {
        false
    }

    /// Called once before each update, for state that is advanced rather than learnt (power iterations).
    fn before_update(&mut self) {}
}

/// `x` through the batch normalisation, where the network has one at that place.
fn normalized<const D: usize>(norm: &Option<BatchNorm>, x: Signal<D>, pass: &Pass) -> Signal<D> {
    match norm {
        Some(norm) => norm.forward(x, pass.mode),
        None => x,
    }
}
