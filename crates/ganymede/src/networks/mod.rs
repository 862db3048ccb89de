//! The networks: one file a pair, the generator and the discriminator that mirrors it.
//!
//! [`Generator`] and [`Discriminator`] are what the training needs of a network; a program's own burn modules implement
//! them in a few lines and train under every objective and penalty of this library.

mod builtin;
mod conditional;
#[cfg(test)]
mod conditional_tests;
mod dcgan;
mod heads;
mod infogan28;
mod mlp;
mod norm;
mod pass;
mod r3gan;
mod small28;
mod sngan;
#[cfg(test)]
mod tests;

pub use builtin::{BuiltinDiscriminator, BuiltinGenerator, NETWORKS, Network, build, build_autoencoder};
pub use conditional::{ClassSampling, Conditional, Ends, GeneratorClasses, GeneratorLabels, HeadKind};
pub use dcgan::{DcganDiscriminator, DcganGenerator, DcganSize};
pub use heads::{Head, LabelPlanes, Projection};
pub use infogan28::{InfoGan28Discriminator, InfoGan28Generator};
pub use mlp::{MlpDiscriminator, MlpGenerator};
pub use norm::Norm;
pub use pass::{Blend, Mode, Pass};
pub use r3gan::{Capacity, R3GanDiscriminator, R3GanGenerator};
pub use small28::{Small28Discriminator, Small28Generator};
pub use sngan::{SnGanDiscriminator, SnGanGenerator};

use burn::{module::Module, tensor::Tensor};

use crate::{layers::BatchNorm, signal::Signal};

/// A map from latents to samples.
pub trait Generator: Module + Sync {
    /// The number of latent dimensions.
    fn latent_size(&self) -> usize;

    /// # Shapes
    /// `z` [N, latent] -> [N, C, H, W], images in [-1, 1]; exactly where a tanh bounds them.
    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4>;

    /// The number of classes that can be asked for; none where it takes no labels.
    fn classes(&self) -> Option<usize> {
        None
    }
}

/// A generator that says what its samples are squashed from, as likelihoods need it.
pub trait Decoder: Generator {
    /// Samples before the tanh that bounds images; points are not bounded, and are the samples themselves.
    ///
    /// # Shapes
    /// `z` [N, latent] -> [N, C, H, W].
    fn unbounded(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4>;

    /// Whether a tanh bounds its samples.
    fn is_bounded(&self) -> bool {
        true
    }
}

/// A map from samples to logits: `h(x)`, positive where `x` looks real.
pub trait Discriminator: Module + Sync {
    /// # Shapes
    /// `x` [N, C, H, W] -> [N, 1].
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2>;

    /// The number of classes that it tells apart; none where it takes no labels.
    fn classes(&self) -> Option<usize> {
        None
    }

    /// Whether a logit depends on the other samples of its batch (batch normalisation, minibatch statistics). Where it
    /// does, real and generated samples go through in batches of their own, and gradient penalties are refused.
    fn couples_samples(&self) -> bool {
        false
    }

    /// Called once before each update, for state that is advanced rather than learnt (power iterations).
    fn before_update(&mut self) {}
}

/// `x` with the planes of its label, where the network sees the class at its input.
fn labelled(planes: &Option<LabelPlanes>, x: Signal<4>, pass: &Pass) -> Signal<4> {
    match planes {
        Some(planes) => planes.forward(x, pass),
        None => x,
    }
}

/// `x` through the batch normalisation, where the network has one at that place.
fn normalized<const D: usize>(norm: &Option<BatchNorm>, x: Signal<D>, pass: &Pass) -> Signal<D> {
    match norm {
        Some(norm) => norm.forward(x, pass.mode),
        None => x,
    }
}
