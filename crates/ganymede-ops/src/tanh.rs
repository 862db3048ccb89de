//! The hyperbolic tangent.
//!
//! ```text
//! y = tanh(x) = x P(x^2) / Q(x^2)          gx = (1 - y^2) gy
//! ```
//! P and Q of degrees 6 and 3 are those of Eigen's `generic_fast_tanh_float`, for |x| below 7.9; beyond it the nearest
//! number to tanh(x) is 1 or the one below. Where x is small, tanh(x) is x. The error is a few units in the last place.

use burn::{
    backend::{
        Autodiff, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};
use rayon::prelude::*;

use crate::{
    composed,
    layout::Dense,
    record::{is_fused, record},
    simd::simd,
};

/// Elements of one task.
const PIECE: usize = 1 << 14;

/// Beyond it the quotient is not used.
const LARGEST: f32 = 7.905_311;
/// Below it tanh(x) is x to rounding.
const SMALLEST: f32 = 0.0004;
/// P and Q, the highest power first.
const P: [f32; 7] =
    [-2.760_768_5e-16, 2.000_188e-13, -8.604_672e-11, 5.122_297e-8, 1.485_722_4e-5, 6.372_619e-4, 4.893_524_6e-3];
const Q: [f32; 4] = [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3];

/// `tanh(x)`.
pub fn tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !is_fused(&x) {
        return composed::tanh(x);
    }
    Tensor::from_dispatch(Dispatch::hyperbolic_tangent(x.into_dispatch()))
}

#[backend_extension(Autodiff, Flex)]
pub trait TanhBackend: burn::backend::Backend {
    fn hyperbolic_tangent(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl TanhBackend for Flex {
    fn hyperbolic_tangent(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let mut y = Dense::activation(x);
        y.values_mut().par_chunks_mut(PIECE).for_each(apply);
        y.into_activation()
    }
}

simd!(
    /// `x <- tanh(x)`.
    fn apply(x: &mut [f32]) {
        for x in x {
            // clamped by comparisons that a NaN passes
            let near = if *x > LARGEST { LARGEST } else { *x };
            let near = if near < -LARGEST { -LARGEST } else { near };
            let square = near * near;
            let polynomial = |terms: &[f32]| terms.iter().fold(0.0, |sum, term| sum * square + term);
            let quotient = near * polynomial(&P) / polynomial(&Q);
            *x = if x.abs() < SMALLEST { *x } else { quotient };
        }
    }
);

simd!(
    /// `g <- (1 - y^2) g`.
    fn gradient(g: &mut [f32], y: &[f32]) {
        for (g, y) in g.iter_mut().zip(y) {
            *g *= 1.0 - y * y;
        }
    }
);

#[derive(Debug)]
struct TanhGradient;

impl Backward<Flex, 1> for TanhGradient {
    type State = FloatTensor<Flex>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let mut g = Dense::activation(gradients.consume::<Flex>(&ops.node));
        let y = Dense::activation(ops.state);
        if let [Some(node)] = ops.parents {
            let pieces = g.values_mut().par_chunks_mut(PIECE).zip(y.values().par_chunks(PIECE));
            pieces.for_each(|(g, y)| gradient(g, y));
            gradients.register::<Flex>(node.id, g.into_activation());
        }
    }
}

impl<C: CheckpointStrategy> TanhBackend for Autodiff<Flex, C> {
    fn hyperbolic_tangent(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = Flex::hyperbolic_tangent(x);
        record::<_, C, 1>(TanhGradient, [node], y.clone(), || y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_within_a_few_units_in_the_last_place_everywhere() {
        for sign in [1.0f32, -1.0] {
            let x: Vec<f32> = (0..2_000_000).map(|i| sign * 1e-6 * (1.1f32.ln() * i as f32 * 1e-4).exp()).collect();
            let mut y = x.clone();
            apply(&mut y);
            for (x, y) in x.iter().zip(&y) {
                let exact = f64::from(*x).tanh();
                assert!((f64::from(*y) - exact).abs() <= 5e-7 * exact.abs(), "{y} for tanh({x}) = {exact}");
                assert!(y.abs() <= 1.0, "{y} for tanh({x})");
            }
        }
    }

    #[test]
    fn extremes_and_numbers_that_are_not_finite_are_kept() {
        let mut x = [0.0, -0.0, 1e4, -1e4, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        apply(&mut x);
        assert!(x[0] == 0.0 && x[1].is_sign_negative() && x[6].is_nan());
        for (y, exact) in x[2..6].iter().zip([1.0f32, -1.0, 1.0, -1.0]) {
            assert!((y - exact).abs() <= 2e-7 && y.abs() <= 1.0, "{y}");
        }
    }
}
