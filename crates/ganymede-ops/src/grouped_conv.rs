//! Convolution in groups, stride 1: each group of output channels sees its own group of input channels alone.
//!
//! ```text
//! y_g = a(conv(x_g, W_g) + b_g)        gx_g = conv^T(gz_g, W_g)        gW_g = columns(x_g)^T gz_g        gb = sum gz
//! ```
//! with `gz = a'(.) gy`. The channels of a group are brought together in memory, and the kernels of the convolution do the
//! rest, a group a task.

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
use rayon::prelude::*;

use crate::{
    buffers::Buffer,
    channels::{Channels, activation_gradient, add_bias_and_activate},
    composed,
    conv_kernels::{convolve, convolve_adjoint, weight_gradient},
    conv_weights::{for_adjoint, for_convolution, of_gradient},
    im2col::Geometry,
    layout::{Dense, dims, image_strides},
    record::{bias_or_none, is_fused, record},
};

/// Pixels of one task of a copy.
const PIECE: usize = 1 << 10;

/// `a(conv(x, w) + b)` in groups, stride 1 and zero padding.
///
/// # Shapes
/// `x` [N, in, H, W], `weight` [out, in / groups, k, k], `bias` [out] -> [N, out, H + 2p - k + 1, W + 2p - k + 1].
///
/// # Panics
/// Where the shapes do not fit together.
pub fn grouped_conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    groups: usize,
    padding: usize,
    slope: f64,
) -> Tensor<4> {
    let [_, _, height, width] = weight.dims();
    if slope < 0.0 || height != width || !is_fused(&x) || !is_fused(&weight) {
        return composed::grouped_conv2d(x, weight, bias, groups, padding, slope);
    }
    let bias = bias_or_none(bias, &x).into_dispatch();
    let convolution = GroupedConvolution { groups, padding, slope: slope as f32 };
    Tensor::from_dispatch(Dispatch::grouped_convolution(x.into_dispatch(), weight.into_dispatch(), bias, convolution))
}

/// What a grouped convolution is, apart from its tensors.
#[derive(Debug, Clone, Copy)]
pub struct GroupedConvolution {
    groups: usize,
    padding: usize,
    slope: f32,
}

/// How the groups lie.
#[derive(Debug, Clone, Copy)]
struct Plan {
    groups: usize,
    /// That of each group.
    geometry: Geometry,
}

impl Plan {
    fn of([batch, channels, height, width]: [usize; 4], weight: [usize; 4], convolution: GroupedConvolution) -> Self {
        let GroupedConvolution { groups, padding, .. } = convolution;
        let [filters, inner, kernel, other] = weight;
        let fits = groups > 0 && channels.is_multiple_of(groups) && filters.is_multiple_of(groups);
        assert!(fits, "grouped convolution: {channels} and {filters} channels are not {groups} equal groups");
        let (x, weight) = ([batch, channels / groups, height, width], [filters / groups, inner, kernel, other]);
        Plan { groups, geometry: Geometry::of_convolution(x, weight, 1, padding) }
    }

    /// The shapes of all groups together.
    fn out_shape(&self) -> [usize; 4] {
        let [batch, filters, height, width] = self.geometry.out_shape();
        [batch, filters * self.groups, height, width]
    }

    fn image_shape(&self) -> [usize; 4] {
        let [batch, channels, height, width] = self.geometry.image_shape();
        [batch, channels * self.groups, height, width]
    }

    fn weight_shape(&self) -> [usize; 4] {
        let Geometry { channels, filters, kernel, .. } = self.geometry;
        [filters * self.groups, channels, kernel, kernel]
    }

    /// The weight of one group, of those of all.
    fn weight<'a>(&self, weight: &'a [f32], group: usize) -> &'a [f32] {
        let size = self.geometry.window() * self.geometry.filters;
        &weight[group * size..][..size]
    }

    fn each<T: Send>(&self, of_group: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
        (0..self.groups).into_par_iter().map(of_group).collect()
    }
}

/// The channels of each group, `[pixels][C]` as `[groups][pixels][C / groups]`.
fn apart(x: &[f32], groups: usize, width: usize) -> Vec<Buffer> {
    let row = groups * width;
    (0..groups)
        .into_par_iter()
        .map(|group| {
            let mut part = Buffer::take(x.len() / groups);
            part.par_chunks_mut(PIECE * width).zip(x.par_chunks(PIECE * row)).for_each(|(part, x)| {
                copy_runs(&x[group * width..], row, part, width, width);
            });
            part
        })
        .collect()
}

/// Undoes [`apart`].
fn together(parts: &[Buffer], width: usize) -> Buffer {
    let row = parts.len() * width;
    let mut x = Buffer::take(parts.iter().map(|part| part.len()).sum());
    x.par_chunks_mut(PIECE * row).enumerate().for_each(|(piece, x)| {
        for (group, part) in parts.iter().enumerate() {
            let part = part.chunks(PIECE * width).nth(piece).unwrap_or_default();
            copy_runs(part, width, &mut x[group * width..], row, width);
        }
    });
    x
}

/// Copies runs of `width` numbers that lie so far apart in each, as many as there are.
fn copy_runs(from: &[f32], from_pitch: usize, to: &mut [f32], to_pitch: usize, width: usize) {
    let pairs = to.chunks_mut(to_pitch).zip(from.chunks(from_pitch));
    match width {
        // the usual width, for which a call costs more than what it does
        16 => pairs.for_each(|(to, from)| {
            if let (Some(to), Some(from)) = (to.first_chunk_mut::<16>(), from.first_chunk()) {
                *to = *from;
            }
        }),
        width => pairs.for_each(|(to, from)| to[..width].copy_from_slice(&from[..width])),
    }
}

#[backend_extension(Autodiff, Flex)]
pub trait GroupedConvolutionBackend: burn::backend::Backend {
    /// `a(conv(x, w) + b)` in groups; a bias of no numbers is none.
    fn grouped_convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        convolution: GroupedConvolution,
    ) -> FloatTensor<Self>;
}

impl GroupedConvolutionBackend for Flex {
    fn grouped_convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        convolution: GroupedConvolution,
    ) -> FloatTensor<Self> {
        let plan = Plan::of(dims(&x), dims(&weight), convolution);
        let (geometry, shape) = (&plan.geometry, plan.out_shape());
        let (bias, weight) = (Dense::rows(bias), Dense::rows(weight));
        let bias = Some(bias.values()).filter(|bias| !bias.is_empty());
        assert!(
            bias.is_none_or(|bias| bias.len() == shape[1]),
            "grouped convolution: the bias is not one number an output channel"
        );
        let x = apart(Dense::images(x).values(), plan.groups, geometry.channels);
        let parts = plan.each(|group| {
            let weight = for_convolution(plan.weight(weight.values(), group), geometry);
            convolve(&x[group], &weight, None, geometry, 1.0)
        });
        let mut y = together(&parts, geometry.filters);
        add_bias_and_activate(&mut y, Channels::Inner { count: shape[1] }, bias, convolution.slope);
        y.into_tensor(shape, image_strides(shape))
    }
}

/// What the backward pass needs, each only where a tracked input makes it so.
#[derive(Debug, Clone)]
struct Saved {
    x: Option<FlexTensor>,
    weight: Option<FlexTensor>,
    y: Option<FlexTensor>,
    plan: Plan,
    slope: f32,
}

#[derive(Debug)]
struct GroupedConvolutionGradient;

impl Backward<Flex, 3> for GroupedConvolutionGradient {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let Saved { x, weight, y, plan, slope } = ops.state;
        let (geometry, groups) = (&plan.geometry, plan.groups);
        let mut g = Dense::images(gradients.consume::<Flex>(&ops.node));
        let y = y.map(Dense::images);
        if y.is_some() || bias_node.is_some() {
            let channels = Channels::Inner { count: plan.out_shape()[1] };
            let y = y.as_ref().map(Dense::values);
            let sums = activation_gradient(g.values_mut(), y, channels, slope, bias_node.is_some());
            if let (Some(node), Some(sums)) = (bias_node, sums) {
                gradients.register::<Flex>(node.id, FlexTensor::from_data(sums.as_slice().into()));
            }
        }
        let g = apart(g.values(), groups, geometry.filters);
        if let (Some(node), Some(weight)) = (x_node, weight) {
            let weight = Dense::rows(weight);
            let parts = plan.each(|group| {
                let weight = for_adjoint(plan.weight(weight.values(), group), geometry);
                convolve_adjoint(&g[group], &weight, None, geometry, 1.0)
            });
            let shape = plan.image_shape();
            let gx = together(&parts, geometry.channels).into_tensor(shape, image_strides(shape));
            gradients.register::<Flex>(node.id, gx);
        }
        if let (Some(node), Some(x)) = (weight_node, x) {
            let x = apart(Dense::images(x).values(), groups, geometry.channels);
            let parts = plan.each(|group| of_gradient(&weight_gradient(&x[group], &g[group], geometry), geometry));
            let size = geometry.window() * geometry.filters;
            let mut gw = Buffer::take(groups * size);
            gw.chunks_exact_mut(size).zip(&parts).for_each(|(gw, part)| gw.copy_from_slice(part));
            let [filters, channels, kernel, _] = plan.weight_shape();
            let strides = [channels * kernel * kernel, kernel * kernel, kernel, 1];
            gradients.register::<Flex>(node.id, gw.into_tensor([filters, channels, kernel, kernel], strides));
        }
    }
}

impl<C: CheckpointStrategy> GroupedConvolutionBackend for Autodiff<Flex, C> {
    fn grouped_convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        convolution: GroupedConvolution,
    ) -> FloatTensor<Self> {
        let (x_tracked, weight_tracked) = (x.is_tracked(), weight.is_tracked());
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let (bias, bias_node) = bias.into_parts();
        let plan = Plan::of(dims(&x), dims(&weight), convolution);
        let y = Flex::grouped_convolution(x.clone(), weight.clone(), bias, convolution);
        let output = y.clone();
        let saved = || Saved {
            x: weight_tracked.then_some(x),
            weight: x_tracked.then_some(weight),
            y: (convolution.slope != 1.0).then_some(y),
            plan,
            slope: convolution.slope,
        };
        record::<_, C, 3>(GroupedConvolutionGradient, [x_node, weight_node, bias_node], output, saved)
    }
}
