//! The three products of a convolution, on images that lie `[N][H][W][C]`.
//!
//! ```text
//! convolve            y  = columns(x) W
//! its adjoint         x  = columns^T(y W^T)
//! weight gradient     gW = columns(x)^T gy
//! ```
//! Windows are formed a few images at a time, as much as stays in a core's second cache, each piece by one thread, and
//! multiplied there.

use rayon::prelude::*;

use crate::{
    buffers::Buffer,
    channels::{Channels, add_bias_and_activate},
    im2col::{Geometry, gather, gather_positions, scatter},
    matrix::{Destination, Matrix, Threads, multiply},
};

/// Floats of windows that a task forms at a time.
const COLUMNS: usize = 200_000;

/// At least so many tasks where the batch allows, so that any usual number of threads has enough.
const TASKS: usize = 16;

/// Columns that a product needs to run well: fewer channels are taken several kernel positions at a time.
const NARROW: usize = 64;

/// Multiplications below which a weight gradient is not cut into further tasks.
const WORTH_A_TASK: usize = 1 << 21;

/// Images that a task takes at a time.
fn images_per_task(geometry: &Geometry) -> usize {
    let cached = COLUMNS / (geometry.windows() * geometry.window()).max(1);
    cached.clamp(1, geometry.batch.div_ceil(TASKS).max(1))
}

/// On which threads the products of one piece run: where there is but one piece, on all.
fn threads(geometry: &Geometry, images: usize) -> Threads {
    if geometry.batch > images { Threads::This } else { Threads::All }
}

/// `a(conv(x, W) + b)`, with the weight as `[kh][kw][C][filters]`.
pub(crate) fn convolve(x: &[f32], weight: &[f32], bias: Option<&[f32]>, geometry: &Geometry, slope: f32) -> Buffer {
    let (windows, window, filters) = (geometry.windows(), geometry.window(), geometry.filters);
    let images = images_per_task(geometry);
    let threads = threads(geometry, images);
    let weight = Matrix::by_columns(weight, filters, window);
    let mut y = Buffer::take(geometry.batch * windows * filters);
    y.par_chunks_mut(images * windows * filters).zip(x.par_chunks(images * geometry.image())).for_each_init(
        || Buffer::take(images * windows * window),
        |columns, (y, x)| {
            let columns = &mut columns[..y.len() / filters * window];
            for (image, columns) in x.chunks_exact(geometry.image()).zip(columns.chunks_exact_mut(windows * window)) {
                gather(image, columns, geometry);
            }
            let columns = Matrix::by_columns(columns, window, y.len() / filters);
            multiply(y, weight, columns, Destination::Overwrite, threads);
            add_bias_and_activate(y, Channels::Inner { count: filters }, bias, slope);
        },
    );
    y
}

/// `a(conv^T(y, W) + b)`, with the weight as `[filters][kh][kw][C]`.
pub(crate) fn convolve_adjoint(
    y: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    geometry: &Geometry,
    slope: f32,
) -> Buffer {
    let (windows, window, filters) = (geometry.windows(), geometry.window(), geometry.filters);
    let images = images_per_task(geometry);
    let threads = threads(geometry, images);
    let weight = Matrix::by_columns(weight, window, filters);
    let mut x = Buffer::take(geometry.batch * geometry.image());
    x.par_chunks_mut(images * geometry.image()).zip(y.par_chunks(images * windows * filters)).for_each_init(
        || Buffer::take(images * windows * window),
        |columns, (x, y)| {
            let columns = &mut columns[..y.len() / filters * window];
            let y = Matrix::by_columns(y, filters, y.len() / filters);
            multiply(columns, weight, y, Destination::Overwrite, threads);
            for (image, columns) in x.chunks_exact_mut(geometry.image()).zip(columns.chunks_exact(windows * window)) {
                scatter(columns, image, geometry);
            }
            add_bias_and_activate(x, Channels::Inner { count: geometry.channels }, bias, slope);
        },
    );
    x
}

/// The weight's gradient as `[kh][kw][C][filters]`, for the convolution's input `x` and its output's gradient `g`.
///
/// A task takes a few kernel positions and a part of the batch; the parts are added in their order.
pub(crate) fn weight_gradient(x: &[f32], g: &[f32], geometry: &Geometry) -> Buffer {
    let Geometry { batch, channels, filters, kernel, .. } = *geometry;
    let positions = NARROW.div_ceil(channels).min(kernel * kernel);
    let size = geometry.window() * filters;
    let worth = batch * geometry.windows() * size / WORTH_A_TASK;
    let parts = TASKS.div_ceil((kernel * kernel).div_ceil(positions)).min(worth).clamp(1, batch.max(1));
    let images = batch.div_ceil(parts).max(1);
    let parts = batch.div_ceil(images).max(1);

    let mut sums = Buffer::take(parts * size);
    sums.par_chunks_mut(size).enumerate().for_each(|(part, sum)| {
        let range = (part * images).min(batch)..((part + 1) * images).min(batch);
        let x = &x[range.start * geometry.image()..range.end * geometry.image()];
        let g = &g[range.start * geometry.windows() * filters..range.end * geometry.windows() * filters];
        sum.par_chunks_mut(positions * channels * filters).enumerate().for_each(|(group, sum)| {
            positions_gradient(x, g, sum, group * positions, geometry);
        });
    });
    if parts == 1 {
        return sums;
    }
    let mut total = Buffer::take(size);
    let (first, rest) = sums.split_at(size);
    total.copy_from_slice(first);
    for part in rest.chunks_exact(size) {
        for (total, value) in total.iter_mut().zip(part) {
            *total += value;
        }
    }
    total
}

/// The gradient of the kernel positions from `start` on, as many as `sum` has room for, on this thread.
fn positions_gradient(x: &[f32], g: &[f32], sum: &mut [f32], start: usize, geometry: &Geometry) {
    let (windows, filters) = (geometry.windows(), geometry.filters);
    let columns = sum.len() / filters;
    let positions = start..start + columns / geometry.channels;
    let images = (COLUMNS / (windows * columns).max(1)).max(1);
    let mut block = Buffer::take(images * windows * columns);
    let mut destination = Destination::Overwrite;
    for (x, g) in x.chunks(images * geometry.image()).zip(g.chunks(images * windows * filters)) {
        let rows = g.len() / filters;
        let block = &mut block[..rows * columns];
        gather_positions(x, block, positions.clone(), geometry);
        let (g, block) = (Matrix::by_columns(g, filters, rows), Matrix::by_rows(block, rows, columns));
        multiply(sum, g, block, destination, Threads::This);
        destination = Destination::AddTo;
    }
    if destination == Destination::Overwrite {
        sum.fill(0.0);
    }
}
