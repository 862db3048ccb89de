//! The batch normalisation of a generator: the same for every sample, or with gain and bias of its class.

use burn::module::Module;

use super::Pass;
use crate::{
    layers::{BatchNorm, ConditionalBatchNorm},
    signal::Signal,
};

/// Batch normalisation of either kind.
#[derive(Module, Debug)]
pub enum Norm {
    Plain(BatchNorm),
    Conditional(ConditionalBatchNorm),
}

impl Norm {
    /// # Shapes
    /// [N, C, ...] -> [N, C, ...].
    pub fn forward<const D: usize>(&self, x: Signal<D>, pass: &Pass) -> Signal<D> {
        match self {
            Norm::Plain(norm) => norm.forward(x, pass.mode),
            Norm::Conditional(norm) => norm.forward(x, pass),
        }
    }
}
