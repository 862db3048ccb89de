//! How large numbers are, and with it whether all of them are finite, in one pass over memory.

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::{
    layout::Dense,
    record::{flex, is_fused},
    simd::simd,
};

/// Elements of one task.
const PIECE: usize = 1 << 15;
/// Sums that run side by side, so that one addition need not wait for the one before.
const LANES: usize = 32;

/// The sum of the squares of all elements of a detached tensor. It is finite exactly where every square is, which is asked
/// of a gradient whose square an optimizer keeps. The same on any number of threads.
pub fn squared_norm<const D: usize>(x: Tensor<D>) -> f64 {
    if !is_fused(&x) {
        return x.into_data().iter::<f64>().map(|value| value * value).sum();
    }
    let x = flex(x);
    // the order does not matter, so a permuted tensor need not be copied
    let storage = x.storage::<f32>();
    if storage.len() == x.layout().num_elements() {
        return sum(storage);
    }
    sum(Dense::rows(x).values())
}

/// Whether every element of a detached tensor is finite.
pub fn is_finite<const D: usize>(x: Tensor<D>) -> bool {
    if !is_fused(&x) {
        return x.into_data().iter::<f64>().all(f64::is_finite);
    }
    let x = flex(x);
    let storage = x.storage::<f32>();
    if storage.len() == x.layout().num_elements() {
        return all_finite(storage);
    }
    all_finite(Dense::rows(x).values())
}

/// Whether every number is finite.
pub fn all_finite(values: &[f32]) -> bool {
    values.par_chunks(PIECE).all(|piece| {
        let mut bad = false;
        has_bad(piece, &mut bad);
        !bad
    })
}

simd!(
    fn has_bad(piece: &[f32], bad: &mut bool) {
        // a word as wide as the numbers, so that the check runs in the same lanes
        *bad = piece.iter().fold(0, |bad, value| bad | u32::from(!value.is_finite())) != 0;
    }
);

fn sum(values: &[f32]) -> f64 {
    let pieces: Vec<f64> = values
        .par_chunks(PIECE)
        .map(|piece| {
            let mut sum = 0.0;
            sum_of_squares(piece, &mut sum);
            sum
        })
        .collect();
    pieces.into_iter().sum()
}

simd!(
    fn sum_of_squares(piece: &[f32], sum: &mut f64) {
        let mut sums = [0.0f32; LANES];
        let (lanes, rest) = piece.as_chunks::<LANES>();
        for lane in lanes {
            for (sum, value) in sums.iter_mut().zip(lane) {
                *sum += value * value;
            }
        }
        let squares = rest.iter().map(|value| value * value);
        *sum = sums.into_iter().chain(squares).map(f64::from).sum();
    }
);

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    const LENGTHS: [usize; 4] = [1, LANES - 1, LANES + 1, PIECE + LANES + 1];

    fn tensor(values: &[f32]) -> Tensor<1> {
        Tensor::from_floats(values, &Device::flex())
    }

    #[test]
    fn one_bad_number_anywhere_is_found() {
        for length in LENGTHS {
            for at in [0, length / 2, length - 1] {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e20] {
                    let mut values = vec![0.5; length];
                    values[at] = bad;
                    assert!(!squared_norm(tensor(&values)).is_finite(), "{bad} at {at} of {length}");
                    assert_eq!(is_finite(tensor(&values)), bad == 1e20, "{bad} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn the_squared_norm_is_the_sum_of_squares_however_the_tensor_lies() {
        for length in LENGTHS {
            let x = tensor(&vec![0.5; 2 * length]).reshape([2, length]);
            let expected = 0.25 * length as f64;
            for (norm, factor) in [
                (squared_norm(x.clone()), 2.0),
                (squared_norm(x.clone().transpose()), 2.0),
                (squared_norm(x.narrow(0, 1, 1)), 1.0),
            ] {
                assert!((norm - factor * expected).abs() <= 1e-9 * expected, "{norm} for {length}");
            }
        }
    }
}
