//! `softplus(x) = log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))`, and its derivative, the sigmoid.

use burn::{
    backend::{
        Autodiff, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};
use rayon::prelude::*;

use crate::{
    composed,
    layout::Dense,
    record::{is_fused, record},
};

/// Elements of one task.
const PIECE: usize = 1 << 12;

/// `log(1 + exp(x))`: the one softplus, used by every loss. The value is exact to rounding over the whole range, and the
/// gradient is the sigmoid itself (composed of maximum, exponential and logarithm it would be 0 at x = 0 and cancel in the tail).
pub fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !is_fused(&x) {
        return composed::softplus(x);
    }
    Tensor::from_dispatch(Dispatch::softplus(x.into_dispatch()))
}

#[backend_extension(Autodiff, Flex)]
pub trait SoftplusBackend: burn::backend::Backend {
    fn softplus(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl SoftplusBackend for Flex {
    fn softplus(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let mut y = Dense::activation(x);
        y.values_mut().par_chunks_mut(PIECE).for_each(|y| {
            for y in y {
                *y = y.max(0.0) + (-y.abs()).exp().ln_1p() + nan_of(*y);
            }
        });
        y.into_activation()
    }
}

/// NaN for NaN, which `max` would lose; 0 otherwise.
fn nan_of(x: f32) -> f32 {
    if x.is_nan() { x } else { 0.0 }
}

#[derive(Debug)]
struct SoftplusGradient;

impl Backward<Flex, 1> for SoftplusGradient {
    type State = FloatTensor<Flex>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let mut g = Dense::activation(gradients.consume::<Flex>(&ops.node));
        let x = Dense::activation(ops.state);
        if let [Some(node)] = ops.parents {
            g.values_mut().par_chunks_mut(PIECE).zip(x.values().par_chunks(PIECE)).for_each(|(g, x)| {
                for (g, x) in g.iter_mut().zip(x) {
                    *g *= sigmoid(*x);
                }
            });
            gradients.register::<Flex>(node.id, g.into_activation());
        }
    }
}

/// `1 / (1 + exp(-x))`, with its relative precision for x far below 0 too.
fn sigmoid(x: f32) -> f32 {
    let small = (-x.abs()).exp();
    (if x < 0.0 { small } else { 1.0 }) / (1.0 + small)
}

impl<C: CheckpointStrategy> SoftplusBackend for Autodiff<Flex, C> {
    fn softplus(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = Flex::softplus(x.clone());
        record::<_, C, 1>(SoftplusGradient, [node], y, || x)
    }
}
