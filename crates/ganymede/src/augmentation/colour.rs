//! Brightness, saturation and contrast (Zhao et al. 2020, "Color"; the ranges are those of the authors' code).
//!
//! ```text
//! brightness   x + b                    b ~ U[-1/2, 1/2)   images lie in [-1, 1]
//! saturation   x + (s - 1)(x - m_c)     s ~ U[0, 2)        m_c: mean over the colours of a pixel; nothing on grey images
//! contrast     x + (c - 1)(x - m)       c ~ U[1/2, 3/2)    m: mean over all colours and pixels of the image
//! ```
//! One after the other, each with a draw of its own. Values may leave [-1, 1] and are not clipped, which would not be affine.
//! Opacity, the fourth of four channels, is no colour and stays.

use burn::tensor::Tensor;

use super::{Transformation, each};
use crate::random::Draws;

/// Channels of an image with opacity, which is the last.
const WITH_OPACITY: usize = 4;

#[derive(Debug, Clone, Copy)]
pub struct Colour;

impl Transformation for Colour {
    fn name(&self) -> &'static str {
        "colour"
    }

    fn summary(&self) -> &'static str {
        "brightness +-0.5 of 2, saturation x0..2, contrast x0.5..1.5 (Zhao et al. 2020)"
    }

    fn apply(&self, x: Tensor<4>, chosen: &[bool], draws: &mut Draws) -> Tensor<4> {
        let changes: Vec<[f32; 3]> = (chosen.iter())
            .map(|chosen| {
                let drawn = [draws.uniform() - 0.5, 2.0 * draws.uniform() - 1.0, draws.uniform() - 0.5];
                if *chosen { drawn } else { [0.0; 3] }
            })
            .collect();
        if !chosen.contains(&true) {
            return x;
        }
        let [n, c, h, w] = x.dims();
        if c == WITH_OPACITY {
            let colours = recoloured(x.clone().narrow(1, 0, c - 1), &changes);
            return Tensor::cat(vec![colours, x.narrow(1, c - 1, 1)], 1);
        }
        recoloured(x, &changes).reshape([n, c, h, w])
    }
}

/// `b`, `s - 1` and `c - 1` of each sample, applied in this order.
fn recoloured(x: Tensor<4>, changes: &[[f32; 3]]) -> Tensor<4> {
    let [brightness, saturation, contrast] = [0, 1, 2].map(|which| changes.iter().map(|c| c[which]).collect());
    let x = x.clone() + each(brightness, &x);
    let x = if x.dims()[1] == 1 { x } else { away_from(x.clone().mean_dim(1), x, saturation) };
    let [n, ..] = x.dims();
    let mean = x.clone().reshape([n as i64, -1]).mean_dim(1).reshape([n, 1, 1, 1]);
    away_from(mean, x, contrast)
}

/// `x + k (x - m)`, which is `x` to the last bit where `k` is 0.
fn away_from(mean: Tensor<4>, x: Tensor<4>, factor: Vec<f32>) -> Tensor<4> {
    let factor = each(factor, &x);
    x.clone() + (x - mean) * factor
}

#[cfg(test)]
mod tests {
    use super::recoloured;
    use crate::testing::*;

    /// `wave(2, 3, 1, 2)`, the first sample with b = 0.25, s = 1.5, c = 0.75, the second left alone.
    ///
    /// ```python
    /// x = leaf(2, 3, 1, 2)
    /// def row(a): return torch.tensor([a, 0.], dtype=torch.float64).reshape(2, 1, 1, 1)
    /// y = x + row(0.25)
    /// y = y + row(0.5) * (y - y.mean(1, keepdim=True))
    /// y = y + row(-0.25) * (y - y.mean((1, 2, 3), keepdim=True)); probe(y); print(y, x.grad)
    /// ```
    #[test]
    fn brightness_saturation_and_contrast_and_their_gradient_are_those_of_pytorch() {
        let x = leaf([2, 3, 1, 2], 0.0);
        let y = recoloured(x.clone(), &[[0.25, 0.5, -0.25], [0.0; 3]]);
        let gradients = probe(&y);
        assert_golden(y, &VALUES);
        assert_golden_gradient(&x, &gradients, &GRADIENT);
    }
    const VALUES: [f64; 12] = [
        0.188157, 0.933376, 1.296788, 1.179742, 0.565019, -0.186000, -0.871576, -0.982453, -0.631267, 0.016814,
        0.656987, 0.988168,
    ];
    const GRADIENT: [f64; 12] = [
        0.213328, -0.545817, -1.015984, -0.991292, -0.468109, 0.292259, 0.793668, 0.998941, 0.734397, 0.124454,
        -0.544021, -0.956635,
    ];
}
