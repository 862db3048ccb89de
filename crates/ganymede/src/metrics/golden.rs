//! The metrics against their reference implementations, on arrays and values made by `golden/metrics.py`.

use serde::Deserialize;

use super::*;
use crate::random::{Draws, Purpose, Seed};

#[derive(Deserialize)]
struct Golden {
    dim: usize,
    real: Vec<f32>,
    fake: Vec<f32>,
    frechet: f64,
    kid: f64,
    precision_3: f64,
    recall_3: f64,
    precision_5: f64,
    recall_5: f64,
    density_5: f64,
    coverage_5: f64,
    ms_ssim: f64,
}

fn golden() -> (Golden, Features, Features) {
    let golden: Golden = serde_json::from_str(include_str!("../../golden/metrics.json")).unwrap();
    let features = |values: &[f32]| Features::new(values.to_vec(), golden.dim).unwrap();
    let (real, fake) = (features(&golden.real), features(&golden.fake));
    (golden, real, fake)
}

fn assert_close(name: &str, got: f64, expected: f64, relative: f64) {
    assert!((got - expected).abs() <= relative * expected.abs(), "{name}: expected {expected}, got {got}");
}

#[test]
fn the_frechet_distance_is_that_of_pytorch_fid() {
    let (golden, real, fake) = golden();
    let got = frechet(&real, &fake, FrechetOptions::default()).unwrap();
    assert_close("frechet", got.value, golden.frechet, 1e-9);
}

#[test]
fn the_kernel_distance_is_that_of_torch_fidelity() {
    let (golden, real, fake) = golden();
    let options = KernelOptions { subsets: 1, subset_size: real.count(), seed: Seed(0) };
    assert_close("kid", kernel_distance(&real, &fake, options).unwrap().value, golden.kid, 1e-9);
}

#[test]
fn precision_recall_density_and_coverage_are_those_of_torch_fidelity_and_prdc() {
    let (golden, real, fake) = golden();
    let of_three = precision_recall(&Manifolds::new(&real, &fake, 3).unwrap());
    assert_close("precision, k = 3", of_three.precision, golden.precision_3, 1e-6);
    assert_close("recall, k = 3", of_three.recall, golden.recall_3, 1e-6);
    let manifolds = Manifolds::new(&real, &fake, 5).unwrap();
    let (of_five, dense) = (precision_recall(&manifolds), density_coverage(&manifolds));
    assert_close("precision, k = 5", of_five.precision, golden.precision_5, 1e-9);
    assert_close("recall, k = 5", of_five.recall, golden.recall_5, 1e-9);
    assert_close("density", dense.density, golden.density_5, 1e-9);
    assert_close("coverage", dense.coverage, golden.coverage_5, 1e-9);
}

#[test]
fn ms_ssim_is_that_of_pytorch_msssim() {
    let wave = |shift: f64, tilt: f64, scale: f64| -> Vec<f32> {
        let pixel = |c: usize, y: usize, x: usize| {
            (0.11 * x as f64 + c as f64 + shift).sin() * (0.07 * y as f64 - tilt).cos() * scale
        };
        (0..3 * 177 * 181).map(|i| pixel(i / (177 * 181), i / 181 % 177, i % 181) as f32).collect()
    };
    let got = ms_ssim(&wave(0.0, 0.0, 1.0), &wave(0.2, 0.1, 0.9), [3, 177, 181]).unwrap();
    assert_close("ms-ssim", got, golden().0.ms_ssim, 1e-6);
}

/// F^2 of N(0, I) and N(m, s^2 I) is |m|^2 + d (s - 1)^2.
#[test]
fn the_frechet_distance_of_shifted_gaussians_is_the_closed_form() {
    const DIM: usize = 4;
    let sample = |step, shift: f32, scale: f32| {
        let values = Draws::new(Seed(5), Purpose::Sample, step).normals(100_000 * DIM);
        Features::new(values.into_iter().map(|v| shift + scale * v).collect(), DIM).unwrap()
    };
    let got = frechet(&sample(0, 0.0, 1.0), &sample(1, 0.5, 1.5), FrechetOptions::default()).unwrap();
    assert_close("mean term", got.mean_term, DIM as f64 * 0.25, 0.03);
    assert_close("covariance term", got.covariance_term, DIM as f64 * 0.25, 0.03);
}

#[test]
fn the_interval_holds_the_value_and_the_extrapolation_takes_the_bias_away() {
    const DIM: usize = 16;
    let sample =
        |step, n: usize| Features::new(Draws::new(Seed(6), Purpose::Sample, step).normals(n * DIM), DIM).unwrap();
    let (real, fake) = (sample(0, 20_000), sample(1, 1000));
    let options = FrechetOptions { resamples: 20, extrapolate: true, ..FrechetOptions::default() };
    let got = frechet(&real, &fake, options).unwrap();
    let [low, high] = got.interval.unwrap();
    assert!(low < got.value && got.value < high && high - low < got.value, "{got:?}");
    // both samples are of one distribution: the distance is 0, the value is all bias
    assert!(got.at_infinity.unwrap().abs() < got.value / 2.0, "{got:?}");
}

#[test]
fn one_colour_and_equal_samples_have_right_answers() {
    let constant = Features::new(vec![0.25; 40 * 3], 3).unwrap();
    let (_, real, _) = golden();
    let other = Features::new(vec![0.75; 40 * 3], 3).unwrap();
    let distance = |a, b| frechet(a, b, FrechetOptions::default()).unwrap().value;
    assert_close("two colours", distance(&constant, &other), 3.0 * 0.25, 1e-9);
    assert_eq!(distance(&constant, &constant), 0.0);
    assert!(distance(&real, &real) < 1e-9);
    let manifolds = Manifolds::new(&constant, &constant, 3).unwrap();
    assert!(density_coverage(&manifolds).density.is_finite());
    assert!(kernel_distance(&constant, &other, KernelOptions::default()).unwrap().value.is_finite());
}

#[test]
fn too_few_samples_and_other_dimensions_are_refused() {
    let (_, real, fake) = golden();
    let few = fake.select(&[0, 1, 2, 3]);
    assert!(frechet(&real, &few, FrechetOptions::default()).is_err());
    assert!(frechet(&real, &few, FrechetOptions { allow_few: true, ..FrechetOptions::default() }).is_ok());
    assert!(Manifolds::new(&real, &few, 4).is_err());
    let other = Features::new(vec![0.0; 100], 5).unwrap();
    assert!(frechet(&real, &other, FrechetOptions::default()).is_err());
    assert!(kernel_distance(&real, &other, KernelOptions::default()).is_err());
    assert!(memorisation(&real, &other, &fake).is_err());
}

/// `cargo nextest run --release --workspace --run-ignored only ten_thousand --no-capture`
#[test]
#[ignore = "a measurement, on a machine at rest: cargo nextest run --release --workspace --run-ignored only ten_thousand_against --no-capture"]
fn ten_thousand_against_ten_thousand_of_768_features_take_less_than_10_seconds() {
    let sample = |step| Features::new(Draws::new(Seed(7), Purpose::Sample, step).normals(10_000 * 768), 768).unwrap();
    let (real, fake) = (sample(0), sample(1));
    for (what, resamples) in [("distance", 0), ("with its interval", 20)] {
        let started = std::time::Instant::now();
        frechet(&real, &fake, FrechetOptions { resamples, ..FrechetOptions::default() }).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        println!("{what}: {seconds:.2} s");
        assert!(resamples > 0 || seconds < 10.0, "{what} took {seconds} s");
    }
}
