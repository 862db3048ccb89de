//! Every draw of a run, as a pure function of (seed, purpose, step, index).
//!
//! ```text
//! key    = (seed, purpose)          ChaCha8, Bernstein 2008
//! stream = step
//! the i-th word of that stream      is draw i
//! ```
//! Nothing is remembered between draws, so nothing has to be saved with a run or restored into it, and adding a draw for
//! one purpose moves no other. Draws are made on the host with `libm`, so they do not depend on device or platform.

use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use serde::{Deserialize, Serialize};

/// The seed of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// The number of a training step, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Step(pub u64);

/// What a draw is for. Each purpose has draws of its own; the numbers are part of every saved run's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Purpose {
    GeneratorWeights = 1,
    DiscriminatorWeights = 2,
    /// The order in which the data are shown; the step is the epoch.
    Order = 3,
    /// Latents of the discriminator's updates.
    DiscriminatorLatent = 4,
    /// Latents of the generator's updates.
    GeneratorLatent = 5,
    Labels = 6,
    /// Points between real and generated samples.
    Interpolation = 7,
    /// Noise around real samples.
    Perturbation = 8,
    Augmentation = 9,
    /// Procedural data; the step is the sample's index.
    Data = 10,
    /// Latents of the pictures that people look at; the step is the picture's own seed.
    Sample = 11,
    /// Starting vectors of power iterations.
    PowerIteration = 12,
    EncoderWeights = 13,
    /// Noise of the reparameterised posterior.
    Posterior = 14,
    /// Subsets, resamples and pairs that metrics are computed on; the step is the number of the subset.
    Metric = 15,
    /// Weights of the networks that measure: random features, classifiers, fresh discriminators.
    InstrumentWeights = 16,
    /// The order in which the samples of a class are shown, where classes are balanced.
    ClassOrder = 17,
}

/// The draws of one (seed, purpose, step), in order of their index.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    pub fn new(seed: Seed, purpose: Purpose, step: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.0.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(step);
        Draws(rng)
    }

    /// The same draws, from the `index`-th on. An index is one 32-bit word.
    pub fn at(mut self, index: u64) -> Self {
        self.0.set_word_pos(index.into());
        self
    }

    /// Uniform in [0, 1), on a grid of 2^-24.
    pub fn uniform(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in [low, high).
    pub fn uniform_in(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// Uniform over 0..n, by Lemire's multiplication (its bias is below n / 2^64).
    ///
    /// # Panics
    /// `n` must not be zero.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "Draws::below: there is no number below zero");
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// Two independent standard normals, by Box and Muller's transform.
    pub fn normal_pair(&mut self) -> (f32, f32) {
        // (0, 1], so that the logarithm is finite
        let u = f64::from((self.0.next_u32() >> 8) + 1) / f64::from(1u32 << 24);
        let angle = std::f64::consts::TAU * f64::from(self.0.next_u32() >> 8) / f64::from(1u32 << 24);
        let radius = libm::sqrt(-2.0 * libm::log(u));
        ((radius * libm::cos(angle)) as f32, (radius * libm::sin(angle)) as f32)
    }

    /// One standard normal. It takes two draws; use [`Draws::normals`] for many.
    pub fn normal(&mut self) -> f32 {
        self.normal_pair().0
    }

    /// `n` standard normals.
    pub fn normals(&mut self, n: usize) -> Vec<f32> {
        let mut values = Vec::with_capacity(n + 1);
        while values.len() < n {
            let (a, b) = self.normal_pair();
            values.extend([a, b]);
        }
        values.truncate(n);
        values
    }

    /// `n` values uniform in [low, high).
    pub fn uniforms(&mut self, n: usize, low: f32, high: f32) -> Vec<f32> {
        (0..n).map(|_| self.uniform_in(low, high)).collect()
    }

    /// A tensor of standard normals.
    pub fn normal_tensor<const D: usize>(&mut self, shape: [usize; D], device: &Device) -> Tensor<D> {
        let values = self.normals(shape.iter().product());
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// A tensor of values uniform in [low, high).
    pub fn uniform_tensor<const D: usize>(
        &mut self,
        shape: [usize; D],
        low: f32,
        high: f32,
        device: &Device,
    ) -> Tensor<D> {
        let values = self.uniforms(shape.iter().product(), low, high);
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// A permutation of 0..n (Fisher and Yates's shuffle).
    pub fn permutation(&mut self, n: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n as u32).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_purpose_step_and_index_alone() {
        let draw = |seed, purpose, step, index| Draws::new(Seed(seed), purpose, step).at(index).uniform();
        let reference = draw(1, Purpose::Order, 2, 3);
        assert_eq!(reference, draw(1, Purpose::Order, 2, 3));
        for other in [draw(2, Purpose::Order, 2, 3), draw(1, Purpose::Labels, 2, 3), draw(1, Purpose::Order, 3, 3)] {
            assert_ne!(reference, other);
        }
        let mut sequence = Draws::new(Seed(1), Purpose::Order, 2);
        let in_order: Vec<f32> = (0..4).map(|_| sequence.uniform()).collect();
        assert_eq!(in_order[3], reference);
    }

    /// The numbers are part of the format: a checkpoint holds none of them, so a change here changes every resumed run.
    #[test]
    fn the_first_draws_are_fixed_for_ever() {
        let mut draws = Draws::new(Seed(7), Purpose::GeneratorLatent, 11);
        let words: Vec<u32> = (0..4).map(|_| (draws.uniform() * 16_777_216.0) as u32).collect();
        assert_eq!(words, GOLDEN_WORDS);
    }
    const GOLDEN_WORDS: [u32; 4] = [4_370_771, 2_223_278, 11_545_304, 13_001_038];

    #[test]
    fn normals_have_the_moments_of_a_normal() {
        let n = 200_000;
        let values = Draws::new(Seed(0), Purpose::Sample, 0).normals(n);
        let moment = |k: i32| values.iter().map(|v| f64::from(*v).powi(k)).sum::<f64>() / n as f64;
        for (k, expected, tolerance) in [(1, 0.0, 0.01), (2, 1.0, 0.015), (3, 0.0, 0.04), (4, 3.0, 0.1)] {
            assert!((moment(k) - expected).abs() < tolerance, "moment {k}: expected {expected}, got {}", moment(k));
        }
    }

    #[test]
    fn a_permutation_holds_every_number_once() {
        let mut order = Draws::new(Seed(3), Purpose::Order, 0).permutation(1000);
        assert_ne!(order[..4], [0, 1, 2, 3]);
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(i, v)| i == *v as usize));
    }
}
