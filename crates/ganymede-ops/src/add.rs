//! The sum of two activations, in the order of memory that both lie in: the skip of a residual block.
//!
//! ```text
//! y = a + b          ga = gy,  gb = gy
//! ```

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
    layout::{Dense, dims},
    record::{is_fused, record},
    simd::simd,
};

/// Elements of one task.
const PIECE: usize = 1 << 15;

/// `a + b`.
///
/// # Shapes
/// [N, C, H, W] both, and the sum.
///
/// # Panics
/// Where the shapes differ.
pub fn add(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    if !is_fused(&a) || !is_fused(&b) {
        return composed::add(a, b);
    }
    Tensor::from_dispatch(Dispatch::sum_of_images(a.into_dispatch(), b.into_dispatch()))
}

#[backend_extension(Autodiff, Flex)]
pub trait AddBackend: burn::backend::Backend {
    fn sum_of_images(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl AddBackend for Flex {
    fn sum_of_images(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        assert_eq!(dims::<4>(&a), dims::<4>(&b), "a sum of images: the shapes differ");
        let (mut sum, b) = (Dense::images(a), Dense::images(b));
        let pieces = sum.values_mut().par_chunks_mut(PIECE).zip(b.values().par_chunks(PIECE));
        pieces.for_each(|(sum, b)| add_to(sum, b));
        sum.into_images()
    }
}

simd!(
    fn add_to(sum: &mut [f32], other: &[f32]) {
        for (sum, other) in sum.iter_mut().zip(other) {
            *sum += other;
        }
    }
);

#[derive(Debug)]
struct AddGradient;

impl Backward<Flex, 2> for AddGradient {
    type State = ();

    fn backward(self, ops: Ops<(), 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let g = gradients.consume::<Flex>(&ops.node);
        for parent in ops.parents.into_iter().flatten() {
            gradients.register::<Flex>(parent.id, g.clone());
        }
    }
}

impl<C: CheckpointStrategy> AddBackend for Autodiff<Flex, C> {
    fn sum_of_images(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        let ((a, a_node), (b, b_node)) = (a.into_parts(), b.into_parts());
        record::<_, C, 2>(AddGradient, [a_node, b_node], Flex::sum_of_images(a, b), || ())
    }
}
