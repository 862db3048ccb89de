//! Copies that exchange axes, in square tiles, so that both sides of a copy go along their memory.

use rayon::prelude::*;

use crate::buffers::Buffer;

/// Elements of one task.
const PIECE: usize = 1 << 14;

/// The side of a tile: a line of the cache.
const TILE: usize = 16;

/// `[a][p][b] -> [b][p][a]`.
pub(crate) fn exchanged(x: &[f32], [outer, middle, inner]: [usize; 3]) -> Buffer {
    let mut y = Buffer::take(x.len());
    if x.is_empty() {
        return y;
    }
    y.par_chunks_mut(TILE * middle * outer).enumerate().for_each(|(block, y)| {
        for p in 0..middle {
            transpose(
                &x[p * inner + block * TILE..],
                middle * inner,
                &mut y[p * outer..],
                middle * outer,
                [outer, TILE.min(inner - block * TILE)],
            );
        }
    });
    y
}

/// `[a][r][c] -> [a][c][r]`.
pub(crate) fn transposed(x: &[f32], [outer, rows, columns]: [usize; 3]) -> Buffer {
    let mut y = Buffer::take(x.len());
    if x.is_empty() {
        return y;
    }
    debug_assert_eq!(x.len(), outer * rows * columns);
    let size = rows * columns;
    y.par_chunks_mut(size).zip(x.par_chunks(size)).for_each(|(y, x)| {
        let task = TILE * (PIECE / (TILE * rows)).max(1);
        y.par_chunks_mut(task * rows).enumerate().for_each(|(index, y)| {
            transpose(&x[index * task..], columns, y, rows, [rows, y.len() / rows]);
        });
    });
    y
}

/// Writes the transpose of `rows` x `columns` numbers: row `r` of `x` begins at `r * x_pitch`, row `c` of `y` at `c * y_pitch`.
fn transpose(x: &[f32], x_pitch: usize, y: &mut [f32], y_pitch: usize, [rows, columns]: [usize; 2]) {
    let mut tile = [[0.0; TILE]; TILE];
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            let (height, width) = (TILE.min(rows - top), TILE.min(columns - left));
            let (x, y) = (&x[top * x_pitch + left..], &mut y[left * y_pitch + top..]);
            if (height, width) == (TILE, TILE) {
                for (r, row) in tile.iter_mut().enumerate() {
                    row.copy_from_slice(&x[r * x_pitch..][..TILE]);
                }
                for (c, line) in transposed_tile(&tile).iter().enumerate() {
                    y[c * y_pitch..][..TILE].copy_from_slice(line);
                }
            } else {
                for (r, c) in (0..height).flat_map(|r| (0..width).map(move |c| (r, c))) {
                    y[c * y_pitch + r] = x[r * x_pitch + c];
                }
            }
        }
    }
}

/// A tile's transpose: rows and columns are numbered by eight bits, and each riffle rotates these by one.
#[inline(always)]
fn transposed_tile(tile: &[[f32; TILE]; TILE]) -> [[f32; TILE]; TILE] {
    riffled(&riffled(&riffled(&riffled(tile))))
}

/// The upper half of the rows and the lower half, number by number in turn: shuffles that the compiler has instructions for.
#[inline(always)]
fn riffled(tile: &[[f32; TILE]; TILE]) -> [[f32; TILE]; TILE] {
    const HALF: usize = TILE / 2;
    let mut result = [[0.0; TILE]; TILE];
    for i in 0..HALF {
        for k in 0..HALF {
            result[2 * i][2 * k] = tile[i][k];
            result[2 * i][2 * k + 1] = tile[i + HALF][k];
            result[2 * i + 1][2 * k] = tile[i][k + HALF];
            result[2 * i + 1][2 * k + 1] = tile[i + HALF][k + HALF];
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchange_of_the_outer_axes_moves_every_element() {
        let sizes @ [outer, middle, inner] = [19, 3, 37];
        let x: Vec<f32> = (0..outer * middle * inner).map(|i| i as f32).collect();
        let y = exchanged(&x, sizes);
        for (a, p, b) in (0..outer).flat_map(|a| (0..middle).flat_map(move |p| (0..inner).map(move |b| (a, p, b)))) {
            assert_eq!(y[(b * middle + p) * outer + a], x[(a * middle + p) * inner + b]);
        }
    }

    #[test]
    fn a_transpose_of_the_inner_axes_moves_every_element() {
        let sizes @ [outer, rows, columns] = [3, 19, 37];
        let x: Vec<f32> = (0..outer * rows * columns).map(|i| i as f32).collect();
        let y = transposed(&x, sizes);
        for (a, r, c) in (0..outer).flat_map(|a| (0..rows).flat_map(move |r| (0..columns).map(move |c| (a, r, c)))) {
            assert_eq!(y[(a * columns + c) * rows + r], x[(a * rows + r) * columns + c]);
        }
    }
}
