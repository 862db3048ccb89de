//! Euclidean distances between the samples of two sets, in blocks: `|a - b|^2 = |a|^2 + |b|^2 - 2 <a, b>`.

use faer::{Accum, Mat, MatRef, Par, linalg::matmul::matmul};
use rayon::prelude::*;

use super::Features;

/// Rows of `a` whose distances are held at a time by each thread.
const BLOCK: usize = 128;

/// Calls `visit` with the number of each sample of `a` and its squared distances to every sample of `b`; returns what it
/// gives, in order. Both sets are shifted by the mean of `b` first, so that the subtraction loses no digits to a common offset.
pub(super) fn map_squared<T: Send>(
    a: &Features,
    b: &Features,
    visit: impl Fn(usize, &mut [f64]) -> T + Sync,
) -> Vec<T> {
    let dim = a.dim();
    let offset = mean(b);
    let (a_values, b_values) = (shifted(a, &offset), shifted(b, &offset));
    let norm = |row: &[f64]| row.iter().map(|v| v * v).sum::<f64>();
    let b_norms: Vec<f64> = b_values.chunks_exact(dim).map(norm).collect();
    let b_columns = MatRef::from_column_major_slice(&b_values, dim, b.count());
    let blocks = a_values.par_chunks(BLOCK * dim).enumerate().map(|(block, rows)| {
        let count = rows.len() / dim;
        let mut products = Mat::zeros(b.count(), count);
        let rows_as_columns = MatRef::from_column_major_slice(rows, dim, count);
        matmul(&mut products, Accum::Replace, b_columns.transpose(), rows_as_columns, 1.0, Par::Seq);
        let mut distances = vec![0.0; b.count()];
        let visited = rows.chunks_exact(dim).enumerate().map(|(i, row)| {
            let a_norm = norm(row);
            for ((distance, product), b_norm) in distances.iter_mut().zip(products.col(i).iter()).zip(&b_norms) {
                *distance = (a_norm + b_norm - 2.0 * product).max(0.0);
            }
            visit(block * BLOCK + i, &mut distances)
        });
        visited.collect::<Vec<T>>()
    });
    blocks.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// The squared distance of each sample to its `k`-th nearest other sample, `k` from 1.
pub(super) fn squared_radii(features: &Features, k: usize) -> Vec<f64> {
    map_squared(features, features, |i, distances| {
        // to itself it is 0 but for rounding; as an infinite one it is never among the nearest
        distances[i] = f64::INFINITY;
        *distances.select_nth_unstable_by(k - 1, f64::total_cmp).1
    })
}

fn mean(features: &Features) -> Vec<f64> {
    let mut mean = vec![0.0; features.dim()];
    for row in features.values().chunks_exact(features.dim()) {
        mean.iter_mut().zip(row).for_each(|(sum, v)| *sum += f64::from(*v));
    }
    mean.iter_mut().for_each(|sum| *sum /= features.count().max(1) as f64);
    mean
}

fn shifted(features: &Features, offset: &[f64]) -> Vec<f64> {
    features.to_f64().into_iter().enumerate().map(|(i, v)| v - offset[i % offset.len()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_on_a_line_are_the_differences() {
        let a = Features::new(vec![0.0, 3.0, 7.0], 1).unwrap();
        let b = Features::new(vec![1.0, 5.0], 1).unwrap();
        let distances = map_squared(&a, &b, |_, d| d.to_vec());
        for (distances, expected) in distances.iter().zip([[1.0, 25.0], [4.0, 4.0], [36.0, 4.0]]) {
            assert!(distances.iter().zip(expected).all(|(d, e)| (d - e).abs() < 1e-12), "{distances:?} {expected:?}");
        }
    }

    #[test]
    fn the_radius_of_a_sample_leaves_out_the_sample_itself() {
        let line = Features::new(vec![0.0, 1.0, 3.0, 7.0], 1).unwrap();
        let radii = squared_radii(&line, 1);
        assert!(radii.iter().zip([1.0, 1.0, 4.0, 16.0]).all(|(r, e)| (r - e).abs() < 1e-12), "{radii:?}");
    }
}
