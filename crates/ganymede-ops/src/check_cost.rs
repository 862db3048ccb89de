//! What the check for numbers that are not finite adds to Adam's pass over memory.

use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use crate::{AdamUpdate, simd::simd};

/// As many numbers as do not fit into a cache: the pass waits for memory, with or without the check.
const SIZE: usize = 1 << 22;
const PIECE: usize = 1 << 15;
const ROUNDS: usize = 41;

simd!(
    fn unchecked(
        w: &mut [f32],
        g: &[f32],
        m: &mut [f32],
        v: &mut [f32],
        beta1: f32,
        beta2: f32,
        rate: f32,
        epsilon: f32,
    ) {
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            *m += (g - *m) * (1.0 - beta1);
            *v = *v * beta2 + g * g * (1.0 - beta2);
            *w -= rate * *m / (v.sqrt() + epsilon);
        }
    }
);

#[test]
#[ignore = "a measurement: cargo nextest run --release --workspace --run-ignored only the_check_adds --no-capture"]
fn the_check_adds_little_to_the_update() {
    let update = AdamUpdate { beta1: 0.5, beta2: 0.999, rate: 1e-4, epsilon: 1e-8 };
    let AdamUpdate { beta1, beta2, rate, epsilon } = update;
    let values = vec![0.5f32; SIZE];
    let mut tensor = Tensor::<1>::from_floats(values.as_slice(), &Device::flex());
    let gradient = tensor.clone() * 0.1;
    let (mut w, g) = (values.clone(), vec![0.05f32; SIZE]);
    let (mut m, mut v) = (values.clone(), values);
    let (mut checked, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let (stepped, finite) = update.apply(tensor, gradient.clone(), &mut m, &mut v);
        checked.push(started.elapsed());
        assert!(finite);
        tensor = stepped;
        let started = Instant::now();
        w.par_chunks_mut(PIECE)
            .zip(g.par_chunks(PIECE))
            .zip(m.par_chunks_mut(PIECE).zip(v.par_chunks_mut(PIECE)))
            .for_each(|((w, g), (m, v))| unchecked(w, g, m, v, beta1, beta2, rate, epsilon));
        plain.push(started.elapsed());
    }
    let [checked, plain] = [checked, plain].map(fastest);
    let per_million = |time: Duration| time.as_secs_f64() * 1e6 / SIZE as f64 * 1e6;
    println!(
        "Adam on a million numbers: {:.1} µs, without the check {:.1} µs",
        per_million(checked),
        per_million(plain)
    );
    assert!(checked.as_secs_f64() <= 1.25 * plain.as_secs_f64(), "{checked:?} with the check, {plain:?} without");
}

/// What the pass takes when nothing else takes the processor from it.
fn fastest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}
