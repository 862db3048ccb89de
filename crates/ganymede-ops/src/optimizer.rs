//! The optimizer's update of one tensor, and the average's, in one pass over memory and in place.

use burn::{
    backend::Flex,
    tensor::{Tensor, TensorData},
};
use rayon::prelude::*;

use crate::{
    layout::Dense,
    record::{flex, is_fused},
    simd::simd,
};

/// Elements of one task.
const PIECE: usize = 1 << 15;
/// Sums that run side by side.
const LANES: usize = 32;

/// Adam's update (Kingma & Ba 2015) with the bias correction folded into `rate` and `epsilon`.
///
/// ```text
/// m <- m + (1 - beta1)(g - m),   v <- beta2 v + (1 - beta2) g^2,   w <- w - rate m / (sqrt(v) + epsilon)
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AdamUpdate {
    pub beta1: f32,
    pub beta2: f32,
    pub rate: f32,
    pub epsilon: f32,
}

impl AdamUpdate {
    /// `weight` after the update, and whether it and its moments are finite; `first` and `second` are the moments in
    /// row-major order. The weight changes in place where nobody else holds it.
    ///
    /// # Shapes
    /// `weight` and `gradient`, both detached, of one shape, with as many elements as `first` and `second`.
    ///
    /// # Panics
    /// Where the shapes differ.
    pub fn apply<const D: usize>(
        &self,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        first: &mut [f32],
        second: &mut [f32],
    ) -> (Tensor<D>, bool) {
        let size = weight.shape().num_elements();
        assert_eq!(weight.dims(), gradient.dims(), "Adam: the gradient has another shape than the weight");
        assert!(first.len() == size && second.len() == size, "Adam: the moments have another size than the weight");
        if !(is_fused(&weight) && is_fused(&gradient)) {
            return self.apply_elsewhere(weight, gradient, first, second);
        }
        let (mut weight, gradient) = (Dense::rows(flex(weight)), Dense::rows(flex(gradient)));
        let AdamUpdate { beta1, beta2, rate, epsilon } = *self;
        let bad = weight
            .values_mut()
            .par_chunks_mut(PIECE)
            .zip(gradient.values().par_chunks(PIECE))
            .zip(first.par_chunks_mut(PIECE).zip(second.par_chunks_mut(PIECE)))
            .map(|((w, g), (m, v))| {
                let mut bad = false;
                adam(w, g, m, v, beta1, beta2, rate, epsilon, &mut bad);
                bad
            })
            .reduce(|| false, |one, other| one | other);
        (Tensor::from_primitive::<Flex>(weight.into_rows()), !bad)
    }

    /// The sum of the squares of what an update that has left these moments has taken from the weights. The same on any
    /// number of threads.
    pub fn squared_move(&self, first: &[f32], second: &[f32]) -> f64 {
        let pieces = first.par_chunks(PIECE).zip(second.par_chunks(PIECE)).map(|(m, v)| {
            let mut sum = 0.0;
            squared_moves(m, v, self.rate, self.epsilon, &mut sum);
            sum
        });
        pieces.collect::<Vec<f64>>().into_iter().sum()
    }

    /// The same for tensors that do not lie in this process's memory as 32-bit floats.
    fn apply_elsewhere<const D: usize>(
        &self,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        first: &mut [f32],
        second: &mut [f32],
    ) -> (Tensor<D>, bool) {
        let (shape, dtype, device) = (weight.dims(), weight.dtype(), weight.device());
        let values = |x: Tensor<D>| x.into_data().iter::<f32>().collect::<Vec<_>>();
        let (mut w, g) = (values(weight), values(gradient));
        let mut bad = false;
        adam(&mut w, &g, first, second, self.beta1, self.beta2, self.rate, self.epsilon, &mut bad);
        (Tensor::from_data(TensorData::new(w, shape).convert_dtype(dtype), (&device, dtype)), !bad)
    }
}

/// `keep * average + (1 - keep) * live`. The average changes in place where nobody else holds it.
///
/// # Shapes
/// Both, detached, of one shape.
pub fn lerp<const D: usize>(live: Tensor<D>, average: Tensor<D>, keep: f64) -> Tensor<D> {
    if !(is_fused(&live) && is_fused(&average) && live.dims() == average.dims()) {
        return live.clone() + (average - live) * keep;
    }
    let (live, mut average) = (Dense::rows(flex(live)), Dense::rows(flex(average)));
    average
        .values_mut()
        .par_chunks_mut(PIECE)
        .zip(live.values().par_chunks(PIECE))
        .for_each(|(average, live)| mix(average, live, keep as f32));
    Tensor::from_primitive::<Flex>(average.into_rows())
}

simd!(
    fn adam(
        w: &mut [f32],
        g: &[f32],
        m: &mut [f32],
        v: &mut [f32],
        beta1: f32,
        beta2: f32,
        rate: f32,
        epsilon: f32,
        bad: &mut bool,
    ) {
        // a word as wide as the numbers, so that the check runs in the same lanes
        let mut not_finite = 0;
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            *m += (g - *m) * (1.0 - beta1);
            *v = *v * beta2 + g * g * (1.0 - beta2);
            *w -= rate * *m / (v.sqrt() + epsilon);
            not_finite |= u32::from(!(*w + *m + *v).is_finite());
        }
        *bad = not_finite != 0;
    }
);

simd!(
    fn squared_moves(m: &[f32], v: &[f32], rate: f32, epsilon: f32, sum: &mut f64) {
        // side by side, so that one addition need not wait for the one before
        let mut sums = [0.0f32; LANES];
        let ((m, m_rest), (v, v_rest)) = (m.as_chunks::<LANES>(), v.as_chunks::<LANES>());
        for (m, v) in m.iter().zip(v) {
            for ((sum, m), v) in sums.iter_mut().zip(m).zip(v) {
                let step = rate * m / (v.sqrt() + epsilon);
                *sum += step * step;
            }
        }
        let rest = m_rest.iter().zip(v_rest).map(|(m, v)| (rate * m / (v.sqrt() + epsilon)).powi(2));
        *sum = sums.into_iter().chain(rest).map(f64::from).sum();
    }
);

simd!(
    fn mix(average: &mut [f32], live: &[f32], keep: f32) {
        for (average, live) in average.iter_mut().zip(live) {
            *average = live + (*average - live) * keep;
        }
    }
);

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device};

    use super::*;

    fn tensor(values: &[f32]) -> Tensor<1> {
        Tensor::from_data(values, &Device::flex())
    }

    fn numbers(count: usize, factor: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * factor) % 201) as f32 / 100.0 - 1.0).collect()
    }

    #[test]
    fn the_squared_move_is_that_of_the_weights() {
        for size in [1, 31, 70_000] {
            let weights = numbers(size, 7);
            let (mut m, mut v) = (numbers(size, 3), numbers(size, 5).iter().map(|x| x * x).collect::<Vec<_>>());
            let (after, _) = UPDATE.apply(tensor(&weights), tensor(&numbers(size, 11)), &mut m, &mut v);
            let moved =
                after.into_data().iter::<f64>().zip(&weights).map(|(a, b)| (a - f64::from(*b)).powi(2)).sum::<f64>();
            let said = UPDATE.squared_move(&m, &v);
            assert!((said - moved).abs() <= 1e-2 * moved, "{said} for {moved}");
        }
    }

    const UPDATE: AdamUpdate = AdamUpdate { beta1: 0.5, beta2: 0.9, rate: 0.01, epsilon: 1e-8 };

    /// ```python
    /// p = torch.tensor([1., -2., 3.], requires_grad=True)
    /// o = torch.optim.Adam([p], lr=0.1, betas=(0.5, 0.9), eps=1e-8)
    /// for g in ([0.5, -1., 0.], [0.25, 2., 1e-3]): p.grad = torch.tensor(g); o.step()
    /// ```
    #[test]
    fn two_updates_are_those_of_pytorch() {
        let (mut w, mut m, mut v) = (tensor(&[1.0, -2.0, 3.0]), [0.0; 3], [0.0; 3]);
        for (t, gradient) in [[0.5, -1.0, 0.0], [0.25, 2.0, 1e-3]].iter().enumerate() {
            let (c1, c2) = (1.0 - 0.5f32.powi(t as i32 + 1), (1.0 - 0.9f32.powi(t as i32 + 1)).sqrt());
            let update = AdamUpdate { beta1: 0.5, beta2: 0.9, rate: 0.1 * c2 / c1, epsilon: 1e-8 * c2 };
            w = update.apply(w, tensor(gradient), &mut m, &mut v).0;
        }
        let got = w.into_data().try_to_vec::<f32>().expect("32-bit floats");
        for (got, expected) in got.into_iter().zip(GOLDEN) {
            assert!((got - expected).abs() <= 1e-6, "{got} for {expected}");
        }
    }

    const GOLDEN: [f32; 3] = [0.8143087, -1.96227, 2.908108];

    #[test]
    fn weight_and_average_change_in_place_where_nobody_else_holds_them() {
        let size = PIECE + 100;
        let address = |x: &Tensor<1>| flex(x.clone()).storage::<f32>().as_ptr();
        let (weight, gradient) = (tensor(&numbers(size, 7)), tensor(&numbers(size, 11)));
        let (before, held) = (address(&weight), weight.clone());
        let (mut m, mut v) = (vec![0.0; size], vec![0.0; size]);
        let (copied, finite) = UPDATE.apply(weight, gradient.clone(), &mut m, &mut v);
        assert!(finite);
        assert_ne!(address(&copied), before);
        assert_eq!(held.into_data().try_to_vec::<f32>().ok(), Some(numbers(size, 7)));
        let before = address(&copied);
        let (stepped, _) = UPDATE.apply(copied, gradient.clone(), &mut m, &mut v);
        assert_eq!(address(&stepped), before);
        assert_eq!(address(&lerp(gradient, stepped, 0.9)), before);
    }

    #[test]
    fn one_bad_number_in_weight_or_moments_is_reported() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for (place, at) in (0..3).flat_map(|place| [(place, 0), (place, PIECE + 17)]) {
                let size = PIECE + 100;
                let (mut w, mut m, mut v) = (numbers(size, 7), vec![0.5; size], vec![0.5; size]);
                [&mut w, &mut m, &mut v][place][at] = bad;
                let (_, finite) = UPDATE.apply(tensor(&w), tensor(&numbers(size, 11)), &mut m, &mut v);
                assert!(!finite, "{bad} in {place} at {at}");
            }
        }
    }

    #[test]
    fn strided_and_double_precision_tensors_are_updated_alike() {
        let (values, gradients) = (numbers(35, 7), numbers(35, 11));
        let [(mut m, mut v), (mut m2, mut v2)] = [(); 2].map(|()| (vec![0.0; 35], vec![0.0; 35]));
        let by_rows = |x: &[f32]| tensor(x).reshape([5, 7]);
        // the same matrix, its columns one after the other in memory
        let by_columns = |x: &[f32]| by_rows(x).permute([1, 0]).reshape([7, 5]).mul_scalar(1.0).permute([1, 0]);
        let (fused, _) = UPDATE.apply(by_rows(&values), by_columns(&gradients), &mut m, &mut v);
        let double = |x: &[f32]| by_rows(x).cast(DType::F64);
        let (elsewhere, _) = UPDATE.apply(double(&values), double(&gradients), &mut m2, &mut v2);
        assert_eq!(elsewhere.dtype(), DType::F64);
        assert_eq!((m, v), (m2, v2));
        let difference = (fused.cast(DType::F64) - elsewhere).abs().max().into_scalar::<f64>();
        assert!(difference <= 1e-7, "{difference}");
        let (live, average) = (by_columns(&values), by_rows(&gradients));
        let expected = live.clone() * 0.1 + average.clone() * 0.9;
        let difference = (lerp(live, average, 0.9) - expected).abs().max().into_scalar::<f64>();
        assert!(difference <= 1e-6, "{difference}");
    }
}
