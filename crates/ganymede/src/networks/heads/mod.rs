//! What is read from a discriminator's features: one head a file.

mod concat;
mod projection;

use burn::module::Module;

pub use concat::LabelPlanes;
pub use projection::Projection;

use super::Pass;
use crate::{
    layers::{Initializer, Linear},
    signal::Signal,
};

/// The last layer of a discriminator or an encoder.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "one a network, never a collection")]
pub enum Head {
    Plain(Linear),
    Projection(Projection),
}

impl Head {
    /// A full connection to `outputs` numbers, which knows of no class.
    pub fn plain(features: usize, outputs: usize, init: &mut Initializer) -> Self {
        Head::Plain(Linear::new(features, outputs, init))
    }

    pub fn projection(features: usize, classes: usize, psi: bool, init: &mut Initializer) -> Self {
        Head::Projection(Projection::new(features, classes, psi, init))
    }

    /// With each weight divided by its largest singular value.
    pub fn spectral_norm(self, init: &mut Initializer) -> Self {
        match self {
            Head::Plain(layer) => Head::Plain(layer.spectral_norm(init)),
            Head::Projection(head) => Head::Projection(head.spectral_norm(init)),
        }
    }

    /// Advances the power iterations of the spectral norms, where there are any.
    pub fn before_update(&self) {
        match self {
            Head::Plain(layer) => layer.before_update(),
            Head::Projection(head) => head.before_update(),
        }
    }

    /// # Shapes
    /// `phi` [N, features] -> [N, outputs], one output for a logit.
    pub fn forward(&self, phi: Signal<2>, pass: &Pass) -> Signal<2> {
        match self {
            Head::Plain(layer) => layer.forward(phi),
            Head::Projection(head) => head.forward(phi, pass),
        }
    }

    /// The classes that it tells apart.
    pub fn classes(&self) -> Option<usize> {
        match self {
            Head::Plain(_) => None,
            Head::Projection(head) => Some(head.classes()),
        }
    }
}
