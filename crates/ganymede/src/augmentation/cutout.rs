//! A square of half the side, set to 0 (DeVries & Taylor 2017; as in Zhao et al. 2020, "Cutout").
//!
//! ```text
//! y = m x     m = 0 on i0 .. i0 + H/2, j0 .. j0 + W/2, as far as that lies in the frame; else 1.   H/2, W/2 rounded
//! the middle of the square is uniform over the frame
//! ```
//! 0 is mid-grey, and half opaque where images have opacity.

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use super::Transformation;
use crate::random::Draws;

#[derive(Debug, Clone, Copy)]
pub struct Cutout;

impl Transformation for Cutout {
    fn name(&self) -> &'static str {
        "cutout"
    }

    fn summary(&self) -> &'static str {
        "a square of half the side set to 0 (DeVries & Taylor 2017, Zhao et al. 2020)"
    }

    fn apply(&self, x: Tensor<4>, chosen: &[bool], draws: &mut Draws) -> Tensor<4> {
        let [_, _, h, w] = x.dims();
        let squares: Vec<[Range<usize>; 2]> = (chosen.iter())
            .map(|chosen| {
                let drawn = [h, w].map(|side| span(side, draws.below(places(side))));
                if *chosen { drawn } else { [0..0, 0..0] }
            })
            .collect();
        if chosen.contains(&true) { cut(x, &squares) } else { x }
    }
}

fn length(side: usize) -> usize {
    side.div_ceil(2)
}

/// In how many places a middle can be: an even square has its middle between pixels, or at either edge.
pub(super) fn places(side: usize) -> usize {
    side + 1 - length(side) % 2
}

/// The part of a side that a square with its middle at that place covers.
pub(super) fn span(side: usize, middle: usize) -> Range<usize> {
    let start = middle as isize - (length(side) / 2) as isize;
    start.max(0) as usize..(start + length(side) as isize).clamp(0, side as isize) as usize
}

fn cut(x: Tensor<4>, squares: &[[Range<usize>; 2]]) -> Tensor<4> {
    let [n, _, h, w] = x.dims();
    let stays = squares.iter().flat_map(|[rows, columns]| {
        (0..h).flat_map(move |i| (0..w).map(move |j| !(rows.contains(&i) && columns.contains(&j))))
    });
    let mask: Vec<f32> = stays.map(|stays| if stays { 1.0 } else { 0.0 }).collect();
    let mask = Tensor::<4>::from_data(TensorData::new(mask, [n, 1, h, w]), (&x.device(), x.dtype()));
    x * mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[test]
    fn a_square_is_cut_out_of_every_channel_and_of_its_gradient() {
        let x = leaf([2, 2, 2, 2], 0.0);
        let y = cut(x.clone(), &[[0..1, 1..2], [0..0, 0..0]]);
        let without = |mut values: Vec<f64>| {
            (values[1], values[5]) = (0.0, 0.0);
            values
        };
        assert_eq!(values(y.clone()), without(values(x.clone())));
        assert_golden_gradient(&x, &probe(&y), &without(values(wave([2, 2, 2, 2], 3.0))));
    }

    #[test]
    fn every_square_lies_in_the_frame_as_far_as_it_can() {
        let spans = |side| (0..places(side)).map(|middle| span(side, middle)).collect::<Vec<_>>();
        assert_eq!(spans(4), [0..1, 0..2, 1..3, 2..4, 3..4]);
        assert_eq!(spans(5), [0..2, 0..3, 1..4, 2..5, 3..5]);
        assert_eq!(spans(2), [0..1, 1..2]);
    }
}
