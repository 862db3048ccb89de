//! A move by up to an eighth of each side (Zhao et al. 2020, "Translation").
//!
//! ```text
//! y[i, j] = x[i - a, j - b]         0 where that lies outside: mid-grey, half opaque
//! a ~ U{-r..r}, r = round(H/8);     b ~ U{-r..r}, r = round(W/8)
//! ```

use burn::tensor::{Int, Tensor, TensorData};

use super::Transformation;
use crate::random::Draws;

/// The part of a side that a sample moves by at most.
const PART: f64 = 0.125;

#[derive(Debug, Clone, Copy)]
pub struct Translation;

impl Transformation for Translation {
    fn name(&self) -> &'static str {
        "translation"
    }

    fn summary(&self) -> &'static str {
        "a move by up to an eighth of each side, with 0 where nothing was (Zhao et al. 2020)"
    }

    fn apply(&self, x: Tensor<4>, chosen: &[bool], draws: &mut Draws) -> Tensor<4> {
        let [_, _, h, w] = x.dims();
        let moves: Vec<[isize; 2]> = (chosen.iter())
            .map(|chosen| {
                let drawn = [h, w].map(|side| {
                    let reach = (side as f64 * PART).round() as usize;
                    draws.below(2 * reach + 1) as isize - reach as isize
                });
                if *chosen { drawn } else { [0, 0] }
            })
            .collect();
        if moves.iter().all(|by| *by == [0, 0]) { x } else { moved(x, &moves) }
    }
}

/// Each sample moved down and to the right by its two numbers.
fn moved(x: Tensor<4>, moves: &[[isize; 2]]) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let size = c * h * w;
    let (mut from, mut inside) = (Vec::with_capacity(n * size), Vec::with_capacity(n * size));
    for [down, right] in moves {
        for (channel, i) in (0..c).flat_map(|channel| (0..h).map(move |i| (channel, i))) {
            for j in 0..w {
                let at =
                    i.checked_add_signed(-down).filter(|i| *i < h).zip(j.checked_add_signed(-right).filter(|j| *j < w));
                // a place outside reads anything: it is multiplied by 0
                from.push(at.map_or(0, |(i, j)| (channel * h + i) * w + j) as i64);
                inside.push(if at.is_some() { 1.0f32 } else { 0.0 });
            }
        }
    }
    let (device, dtype) = (x.device(), x.dtype());
    let from = Tensor::<2, Int>::from_data(TensorData::new(from, [n, size]), &device);
    let inside = Tensor::<4>::from_data(TensorData::new(inside, [n, c, h, w]), (&device, dtype));
    x.reshape([n, size]).gather(1, from).reshape([n, c, h, w]) * inside
}

#[cfg(test)]
mod tests {
    use super::moved;
    use crate::testing::*;

    #[test]
    fn samples_move_each_by_its_own_numbers_and_leave_nothing_behind() {
        let x = leaf([3, 1, 2, 3], 0.0);
        let a = values(x.clone());
        let y = moved(x.clone(), &[[1, -1], [0, 0], [-2, 0]]);
        let expected = [&[0.0, 0.0, 0.0, a[1], a[2], 0.0], &a[6..12], &[0.0; 6]].concat();
        assert_eq!(values(y.clone()), expected);
        // what moved out of the frame is not seen, and has no gradient
        let p = values(wave([3, 1, 2, 3], 3.0));
        let gradient = [&[0.0, p[3], p[4], 0.0, 0.0, 0.0], &p[6..12], &[0.0; 6]].concat();
        assert_golden_gradient(&x, &probe(&y), &gradient);
    }

    #[test]
    fn channels_move_together() {
        let x = wave([1, 4, 3, 2], 0.0);
        let a = values(x.clone());
        let expected: Vec<f64> = (0..4).flat_map(|c| [0.0, a[6 * c], 0.0, a[6 * c + 2], 0.0, a[6 * c + 4]]).collect();
        assert_eq!(values(moved(x, &[[0, 1]])), expected);
    }
}
