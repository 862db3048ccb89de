//! Images as features and back.
//!
//! ```text
//! flatten [N, C, H, W] -> [N, C H W]:     [N][H W][C] -> [C][H W][N] in memory         unflatten: its inverse
//! ```
//! Each is the other's adjoint. A tensor that lies row by row is only seen under another shape.

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
    tensor::{Shape, Tensor},
};

use crate::{
    composed,
    layout::{Dense, dims, feature_strides, image_strides},
    record::{is_fused, record},
    transpose::exchanged,
};

/// `[N, C, H, W] -> [N, C H W]`.
pub fn flatten(x: Tensor<4>) -> Tensor<2> {
    if !is_fused(&x) {
        return composed::flatten(x);
    }
    Tensor::from_dispatch(Dispatch::images_to_features(x.into_dispatch()))
}

/// `[N, C H W] -> [N, C, H, W]`.
///
/// # Panics
/// Where the sizes differ.
pub fn unflatten(x: Tensor<2>, [channels, height, width]: [usize; 3]) -> Tensor<4> {
    if !is_fused(&x) {
        return composed::unflatten(x, [channels, height, width]);
    }
    Tensor::from_dispatch(Dispatch::features_to_images(x.into_dispatch(), channels, height, width))
}

#[backend_extension(Autodiff, Flex)]
pub trait FlattenBackend: burn::backend::Backend {
    /// `[N, C, H, W] -> [N, C H W]`.
    fn images_to_features(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// `[N, C H W] -> [N, C, H, W]`.
    fn features_to_images(x: FloatTensor<Self>, channels: usize, height: usize, width: usize) -> FloatTensor<Self>;
}

impl FlattenBackend for Flex {
    fn images_to_features(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let [batch, channels, height, width] = dims(&x);
        let shape = [batch, channels * height * width];
        if x.is_contiguous() {
            return x.reshape(Shape::from(shape));
        }
        let y = exchanged(Dense::images(x).values(), [batch, height * width, channels]);
        y.into_tensor(shape, feature_strides(shape))
    }

    fn features_to_images(x: FloatTensor<Self>, channels: usize, height: usize, width: usize) -> FloatTensor<Self> {
        let [batch, features] = dims(&x);
        assert_eq!(features, channels * height * width, "unflatten: the images have another size than the features");
        let shape = [batch, channels, height, width];
        if x.is_contiguous() {
            return x.reshape(Shape::from(shape));
        }
        let y = exchanged(Dense::features(x).values(), [channels, height * width, batch]);
        y.into_tensor(shape, image_strides(shape))
    }
}

#[derive(Debug)]
struct Flatten;

impl Backward<Flex, 1> for Flatten {
    type State = [usize; 3];

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let g = gradients.consume::<Flex>(&ops.node);
        let [channels, height, width] = ops.state;
        if let [Some(x)] = ops.parents {
            gradients.register::<Flex>(x.id, Flex::features_to_images(g, channels, height, width));
        }
    }
}

#[derive(Debug)]
struct Unflatten;

impl Backward<Flex, 1> for Unflatten {
    type State = ();

    fn backward(self, ops: Ops<(), 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let g = gradients.consume::<Flex>(&ops.node);
        if let [Some(x)] = ops.parents {
            gradients.register::<Flex>(x.id, Flex::images_to_features(g));
        }
    }
}

impl<C: CheckpointStrategy> FlattenBackend for Autodiff<Flex, C> {
    fn images_to_features(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let [_, channels, height, width] = dims(&x);
        record::<_, C, 1>(Flatten, [node], Flex::images_to_features(x), || [channels, height, width])
    }

    fn features_to_images(x: FloatTensor<Self>, channels: usize, height: usize, width: usize) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        record::<_, C, 1>(Unflatten, [node], Flex::features_to_images(x, channels, height, width), || ())
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::flex::FlexTensor;

    use super::*;

    #[test]
    fn flattening_a_tensor_that_lies_row_by_row_copies_nothing() {
        let x = FlexTensor::from_data(burn::tensor::TensorData::from([[[[1.0f32, 2.0]], [[3.0, 4.0]]]]));
        let y = Flex::images_to_features(x.clone());
        assert!(std::ptr::eq(x.storage::<f32>(), y.storage::<f32>()));
    }
}
