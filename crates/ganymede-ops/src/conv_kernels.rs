//! The three products of a convolution, on images that lie `[N][H][W][C]`.
//!
//! ```text
//! convolve            y  = columns(x) W
//! its adjoint         x  = columns^T(y W^T)
//! weight gradient     gW = columns(x)^T gy
//! ```
//! Windows are formed a few images at a time, as much as stays in a core's second cache, each piece by one thread, and
//! multiplied there.

use std::ops::Range;

use rayon::prelude::*;

use crate::{
    buffers::Buffer,
    channels::{Channels, add_bias_and_activate},
    im2col::{Geometry, gather, scatter},
    matrix::{Destination, Matrix, Threads, multiply},
};

/// Floats of windows that a task forms at a time.
const COLUMNS: usize = 100_000;

/// At least so many tasks where the batch allows, so that any usual number of threads has enough.
const TASKS: usize = 16;

/// Floats of a window that a product needs to run well: so many rows of a kernel are taken at a time.
const DEEP: usize = 256;

/// Multiplications below which a weight gradient is not cut into further tasks.
const WORTH_A_TASK: usize = 1 << 21;

/// Elements of one task of a sum.
const PIECE: usize = 1 << 14;

/// Rows of the kernel that are taken at a time.
fn rows_at_a_time(geometry: &Geometry) -> usize {
    (DEEP / (geometry.kernel * geometry.channels).max(1)).clamp(1, geometry.kernel)
}

/// The rows of the kernel, so many at a time.
fn kernel_rows(geometry: &Geometry) -> impl Iterator<Item = Range<usize>> {
    let (rows, kernel) = (rows_at_a_time(geometry), geometry.kernel);
    (0..kernel).step_by(rows).map(move |start| start..(start + rows).min(kernel))
}

/// Images that a task takes at a time.
fn images_per_task(geometry: &Geometry) -> usize {
    let columns = geometry.windows() * rows_at_a_time(geometry) * geometry.kernel * geometry.channels;
    (COLUMNS / columns.max(1)).clamp(1, geometry.batch.div_ceil(TASKS).max(1))
}

/// On which threads the products of one piece run: where there is but one piece, on all.
fn threads(geometry: &Geometry, images: usize) -> Threads {
    if geometry.batch > images { Threads::This } else { Threads::All }
}

/// The windows of some images, those rows of the kernel.
fn gather_all(images: &[f32], columns: &mut [f32], rows: Range<usize>, geometry: &Geometry) {
    let size = columns.len() / (images.len() / geometry.image());
    for (image, columns) in images.chunks_exact(geometry.image()).zip(columns.chunks_exact_mut(size)) {
        gather(image, columns, rows.clone(), geometry);
    }
}

/// `a(conv(x, W) + b)`, with the weight as `[kh][kw][C][filters]`.
pub(crate) fn convolve(x: &[f32], weight: &[f32], bias: Option<&[f32]>, geometry: &Geometry, slope: f32) -> Buffer {
    let (windows, filters, run) = (geometry.windows(), geometry.filters, geometry.kernel * geometry.channels);
    let images = images_per_task(geometry);
    let threads = threads(geometry, images);
    let mut y = Buffer::take(geometry.batch * windows * filters);
    y.par_chunks_mut(images * windows * filters).zip(x.par_chunks(images * geometry.image())).for_each_init(
        || Buffer::take(images * windows * rows_at_a_time(geometry) * run),
        |columns, (y, x)| {
            let windows = y.len() / filters;
            let mut destination = Destination::Overwrite;
            for rows in kernel_rows(geometry) {
                let depth = rows.len() * run;
                let columns = &mut columns[..windows * depth];
                gather_all(x, columns, rows.clone(), geometry);
                let weight = Matrix::by_columns(&weight[rows.start * run * filters..], filters, depth);
                multiply(y, weight, Matrix::by_columns(columns, depth, windows), destination, threads);
                destination = Destination::AddTo;
            }
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
    let (windows, filters, run) = (geometry.windows(), geometry.filters, geometry.kernel * geometry.channels);
    let images = images_per_task(geometry);
    let threads = threads(geometry, images);
    let mut x = Buffer::take(geometry.batch * geometry.image());
    x.par_chunks_mut(images * geometry.image()).zip(y.par_chunks(images * windows * filters)).for_each_init(
        || Buffer::take(images * windows * rows_at_a_time(geometry) * run),
        |columns, (x, y)| {
            let y = Matrix::by_columns(y, filters, y.len() / filters);
            x.fill(0.0);
            for rows in kernel_rows(geometry) {
                let size = rows.len() * run;
                let columns = &mut columns[..y.columns * size];
                let weight = Matrix {
                    values: &weight[rows.start * run..],
                    rows: size,
                    columns: filters,
                    row_stride: 1,
                    column_stride: geometry.window(),
                };
                multiply(columns, weight, y, Destination::Overwrite, threads);
                for (image, columns) in x.chunks_exact_mut(geometry.image()).zip(columns.chunks_exact(windows * size)) {
                    scatter(columns, image, rows.clone(), geometry);
                }
            }
            add_bias_and_activate(x, Channels::Inner { count: geometry.channels }, bias, slope);
        },
    );
    x
}

/// The weight's gradient as `[kh][kw][C][filters]`, for the convolution's input `x` and its output's gradient `g`.
///
/// A task takes a few rows of the kernel and a part of the batch; the parts are added in their order.
pub(crate) fn weight_gradient(x: &[f32], g: &[f32], geometry: &Geometry) -> Buffer {
    let Geometry { batch, filters, kernel, .. } = *geometry;
    let (rows, run) = (rows_at_a_time(geometry), kernel * geometry.channels);
    let size = geometry.window() * filters;
    let worth = batch * geometry.windows() * size / WORTH_A_TASK;
    let parts = TASKS.div_ceil(kernel.div_ceil(rows)).min(worth).clamp(1, batch.max(1));
    let images = batch.div_ceil(parts).max(1);
    let parts = batch.div_ceil(images).max(1);

    let mut sums = Buffer::take(parts * size);
    sums.par_chunks_mut(size.max(1)).enumerate().for_each(|(part, sum)| {
        let range = (part * images).min(batch)..((part + 1) * images).min(batch);
        let x = &x[range.start * geometry.image()..range.end * geometry.image()];
        let g = &g[range.start * geometry.windows() * filters..range.end * geometry.windows() * filters];
        sum.par_chunks_mut(rows * run * filters).enumerate().for_each(|(group, sum)| {
            let start = group * rows;
            rows_gradient(x, g, sum, start..start + sum.len() / (run * filters), geometry);
        });
    });
    if parts > 1 { sum_of_parts(&sums, size) } else { sums }
}

/// The sum of the parts, each of `size` numbers, in their order.
fn sum_of_parts(parts: &[f32], size: usize) -> Buffer {
    let mut total = Buffer::take(size);
    total.par_chunks_mut(PIECE).enumerate().for_each(|(piece, total)| {
        for (index, part) in parts.chunks_exact(size).enumerate() {
            let part = &part[piece * PIECE..][..total.len()];
            if index == 0 {
                total.copy_from_slice(part);
            } else {
                total.iter_mut().zip(part).for_each(|(total, value)| *total += value);
            }
        }
    });
    total
}

/// The gradient of those rows of the kernel, on this thread.
fn rows_gradient(x: &[f32], g: &[f32], sum: &mut [f32], rows: Range<usize>, geometry: &Geometry) {
    let (windows, filters) = (geometry.windows(), geometry.filters);
    let width = rows.len() * geometry.kernel * geometry.channels;
    let images = (COLUMNS / (windows * width).max(1)).max(1);
    let mut columns = Buffer::take(images * windows * width);
    let mut destination = Destination::Overwrite;
    for (x, g) in x.chunks(images * geometry.image()).zip(g.chunks(images * windows * filters)) {
        let windows = g.len() / filters;
        let columns = &mut columns[..windows * width];
        gather_all(x, columns, rows.clone(), geometry);
        let (g, columns) = (Matrix::by_columns(g, filters, windows), Matrix::by_rows(columns, windows, width));
        multiply(sum, g, columns, destination, Threads::This);
        destination = Destination::AddTo;
    }
    if destination == Destination::Overwrite {
        sum.fill(0.0);
    }
}
