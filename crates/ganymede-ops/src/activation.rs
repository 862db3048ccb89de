//! A tangent carried through a leaky ReLU.
//!
//! ```text
//! a'(z) t,      a'(z) = 1 for z > 0, slope otherwise: relu'(0) = 0, leaky'(0) = slope, as in PyTorch
//! ```
//! The mask is read off the activation's output `y`, which has the sign of `z`. The map is linear in `t` and its own adjoint.

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
    simd::simd,
};

/// Elements of one task.
const PIECE: usize = 1 << 15;

/// A tangent carried through a leaky ReLU: `t` where the activation's output `y` is positive, `slope * t` elsewhere.
///
/// # Shapes
/// `t` and `y` of one shape, which is the result's.
pub fn leaky_relu_tangent<const D: usize>(t: Tensor<D>, y: &Tensor<D>, slope: f64) -> Tensor<D> {
    if slope == 1.0 {
        return t;
    }
    if !(is_fused(&t) && is_fused(y) && t.dims() == y.dims()) {
        return composed::leaky_relu_tangent(t, y, slope);
    }
    let y = y.clone().detach();
    Tensor::from_dispatch(Dispatch::mask_by_sign(t.into_dispatch(), y.into_dispatch(), slope as f32))
}

#[backend_extension(Autodiff, Flex)]
pub trait TangentBackend: burn::backend::Backend {
    /// `t` where `y` is positive, `slope * t` elsewhere.
    fn mask_by_sign(t: FloatTensor<Self>, y: FloatTensor<Self>, slope: f32) -> FloatTensor<Self>;
}

impl TangentBackend for Flex {
    fn mask_by_sign(t: FloatTensor<Self>, y: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let mut masked = Dense::activation(t);
        let y = Dense::activation(y);
        masked
            .values_mut()
            .par_chunks_mut(PIECE)
            .zip(y.values().par_chunks(PIECE))
            .for_each(|(t, y)| mask(t, y, slope));
        masked.into_activation()
    }
}

simd!(
    /// `g <- a'(.) g` where the activation's output was `y`.
    fn mask(g: &mut [f32], y: &[f32], slope: f32) {
        for (g, y) in g.iter_mut().zip(y) {
            *g *= if *y > 0.0 { 1.0 } else { slope };
        }
    }
);

#[derive(Debug)]
struct Mask;

impl Backward<Flex, 1> for Mask {
    type State = (FloatTensor<Flex>, f32);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let g = gradients.consume::<Flex>(&ops.node);
        let (y, slope) = ops.state;
        if let [Some(t)] = ops.parents {
            gradients.register::<Flex>(t.id, Flex::mask_by_sign(g, y, slope));
        }
    }
}

impl<C: CheckpointStrategy> TangentBackend for Autodiff<Flex, C> {
    fn mask_by_sign(t: FloatTensor<Self>, y: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let ((t, node), y) = (t.into_parts(), y.into_primitive());
        let masked = Flex::mask_by_sign(t, y.clone(), slope);
        record::<_, C, 1>(Mask, [node], masked, || (y, slope))
    }
}
