//! Passes over an activation that treat each channel alike: bias and activation, their gradient, sums, moments.
//!
//! The two orders of `layout` need two loops: `[C][n]`, a channel a row, and `[n][C]`, the channels along each row. All
//! passes run in pieces of about [`PIECE`] elements, which a core's second cache holds; one piece runs on the caller's thread.

use rayon::prelude::*;

use crate::{activation, simd::simd};

/// Elements of one task.
const PIECE: usize = 1 << 15;

/// Rows of few channels are handled several at a time, at least this many elements wide, so that vectors are full.
const WIDTH: usize = 64;

/// How the channels of an activation lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    /// `[C][n]`.
    Outer { count: usize, length: usize },
    /// `[n][C]`.
    Inner { count: usize },
}

impl Channels {
    /// Those of an activation `[N, C]` or `[N, C, H, W]` in the order of `layout::Dense::activation`.
    pub fn of(shape: &[usize]) -> Self {
        match *shape {
            [batch, count] if batch > 1 => Channels::Outer { count, length: batch },
            _ => Channels::Inner { count: shape[1] },
        }
    }

    pub fn count(self) -> usize {
        match self {
            Channels::Outer { count, .. } | Channels::Inner { count } => count,
        }
    }

    /// The length of a piece, and of what repeats in it: a whole number of rows.
    fn piece(self) -> (usize, usize) {
        let row = match self {
            Channels::Outer { length, .. } => length,
            Channels::Inner { count } => widened(count),
        };
        (row * (PIECE / row).max(1), row)
    }
}

/// The least multiple of `count` that fills vectors.
fn widened(count: usize) -> usize {
    count * WIDTH.div_ceil(count).max(1)
}

/// `values`, a number a channel, over and over, to the width that rows are handled at.
pub(crate) fn repeated(values: &[f32]) -> Vec<f32> {
    values.iter().copied().cycle().take(widened(values.len())).collect()
}

/// `y <- a(y + bias)`, on all threads.
pub(crate) fn add_bias_and_activate(y: &mut [f32], channels: Channels, bias: Option<&[f32]>, slope: f32) {
    if bias.is_none() && slope == 1.0 {
        return;
    }
    let (piece, row) = channels.piece();
    match (channels, bias) {
        (_, None) => y.par_chunks_mut(PIECE).for_each(|y| activate(y, slope)),
        (Channels::Outer { length, .. }, Some(bias)) => {
            y.par_chunks_mut(piece)
                .zip(bias.par_chunks(piece / row))
                .for_each(|(y, bias)| bias_by_rows(y, length, bias, slope));
        }
        (Channels::Inner { .. }, Some(bias)) => {
            let bias = repeated(bias);
            y.par_chunks_mut(piece).for_each(|y| bias_along_rows(y, &bias, slope));
        }
    }
}

simd!(
    /// `y <- a(y)`.
    fn activate(y: &mut [f32], slope: f32) {
        for y in y {
            *y = if *y > 0.0 { *y } else { slope * *y };
        }
    }
);

simd!(
    fn bias_by_rows(y: &mut [f32], length: usize, bias: &[f32], slope: f32) {
        for (row, bias) in y.chunks_exact_mut(length).zip(bias) {
            for y in row {
                let z = *y + bias;
                *y = if z > 0.0 { z } else { slope * z };
            }
        }
    }
);

simd!(
    /// `bias` is as [`repeated`] gives it; the last row of `y` may be shorter.
    fn bias_along_rows(y: &mut [f32], bias: &[f32], slope: f32) {
        for row in y.chunks_mut(bias.len()) {
            for (y, bias) in row.iter_mut().zip(bias) {
                let z = *y + bias;
                *y = if z > 0.0 { z } else { slope * z };
            }
        }
    }
);

/// `g <- a'(.) g` where an activation's output was `y` (none for the identity), and with `bias` the sum of the result over
/// each channel, in one pass.
pub(crate) fn activation_gradient(
    g: &mut [f32],
    y: Option<&[f32]>,
    channels: Channels,
    slope: f32,
    bias: bool,
) -> Option<Vec<f32>> {
    let (piece, row) = channels.piece();
    // where there is no activation, `g` stands for the output too, and is left alone
    let masked = |index: usize, g: &mut [f32]| {
        if let Some(y) = y {
            activation::mask(g, &y[index * piece..index * piece + g.len()], slope);
        }
    };
    if !bias {
        g.par_chunks_mut(piece).enumerate().for_each(|(index, g)| masked(index, g));
        return None;
    }
    let mut sums = vec![0.0; channels.count()];
    match channels {
        Channels::Outer { length, .. } => {
            g.par_chunks_mut(piece).zip(sums.par_chunks_mut(piece / row)).enumerate().for_each(|(index, (g, sums))| {
                masked(index, g);
                sum_rows(g, length, sums);
            });
        }
        Channels::Inner { .. } => {
            let partial: Vec<_> = g
                .par_chunks_mut(piece)
                .enumerate()
                .map(|(index, g)| {
                    masked(index, g);
                    let mut partial = vec![0.0; row];
                    add_rows(g, &mut partial);
                    partial
                })
                .collect();
            fold(&partial, &mut sums);
        }
    }
    Some(sums)
}

/// The sum over each channel of `[n][C]`.
pub(crate) fn sums_along_rows(x: &[f32], count: usize) -> Vec<f32> {
    partial_sums(x, Channels::Inner { count }, |x, _, sums| add_rows(x, sums))
}

/// The sum over the pieces of `x` in `[n][C]` of what `add` adds, given the piece and where it starts, to rows of sums.
pub(crate) fn partial_sums(x: &[f32], channels: Channels, add: impl Fn(&[f32], usize, &mut [f32]) + Sync) -> Vec<f32> {
    let (piece, row) = channels.piece();
    let partial: Vec<_> = x
        .par_chunks(piece)
        .enumerate()
        .map(|(index, x)| {
            let mut sums = vec![0.0; row];
            add(x, index * piece, &mut sums);
            sums
        })
        .collect();
    let mut sums = vec![0.0; channels.count()];
    fold(&partial, &mut sums);
    sums
}

/// Calls `change` with each piece of `x` in `[n][C]` and where it starts, on all threads.
pub(crate) fn for_pieces(x: &mut [f32], channels: Channels, change: impl Fn(&mut [f32], usize) + Sync) {
    let (piece, _) = channels.piece();
    x.par_chunks_mut(piece).enumerate().for_each(|(index, x)| change(x, index * piece));
}

/// Channels that one task of a pass over `[C][n]` takes.
pub(crate) fn channels_per_task(length: usize) -> usize {
    (PIECE / length).max(1)
}

/// Adds up the partial sums, each a few rows of channels wide, in their order and in double precision.
fn fold(partial: &[Vec<f32>], sums: &mut [f32]) {
    let count = sums.len();
    let mut totals = vec![0.0f64; count];
    for partial in partial {
        for row in partial.chunks_exact(count) {
            for (total, value) in totals.iter_mut().zip(row) {
                *total += f64::from(*value);
            }
        }
    }
    for (sum, total) in sums.iter_mut().zip(totals) {
        *sum = total as f32;
    }
}

simd!(
    /// The sum of each row.
    fn sum_rows(x: &[f32], length: usize, sums: &mut [f32]) {
        for (sum, row) in sums.iter_mut().zip(x.chunks_exact(length)) {
            *sum = sum_of(row, |x| x);
        }
    }
);

/// The sum of `term` over `row`, in sixteen interleaved parts.
#[inline(always)]
pub(crate) fn sum_of(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut parts = [0.0f32; 16];
    let (whole, rest) = row.as_chunks::<16>();
    for chunk in whole {
        for (part, x) in parts.iter_mut().zip(chunk) {
            *part += term(*x);
        }
    }
    parts.iter().sum::<f32>() + rest.iter().map(|x| term(*x)).sum::<f32>()
}

simd!(
    /// Adds the rows of `x`, as wide as `sums`, to `sums`; the last one may be shorter.
    fn add_rows(x: &[f32], sums: &mut [f32]) {
        for row in x.chunks(sums.len()) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += x;
            }
        }
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_few_channels_are_widened_to_whole_repetitions() {
        assert_eq!([1, 3, 64, 100].map(widened), [64, 66, 64, 100]);
        assert_eq!(repeated(&[1.0, 2.0, 3.0])[62..], [3.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn both_orders_give_the_same_sums_and_masks() {
        let (n, count) = (1001, 3);
        let inner: Vec<f32> = (0..n * count).map(|i| ((i * 37) % 101) as f32 - 50.0).collect();
        let outer: Vec<f32> = (0..n * count).map(|i| inner[(i % n) * count + i / n]).collect();
        let (mut g, mut h) = (inner.clone(), outer.clone());
        let sums = activation_gradient(&mut g, Some(&inner), Channels::Inner { count }, 0.5, true);
        let other = activation_gradient(&mut h, Some(&outer), Channels::Outer { count, length: n }, 0.5, true);
        assert_eq!(sums, other);
        let expected: f32 = inner.iter().step_by(count).map(|x| if *x > 0.0 { *x } else { 0.5 * x }).sum();
        assert_eq!(sums.map(|sums| sums[0]), Some(expected));
    }
}
