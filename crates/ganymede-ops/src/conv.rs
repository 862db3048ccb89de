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
    buffers::Buffer,
    channels::{Channels, activation_gradient},
    composed,
    conv_kernels::{convolve, convolve_adjoint, weight_gradient},
    conv_weights::{for_adjoint, for_convolution, of_gradient, turned},
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

/// How a convolution is computed.
#[derive(Debug, Clone, Copy)]
struct Plan {
    geometry: Geometry,
    /// By the adjoint of the convolution of that geometry.
    adjoint: bool,
    /// With the kernel turned around.
    turned: bool,
}

impl Convolution {
    /// A convolution of stride 1 is also the adjoint of one; of the two, that whose windows are smaller.
    fn plan(&self, x: [usize; 4], weight: [usize; 4]) -> Plan {
        let geometry = if self.transposed {
            Geometry::of_transposed(x, weight, self.stride, self.padding)
        } else {
            Geometry::of_convolution(x, weight, self.stride, self.padding)
        };
        match geometry.reversed().filter(|_| geometry.filters < geometry.channels) {
            Some(geometry) => Plan { geometry, adjoint: !self.transposed, turned: true },
            None => Plan { geometry, adjoint: self.transposed, turned: false },
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
        let plan = convolution.plan(dims(&x), dims(&weight));
        let bias = Dense::rows(bias);
        let bias = Some(bias.values()).filter(|bias| !bias.is_empty());
        apply(&Dense::images(x), weight, bias, &plan, convolution.slope, false)
    }
}

/// The convolution of that plan, or the gradient of its input.
fn apply(x: &Dense, weight: FlexTensor, bias: Option<&[f32]>, plan: &Plan, slope: f32, backwards: bool) -> FlexTensor {
    let (geometry, adjoint) = (&plan.geometry, plan.adjoint != backwards);
    let shape = if adjoint { geometry.image_shape() } else { geometry.out_shape() };
    assert!(
        bias.is_none_or(|bias| bias.len() == shape[1]),
        "convolution: the bias is not one number an output channel"
    );
    let weight = Dense::rows(weight);
    let turned =
        plan.turned.then(|| turned(weight.values(), [geometry.channels, geometry.filters, geometry.positions()]));
    let weight = turned.as_deref().unwrap_or(weight.values());
    let y = if adjoint {
        convolve_adjoint(x.values(), &for_adjoint(weight, geometry), bias, geometry, slope)
    } else {
        convolve(x.values(), &for_convolution(weight, geometry), bias, geometry, slope)
    };
    y.into_tensor(shape, image_strides(shape))
}

/// The gradient of the weight, as the parameter lies, for the input `x` and the output's gradient `g`.
fn gradient_of_weight(x: &Dense, g: &Dense, plan: &Plan) -> Buffer {
    let geometry = &plan.geometry;
    let (images, outputs) = if plan.adjoint { (g, x) } else { (x, g) };
    let gradient = of_gradient(&weight_gradient(images.values(), outputs.values(), geometry), geometry);
    if plan.turned { turned(&gradient, [geometry.filters, geometry.channels, geometry.positions()]) } else { gradient }
}

/// What the backward pass needs, each only where a tracked input makes it so.
#[derive(Debug, Clone)]
struct Saved {
    x: Option<FlexTensor>,
    weight: Option<FlexTensor>,
    y: Option<FlexTensor>,
    weight_shape: [usize; 4],
    plan: Plan,
    slope: f32,
}

#[derive(Debug)]
struct ConvolutionGradient;

impl Backward<Flex, 3> for ConvolutionGradient {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let Saved { x, weight, y, weight_shape, plan, slope } = ops.state;
        let mut g = Dense::images(gradients.consume::<Flex>(&ops.node));
        let y = y.map(Dense::images);
        if y.is_some() || bias_node.is_some() {
            let count = if plan.adjoint { plan.geometry.channels } else { plan.geometry.filters };
            let (y, channels) = (y.as_ref().map(Dense::values), Channels::Inner { count });
            let sums = activation_gradient(g.values_mut(), y, channels, slope, bias_node.is_some());
            if let (Some(node), Some(sums)) = (bias_node, sums) {
                gradients.register::<Flex>(node.id, FlexTensor::from_data(sums.as_slice().into()));
            }
        }
        if let (Some(node), Some(weight)) = (x_node, weight) {
            let gx = apply(&g, weight, None, &plan, 1.0, true);
            gradients.register::<Flex>(node.id, gx);
        }
        if let (Some(node), Some(x)) = (weight_node, x) {
            let [_, inner, height, width] = weight_shape;
            let strides = [inner * height * width, height * width, width, 1];
            let gw = gradient_of_weight(&Dense::images(x), &g, &plan).into_tensor(weight_shape, strides);
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
        let weight_shape = dims(&weight);
        let plan = convolution.plan(dims(&x), weight_shape);
        let y = Flex::convolution(x.clone(), weight.clone(), bias, convolution);
        let output = y.clone();
        let saved = || Saved {
            x: weight_tracked.then_some(x),
            weight: x_tracked.then_some(weight),
            y: (convolution.slope != 1.0).then_some(y),
            weight_shape,
            plan,
            slope: convolution.slope,
        };
        record::<_, C, 3>(ConvolutionGradient, [x_node, weight_node, bias_node], output, saved)
    }
}
