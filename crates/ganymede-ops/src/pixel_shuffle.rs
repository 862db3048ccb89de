//! Pixel shuffle (Shi et al. 2016) and its adjoint.
//!
//! ```text
//! y[n, c, r h + i, r w + j] = x[n, c r^2 + i r + j, h, w]          0 <= i, j < r
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
    buffers::Buffer,
    composed,
    layout::{Dense, dims, image_strides},
    record::{is_fused, record},
};

/// Channels become pixels.
///
/// # Shapes
/// `x` [N, C r², H, W] -> [N, C, r H, r W] for the factor r.
///
/// # Panics
/// Where the channels are no multiple of r².
pub fn pixel_shuffle(x: Tensor<4>, factor: usize) -> Tensor<4> {
    if !is_fused(&x) {
        return composed::pixel_shuffle(x, factor);
    }
    Tensor::from_dispatch(Dispatch::channels_to_pixels(x.into_dispatch(), factor))
}

#[backend_extension(Autodiff, Flex)]
pub trait PixelShuffleBackend: burn::backend::Backend {
    /// `[N, C r^2, H, W] -> [N, C, r H, r W]`.
    fn channels_to_pixels(x: FloatTensor<Self>, factor: usize) -> FloatTensor<Self>;
}

impl PixelShuffleBackend for Flex {
    fn channels_to_pixels(x: FloatTensor<Self>, factor: usize) -> FloatTensor<Self> {
        let [batch, channels, height, width] = dims(&x);
        let area = factor * factor;
        assert!(area > 0 && channels % area == 0, "pixel shuffle: {channels} channels are no multiple of {area}");
        let x = Dense::images(x);
        let mut y = Buffer::take(x.values().len());
        // a row of small pixels to its rows of large ones
        let row = width * channels;
        if row > 0 {
            y.par_chunks_mut(row).zip(x.values().par_chunks(row)).for_each(|(y, x)| spread(x, y, width, factor));
        }
        let shape = [batch, channels / area, factor * height, factor * width];
        y.into_tensor(shape, image_strides(shape))
    }
}

/// The adjoint, which is the inverse: `[N, C, r H, r W] -> [N, C r^2, H, W]`.
fn pixels_to_channels(y: FloatTensor<Flex>, factor: usize) -> FloatTensor<Flex> {
    let [batch, channels, height, width] = dims(&y);
    let shape = [batch, channels * factor * factor, height / factor, width / factor];
    let y = Dense::images(y);
    let mut x = Buffer::take(y.values().len());
    let row = shape[1] * shape[3];
    if row > 0 {
        x.par_chunks_mut(row).zip(y.values().par_chunks(row)).for_each(|(x, y)| gather(y, x, shape[3], factor));
    }
    x.into_tensor(shape, image_strides(shape))
}

/// `y[i][(w, j)][c] = x[w][(c, i, j)]`.
fn spread(x: &[f32], y: &mut [f32], width: usize, factor: usize) {
    let channels = x.len() / (width * factor * factor);
    for (i, line) in y.chunks_exact_mut(width * factor * channels).enumerate() {
        for (pixel, x) in line.chunks_exact_mut(factor * channels).zip(x.chunks_exact(channels * factor * factor)) {
            for (c, x) in x.chunks_exact(factor * factor).enumerate() {
                for j in 0..factor {
                    pixel[j * channels + c] = x[i * factor + j];
                }
            }
        }
    }
}

/// `x[w][(c, i, j)] = y[i][(w, j)][c]`.
fn gather(y: &[f32], x: &mut [f32], width: usize, factor: usize) {
    let channels = x.len() / (width * factor * factor);
    for (i, line) in y.chunks_exact(width * factor * channels).enumerate() {
        for (pixel, x) in line.chunks_exact(factor * channels).zip(x.chunks_exact_mut(channels * factor * factor)) {
            for (c, x) in x.chunks_exact_mut(factor * factor).enumerate() {
                for j in 0..factor {
                    x[i * factor + j] = pixel[j * channels + c];
                }
            }
        }
    }
}

#[derive(Debug)]
struct PixelShuffle;

impl Backward<Flex, 1> for PixelShuffle {
    type State = usize;

    fn backward(self, ops: Ops<usize, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let g = gradients.consume::<Flex>(&ops.node);
        if let [Some(x)] = ops.parents {
            gradients.register::<Flex>(x.id, pixels_to_channels(g, ops.state));
        }
    }
}

impl<C: CheckpointStrategy> PixelShuffleBackend for Autodiff<Flex, C> {
    fn channels_to_pixels(x: FloatTensor<Self>, factor: usize) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        record::<_, C, 1>(PixelShuffle, [node], Flex::channels_to_pixels(x, factor), || factor)
    }
}
