//! Mean and covariance of a sample, in 64 bits.

use faer::{Accum, Mat, MatRef, Par, linalg::matmul::matmul};
use rayon::prelude::*;

use super::Features;

/// The rows are summed in this many parts, whatever the number of threads, so that the sums do not depend on it.
const PARTS: usize = 8;

/// The first two moments of a sample.
#[derive(Debug, Clone)]
pub struct Moments {
    pub mean: Vec<f64>,
    /// Unbiased, `1/(n - 1)`.
    pub covariance: Mat<f64>,
    pub count: usize,
}

impl Moments {
    /// The moments of at least two samples.
    pub fn of(features: &Features) -> Self {
        let (n, dim) = (features.count(), features.dim());
        let mut mean = vec![0.0; dim];
        for row in features.values().chunks_exact(dim) {
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        mean.iter_mut().for_each(|sum| *sum /= n.max(1) as f64);

        let rows_a_part = n.div_ceil(PARTS).max(1);
        let scatters: Vec<Mat<f64>> = features
            .values()
            .par_chunks(rows_a_part * dim)
            .map(|rows| {
                let centred: Vec<f64> = rows.iter().enumerate().map(|(i, v)| f64::from(*v) - mean[i % dim]).collect();
                // row-major [rows, dim] is column-major [dim, rows]
                let x = MatRef::from_column_major_slice(&centred, dim, rows.len() / dim);
                let mut scatter = Mat::zeros(dim, dim);
                matmul(&mut scatter, Accum::Replace, x, x.transpose(), 1.0, Par::Seq);
                scatter
            })
            .collect();
        let scale = 1.0 / (n.max(2) - 1) as f64;
        let covariance = scatters.iter().fold(Mat::zeros(dim, dim), |sum, part| sum + part) * faer::Scale(scale);
        Moments { mean, covariance, count: n }
    }

    /// The sum of the variances.
    pub fn total_variance(&self) -> f64 {
        (0..self.mean.len()).map(|i| self.covariance[(i, i)]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_of_three_points_are_those_by_hand() {
        let moments = Moments::of(&Features::new(vec![0.0, 0.0, 2.0, 4.0, 4.0, 2.0], 2).unwrap());
        assert_eq!(moments.mean, [2.0, 2.0]);
        // deviations (-2, -2), (0, 2), (2, 0)
        let expected = [[4.0, 2.0], [2.0, 4.0]];
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            assert!((moments.covariance[(i, j)] - expected[i][j]).abs() < 1e-12);
        }
        assert!((moments.total_variance() - 8.0).abs() < 1e-12);
    }
}
