//! The passes of batch normalisation over values; the formulas stand in `batch_norm`.

use rayon::prelude::*;

use crate::{
    channels::{Channels, channels_per_task, for_pieces, partial_sums, repeated, sum_of, sums_along_rows},
    simd::simd,
};

/// The mean and the biased variance of each channel.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

impl Moments {
    pub fn of(x: &[f32], channels: Channels) -> Self {
        match channels {
            Channels::Outer { count, length } => {
                let (mut mean, mut variance) = (vec![0.0; count], vec![0.0; count]);
                let task = channels_per_task(length);
                x.par_chunks(task * length)
                    .zip(mean.par_chunks_mut(task).zip(variance.par_chunks_mut(task)))
                    .for_each(|(x, (mean, variance))| row_moments(x, length, mean, variance));
                Moments { mean, variance }
            }
            Channels::Inner { count } => {
                let n = (x.len() / count.max(1)) as f32;
                let mean: Vec<f32> = sums_along_rows(x, count).into_iter().map(|sum| sum / n).collect();
                let wide = repeated(&mean);
                let squares = partial_sums(x, channels, |x, _, sums| add_squared_deviations(x, &wide, sums));
                Moments { mean, variance: squares.into_iter().map(|sum| sum / n).collect() }
            }
        }
    }

    /// `1 / sqrt(var + eps)`.
    fn inverse_deviation(&self, epsilon: f32) -> Vec<f32> {
        self.variance.iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect()
    }
}

simd!(
    fn row_moments(x: &[f32], length: usize, mean: &mut [f32], variance: &mut [f32]) {
        let n = length as f32;
        for ((row, mean), variance) in x.chunks_exact(length).zip(mean).zip(variance) {
            let center = sum_of(row, |x| x) / n;
            *mean = center;
            *variance = sum_of(row, |x| (x - center) * (x - center)) / n;
        }
    }
);

simd!(
    fn add_squared_deviations(x: &[f32], mean: &[f32], sums: &mut [f32]) {
        for row in x.chunks(mean.len()) {
            for ((sum, x), mean) in sums.iter_mut().zip(row).zip(mean) {
                *sum += (x - mean) * (x - mean);
            }
        }
    }
);

/// `y = a(gamma (x - mean) r + beta)`.
#[allow(clippy::too_many_arguments)]
pub(crate) fn normalize(
    x: &[f32],
    y: &mut [f32],
    channels: Channels,
    moments: &Moments,
    gamma: &[f32],
    beta: &[f32],
    epsilon: f32,
    slope: f32,
) {
    let scale: Vec<f32> = moments.inverse_deviation(epsilon).iter().zip(gamma).map(|(r, gamma)| r * gamma).collect();
    match channels {
        Channels::Outer { length, .. } => {
            let task = channels_per_task(length);
            let channel = moments.mean.par_chunks(task).zip(scale.par_chunks(task)).zip(beta.par_chunks(task));
            y.par_chunks_mut(task * length)
                .zip(x.par_chunks(task * length))
                .zip(channel)
                .for_each(|((y, x), ((mean, scale), beta))| affine_by_rows(x, y, length, mean, scale, beta, slope));
        }
        Channels::Inner { .. } => {
            let (mean, scale, beta) = (repeated(&moments.mean), repeated(&scale), repeated(beta));
            for_pieces(y, channels, |y, start| {
                affine_along_rows(&x[start..start + y.len()], y, &mean, &scale, &beta, slope);
            });
        }
    }
}

simd!(
    fn affine_by_rows(x: &[f32], y: &mut [f32], length: usize, mean: &[f32], scale: &[f32], beta: &[f32], slope: f32) {
        let channels = mean.iter().zip(scale).zip(beta);
        for ((x, y), ((mean, scale), beta)) in x.chunks_exact(length).zip(y.chunks_exact_mut(length)).zip(channels) {
            for (x, y) in x.iter().zip(y) {
                let z = (x - mean) * scale + beta;
                *y = if z > 0.0 { z } else { slope * z };
            }
        }
    }
);

simd!(
    fn affine_along_rows(x: &[f32], y: &mut [f32], mean: &[f32], scale: &[f32], beta: &[f32], slope: f32) {
        for (x, y) in x.chunks(mean.len()).zip(y.chunks_mut(mean.len())) {
            for ((x, y), ((mean, scale), beta)) in x.iter().zip(y).zip(mean.iter().zip(scale).zip(beta)) {
                let z = (x - mean) * scale + beta;
                *y = if z > 0.0 { z } else { slope * z };
            }
        }
    }
);

/// Turns the gradient `g` of the output into that of the input, and returns those of gamma and beta. `y` is the output,
/// needed where there is an activation.
#[allow(clippy::too_many_arguments)]
pub(crate) fn gradient(
    g: &mut [f32],
    x: &[f32],
    y: Option<&[f32]>,
    channels: Channels,
    moments: &Moments,
    gamma: &[f32],
    epsilon: f32,
    slope: f32,
) -> (Vec<f32>, Vec<f32>) {
    let inverse = moments.inverse_deviation(epsilon);
    match channels {
        Channels::Outer { count, length } => {
            let (mut gamma_gradient, mut beta_gradient) = (vec![0.0; count], vec![0.0; count]);
            let task = channels_per_task(length);
            let piece = task * length;
            let sums = gamma_gradient.par_chunks_mut(task).zip(beta_gradient.par_chunks_mut(task));
            let channel = moments.mean.par_chunks(task).zip(inverse.par_chunks(task)).zip(gamma.par_chunks(task));
            g.par_chunks_mut(piece).zip(x.par_chunks(piece)).zip(sums).zip(channel).enumerate().for_each(
                |(index, (((g, x), (gamma_sums, beta_sums)), ((mean, inverse), gamma)))| {
                    if let Some(y) = y {
                        crate::activation::mask(g, &y[index * piece..][..x.len()], slope);
                    }
                    row_gradients(g, x, length, mean, inverse, gamma, gamma_sums, beta_sums);
                },
            );
            (gamma_gradient, beta_gradient)
        }
        Channels::Inner { count } => {
            let n = (x.len() / count.max(1)) as f32;
            let mean = repeated(&moments.mean);
            let beta_gradient = crate::channels::activation_gradient(g, y, channels, slope, true).unwrap_or_default();
            let masked: &[f32] = g;
            let correlations = partial_sums(x, channels, |x, start, sums| {
                add_products(&masked[start..start + x.len()], x, &mean, sums);
            });
            let gamma_gradient: Vec<f32> = correlations.iter().zip(&inverse).map(|(sum, r)| sum * r).collect();
            let factor = |i: usize| gamma[i] * inverse[i];
            let scale = repeated(&(0..count).map(factor).collect::<Vec<_>>());
            let slant: Vec<f32> = (0..count).map(|i| -factor(i) * inverse[i] * gamma_gradient[i] / n).collect();
            let shift: Vec<f32> = (0..count).map(|i| -factor(i) * beta_gradient[i] / n).collect();
            let (slant, shift) = (repeated(&slant), repeated(&shift));
            for_pieces(g, channels, |g, start| {
                input_gradient(g, &x[start..start + g.len()], &mean, &scale, &slant, &shift);
            });
            (gamma_gradient, beta_gradient)
        }
    }
}

simd!(
    fn row_gradients(
        g: &mut [f32],
        x: &[f32],
        length: usize,
        mean: &[f32],
        inverse: &[f32],
        gamma: &[f32],
        gamma_sums: &mut [f32],
        beta_sums: &mut [f32],
    ) {
        let n = length as f32;
        let channels = mean.iter().zip(inverse).zip(gamma).zip(gamma_sums.iter_mut().zip(beta_sums));
        for ((g, x), (((mean, inverse), gamma), (gamma_sum, beta_sum))) in
            g.chunks_exact_mut(length).zip(x.chunks_exact(length)).zip(channels)
        {
            *beta_sum = sum_of(g, |g| g);
            let mut parts = [0.0f32; 16];
            for (g, x) in g.chunks(16).zip(x.chunks(16)) {
                for ((part, g), x) in parts.iter_mut().zip(g).zip(x) {
                    *part += g * (x - mean);
                }
            }
            *gamma_sum = parts.iter().sum::<f32>() * inverse;
            let (scale, shift) = (gamma * inverse, *beta_sum / n);
            let slant = inverse * *gamma_sum / n;
            for (g, x) in g.iter_mut().zip(x) {
                *g = scale * (*g - shift - (x - mean) * slant);
            }
        }
    }
);

simd!(
    fn add_products(g: &[f32], x: &[f32], mean: &[f32], sums: &mut [f32]) {
        for (g, x) in g.chunks(mean.len()).zip(x.chunks(mean.len())) {
            for ((sum, mean), (g, x)) in sums.iter_mut().zip(mean).zip(g.iter().zip(x)) {
                *sum += g * (x - mean);
            }
        }
    }
);

simd!(
    /// `g <- scale g + slant (x - mean) + shift`.
    fn input_gradient(g: &mut [f32], x: &[f32], mean: &[f32], scale: &[f32], slant: &[f32], shift: &[f32]) {
        for (g, x) in g.chunks_mut(mean.len()).zip(x.chunks(mean.len())) {
            let channel = mean.iter().zip(scale).zip(slant.iter().zip(shift));
            for ((g, x), ((mean, scale), (slant, shift))) in g.iter_mut().zip(x).zip(channel) {
                *g = scale * *g + slant * (x - mean) + shift;
            }
        }
    }
);
