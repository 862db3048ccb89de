//! Convolution and transposed convolution with bias and activation.
//!
//! ```text
//! y = a(conv(x, W) + b)          gx = conv^T(gz, W)          gW = columns(x)^T gz          gb = sum gz
//! y = a(conv^T(x, W) + b)        gx = conv(gz, W)            gW = columns(gz)^T x          gb = sum gz
//! ```
//! with `gz = a'(.) gy`: each is the other's adjoint, so that three kernels serve both.

use burn::{
    backend::{
        Autodiff, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops},
        },
        backend_extension,
        flex::FlexTensor,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};

use crate::{
    channels::{Channels, activation_gradient},
    composed,
    conv_kernels::{convolve, convolve_adjoint, weight_gradient},
    im2col::Geometry,
    layout::{Dense, dims, image_strides},
    record::{bias_or_none, is_fused, record},
};

/// `a(conv(x, w) + b)`, square stride and zero padding.
///
/// # Shapes
/// `x` [N, in, H, W], `weight` [out, in, k, k], `bias` [out] -> [N, out, (H + 2p - k)/s + 1, (W + 2p - k)/s + 1].
///
/// # Panics
/// Where the shapes do not fit together.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
    slope: f64,
) -> Tensor<4> {
    if !is_taken(&x, &weight, slope) {
        return composed::conv2d(x, weight, bias, stride, padding, slope);
    }
    run(x, weight, bias, Convolution { stride, padding, slope: slope as f32, transposed: false })
}

/// `a(conv^T(x, w) + b)`, square stride and zero padding.
///
/// # Shapes
/// `x` [N, in, H, W], `weight` [in, out, k, k], `bias` [out] -> [N, out, (H - 1)s - 2p + k, (W - 1)s - 2p + k].
///
/// # Panics
/// Where the shapes do not fit together.
pub fn conv_transpose2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
    slope: f64,
) -> Tensor<4> {
    if !is_taken(&x, &weight, slope) {
        return composed::conv_transpose2d(x, weight, bias, stride, padding, slope);
    }
    run(x, weight, bias, Convolution { stride, padding, slope: slope as f32, transposed: true })
}

/// Square kernels only: the composed form takes the others.
fn is_taken(x: &Tensor<4>, weight: &Tensor<4>, slope: f64) -> bool {
    let [_, _, height, width] = weight.dims();
    slope >= 0.0 && height == width && is_fused(x) && is_fused(weight)
}

fn run(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, convolution: Convolution) -> Tensor<4> {
    let bias = bias_or_none(bias, &x).into_dispatch();
    Tensor::from_dispatch(Dispatch::convolution(x.into_dispatch(), weight.into_dispatch(), bias, convolution))
}

/// What a convolution is, apart from its tensors.
#[derive(Debug, Clone, Copy)]
pub struct Convolution {
    stride: usize,
    padding: usize,
    slope: f32,
    transposed: bool,
}

impl Convolution {
    fn geometry(&self, x: [usize; 4], weight: [usize; 4]) -> Geometry {
        if self.transposed {
            Geometry::of_transposed(x, weight, self.stride, self.padding)
        } else {
            Geometry::of_convolution(x, weight, self.stride, self.padding)
        }
    }
}

#[backend_extension(Autodiff, Flex)]
pub trait ConvolutionBackend: burn::backend::Backend {
    /// `a(conv(x, w) + b)` or `a(conv^T(x, w) + b)`; a bias of no numbers is none.
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        convolution: Convolution,
    ) -> FloatTensor<Self>;
}

impl ConvolutionBackend for Flex {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        convolution: Convolution,
    ) -> FloatTensor<Self> {
        let geometry = convolution.geometry(dims(&x), dims(&weight));
        let bias = Dense::rows(bias);
        let bias = Some(bias.values()).filter(|bias| !bias.is_empty());
        apply(&Dense::images(x), weight, bias, &geometry, convolution.slope, convolution.transposed)
    }
}

/// The convolution of that geometry, or its adjoint.
fn apply(
    x: &Dense,
    weight: FlexTensor,
    bias: Option<&[f32]>,
    geometry: &Geometry,
    slope: f32,
    adjoint: bool,
) -> FlexTensor {
    let shape = if adjoint { geometry.image_shape() } else { geometry.out_shape() };
    assert!(
        bias.is_none_or(|bias| bias.len() == shape[1]),
        "convolution: the bias is not one number an output channel"
    );
    let y = if adjoint {
        let weight = Dense::permuted(weight, &[0, 2, 3, 1]);
        convolve_adjoint(x.values(), weight.values(), bias, geometry, slope)
    } else {
        let weight = Dense::permuted(weight, &[2, 3, 1, 0]);
        convolve(x.values(), weight.values(), bias, geometry, slope)
    };
    y.into_tensor(shape, image_strides(shape))
}

/// What the backward pass needs, each only where a tracked input makes it so.
#[derive(Debug, Clone)]
struct Saved {
    x: Option<FlexTensor>,
    weight: Option<FlexTensor>,
    y: Option<FlexTensor>,
    geometry: Geometry,
    convolution: Convolution,
}

#[derive(Debug)]
struct ConvolutionGradient;

impl Backward<Flex, 3> for ConvolutionGradient {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let Saved { x, weight, y, geometry, convolution } = ops.state;
        let mut g = Dense::images(gradients.consume::<Flex>(&ops.node));
        let y = y.map(Dense::images);
        if y.is_some() || bias_node.is_some() {
            let count = if convolution.transposed { geometry.channels } else { geometry.filters };
            let (y, channels) = (y.as_ref().map(Dense::values), Channels::Inner { count });
            let sums = activation_gradient(g.values_mut(), y, channels, convolution.slope, bias_node.is_some());
            if let (Some(node), Some(sums)) = (bias_node, sums) {
                gradients.register::<Flex>(node.id, FlexTensor::from_data(sums.as_slice().into()));
            }
        }
        if let (Some(node), Some(weight)) = (x_node, weight) {
            let gx = apply(&g, weight, None, &geometry, 1.0, !convolution.transposed);
            gradients.register::<Flex>(node.id, gx);
        }
        if let (Some(node), Some(x)) = (weight_node, x) {
            let x = Dense::images(x);
            let (images, outputs) = if convolution.transposed { (&g, &x) } else { (&x, &g) };
            let gw = weight_gradient(images.values(), outputs.values(), &geometry);
            let Geometry { channels, filters, kernel, .. } = geometry;
            let shape = [filters, channels, kernel, kernel];
            let gw = gw.into_tensor(shape, [1, filters, kernel * channels * filters, channels * filters]);
            gradients.register::<Flex>(node.id, gw);
        }
    }
}

impl<C: CheckpointStrategy> ConvolutionBackend for Autodiff<Flex, C> {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        convolution: Convolution,
    ) -> FloatTensor<Self> {
        let (x_tracked, weight_tracked) = (x.is_tracked(), weight.is_tracked());
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let (bias, bias_node) = bias.into_parts();
        let geometry = convolution.geometry(dims(&x), dims(&weight));
        let y = Flex::convolution(x.clone(), weight.clone(), bias, convolution);
        let output = y.clone();
        let saved = || Saved {
            x: weight_tracked.then_some(x),
            weight: x_tracked.then_some(weight),
            y: (convolution.slope != 1.0).then_some(y),
            geometry,
            convolution,
        };
        record::<_, C, 3>(ConvolutionGradient, [x_node, weight_node, bias_node], output, saved)
    }
}
