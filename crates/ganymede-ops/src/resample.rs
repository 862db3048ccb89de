//! Half as large and twice as large through the low-pass filter [1, 2, 1] (Karras et al. 2019), and their adjoints.
//!
//! ```text
//! halve     y[h, w] = sum_ij f_i f_j x[2h + i, 2w + j]        f = [1, 2, 1] / 4,  i, j = -1, 0, 1,  0 outside
//! double    y = 4 halve^T(x):  y[2h] = x[h],  y[2h + 1] = (x[h] + x[h + 1]) / 2,  along both axes
//! ```
//! The gradient of `halve` is `double / 4`, that of `double` is `4 halve`.

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
    simd::simd,
};

/// Half as large, each pixel from the 3 x 3 around every other one.
///
/// # Shapes
/// `x` [N, C, 2H, 2W] -> [N, C, H, W].
///
/// # Panics
/// Where height or width is odd.
pub fn halve(x: Tensor<4>) -> Tensor<4> {
    run(x, Resampling { to: To::Half, factor: 1.0 })
}

/// Twice as large, the new pixels between their neighbours.
///
/// # Shapes
/// `x` [N, C, H, W] -> [N, C, 2H, 2W].
pub fn double(x: Tensor<4>) -> Tensor<4> {
    run(x, Resampling { to: To::Double, factor: 1.0 })
}

fn run(x: Tensor<4>, resampling: Resampling) -> Tensor<4> {
    if is_fused(&x) {
        return Tensor::from_dispatch(Dispatch::resampled(x.into_dispatch(), resampling));
    }
    match resampling.to {
        To::Half => composed::halve(x),
        To::Double => composed::double(x),
    }
}

#[derive(Debug, Clone, Copy)]
enum To {
    Half,
    Double,
}

/// A change of size, and what its result is multiplied by.
#[derive(Debug, Clone, Copy)]
pub struct Resampling {
    to: To,
    factor: f32,
}

impl Resampling {
    fn adjoint(self) -> Self {
        match self.to {
            To::Half => Resampling { to: To::Double, factor: self.factor / 4.0 },
            To::Double => Resampling { to: To::Half, factor: self.factor * 4.0 },
        }
    }
}

#[backend_extension(Autodiff, Flex)]
pub trait ResampleBackend: burn::backend::Backend {
    fn resampled(x: FloatTensor<Self>, resampling: Resampling) -> FloatTensor<Self>;
}

impl ResampleBackend for Flex {
    fn resampled(x: FloatTensor<Self>, resampling: Resampling) -> FloatTensor<Self> {
        let [batch, channels, height, width] = dims(&x);
        let [out_height, out_width] = match resampling.to {
            To::Half => {
                assert!(height.is_multiple_of(2) && width.is_multiple_of(2), "{height} x {width} pixels have no half");
                [height / 2, width / 2]
            }
            To::Double => [2 * height, 2 * width],
        };
        let shape = [batch, channels, out_height, out_width];
        let x = Dense::images(x);
        let mut y = Buffer::take(shape.iter().product());
        let (image, row) = (height * width * channels, out_width * channels);
        if row * out_height > 0 {
            y.par_chunks_mut(row * out_height).zip(x.values().par_chunks(image)).for_each_init(
                || Buffer::take(width * channels),
                |line, (y, x)| {
                    for (r, y) in y.chunks_exact_mut(row).enumerate() {
                        match resampling.to {
                            To::Half => {
                                half_of_rows(x, line, r, resampling.factor);
                                half_along(line, y, channels);
                            }
                            To::Double => {
                                between_rows(x, line, r, resampling.factor);
                                double_along(line, y, channels);
                            }
                        }
                    }
                },
            );
        }
        y.into_tensor(shape, image_strides(shape))
    }
}

/// Row `r` of the result before it is halved along its length.
fn half_of_rows(x: &[f32], line: &mut [f32], r: usize, factor: f32) {
    let length = line.len();
    let above = if r > 0 { Some(&x[(2 * r - 1) * length..][..length]) } else { None };
    weighted(line, &x[2 * r * length..][..length], &x[(2 * r + 1) * length..][..length], [factor / 2.0, factor / 4.0]);
    if let Some(above) = above {
        add_weighted(line, above, factor / 4.0);
    }
}

/// Row `r` of the result before it is doubled along its length.
fn between_rows(x: &[f32], line: &mut [f32], r: usize, factor: f32) {
    let length = line.len();
    let row = |h: usize| x.get(h * length..(h + 1) * length);
    let (Some(this), below) = (row(r / 2), row(r / 2 + 1)) else { return };
    match below {
        _ if r.is_multiple_of(2) => weighted(line, this, this, [factor, 0.0]),
        Some(below) => weighted(line, this, below, [factor / 2.0, factor / 2.0]),
        None => weighted(line, this, this, [factor / 2.0, 0.0]),
    }
}

simd!(
    fn weighted(out: &mut [f32], a: &[f32], b: &[f32], weights: [f32; 2]) {
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = weights[0] * a + weights[1] * b;
        }
    }
);

simd!(
    fn add_weighted(out: &mut [f32], a: &[f32], weight: f32) {
        for (out, a) in out.iter_mut().zip(a) {
            *out += weight * a;
        }
    }
);

simd!(
    /// `y[w] = x[2w - 1] / 4 + x[2w] / 2 + x[2w + 1] / 4`.
    fn half_along(x: &[f32], y: &mut [f32], channels: usize) {
        let mut pixels = y.chunks_exact_mut(channels);
        if let Some(first) = pixels.next() {
            for ((y, middle), right) in first.iter_mut().zip(x).zip(&x[channels..]) {
                *y = 0.5 * middle + 0.25 * right;
            }
        }
        for (w, y) in pixels.enumerate() {
            let (left, rest) = x[(2 * w + 1) * channels..].split_at(channels);
            let (middle, right) = rest.split_at(channels);
            for (((y, left), middle), right) in y.iter_mut().zip(left).zip(middle).zip(right) {
                *y = 0.5 * middle + 0.25 * (left + right);
            }
        }
    }
);

simd!(
    /// `y[2w] = x[w]`, `y[2w + 1] = (x[w] + x[w + 1]) / 2`.
    fn double_along(x: &[f32], y: &mut [f32], channels: usize) {
        for (w, y) in y.chunks_exact_mut(2 * channels).enumerate() {
            let (this, next) = x[w * channels..].split_at(channels);
            let (even, odd) = y.split_at_mut(channels);
            even.copy_from_slice(this);
            match next.get(..channels) {
                Some(next) => odd.iter_mut().zip(this).zip(next).for_each(|((y, a), b)| *y = 0.5 * (a + b)),
                None => odd.iter_mut().zip(this).for_each(|(y, a)| *y = 0.5 * a),
            }
        }
    }
);

#[derive(Debug)]
struct ResampleGradient;

impl Backward<Flex, 1> for ResampleGradient {
    type State = Resampling;

    fn backward(self, ops: Ops<Resampling, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let g = gradients.consume::<Flex>(&ops.node);
        if let [Some(x)] = ops.parents {
            gradients.register::<Flex>(x.id, Flex::resampled(g, ops.state.adjoint()));
        }
    }
}

impl<C: CheckpointStrategy> ResampleBackend for Autodiff<Flex, C> {
    fn resampled(x: FloatTensor<Self>, resampling: Resampling) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        record::<_, C, 1>(ResampleGradient, [node], Flex::resampled(x, resampling), || resampling)
    }
}
