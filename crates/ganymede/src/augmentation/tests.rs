//! What every transformation owes, whatever it does.

use burn::tensor::{DType, Tensor};

use super::*;
use crate::{
    random::{Purpose, Seed},
    testing::*,
};

const SHAPES: [[usize; 4]; 3] = [[3, 1, 6, 5], [3, 3, 4, 8], [3, 4, 5, 5]];

fn draws(step: u64) -> Draws {
    Draws::new(Seed(3), Purpose::Augmentation, step)
}

#[test]
fn with_probability_0_nothing_changes_and_with_1_every_transformation_changes_something() {
    for shape in SHAPES {
        let x = wave(shape, 1.0);
        assert_eq!(values(augment(TRANSFORMATIONS, 0.0, x.clone(), &mut draws(0))), values(x.clone()));
        for transformation in TRANSFORMATIONS {
            let changed = values(augment(&[*transformation], 1.0, x.clone(), &mut draws(0)));
            assert_ne!(changed, values(x.clone()), "{} of {shape:?}", transformation.name());
        }
    }
}

#[test]
fn samples_that_are_not_chosen_stay_to_the_last_bit_and_the_others_do_not_depend_on_them() {
    for (shape, transformation) in SHAPES.iter().flat_map(|shape| TRANSFORMATIONS.iter().map(move |t| (*shape, t))) {
        let x = wave(shape, 1.0);
        let sample = |x: &Tensor<4>, i| values(x.clone().narrow(0, i, 1));
        let all = transformation.apply(x.clone(), &[true; 3], &mut draws(0));
        let one = transformation.apply(x.clone(), &[false, true, false], &mut draws(0));
        for (i, expected) in [&x, &all, &x].into_iter().enumerate() {
            assert_eq!(sample(&one, i), sample(expected, i), "sample {i} by {}", transformation.name());
        }
    }
}

#[test]
fn what_is_drawn_depends_on_the_step_alone() {
    let at = |step| values(augment(TRANSFORMATIONS, 0.7, wave([8, 3, 8, 8], 1.0), &mut draws(step)));
    assert_eq!(at(5), at(5));
    assert_ne!(at(5), at(6));
}

/// Along random directions, in f64: `(f(x + h t) - f(x - h t)) / 2h = <grad f, t>`.
#[test]
fn gradients_through_every_transformation_are_those_of_finite_differences() {
    const H: f64 = 1e-5;
    for shape in SHAPES {
        let mut random = Draws::new(Seed(5), Purpose::Sample, 0);
        let mut draw = || random.normal_tensor(shape, &device()).cast(DType::F64);
        let (x, t, weights) = (draw().detach().require_grad(), draw(), draw());
        for transformation in TRANSFORMATIONS {
            let f = |x: Tensor<4>| {
                let y = transformation.apply(x, &[true, false, true], &mut draws(9));
                // not linear, so that the gradient depends on where it is taken
                (y.clone() * y * weights.clone()).sum()
            };
            let gradient = x.grad(&f(x.clone()).backward()).unwrap();
            let along = (gradient * t.clone().inner()).sum().into_scalar::<f64>();
            let at = |h: f64| f(x.clone().detach() + t.clone() * h).into_scalar::<f64>();
            let expected = (at(H) - at(-H)) / (2.0 * H);
            let what = format!("{} of {shape:?}", transformation.name());
            assert!((along - expected).abs() < 1e-7 * expected.abs().max(1.0), "{what}: {expected}, got {along}");
        }
    }
}

/// Cutout multiplies by 0 or 1: `E[(T x)^k] = x^k (1 - p P(cut))` at every pixel, for every k. So the moments of the samples
/// can be had back from those of their augmented selves, with nothing known but the law of T: no others have the same.
#[test]
fn moments_of_samples_are_recovered_from_augmented_ones_at_p_08() {
    const P: f64 = 0.8;
    const SIDE: usize = 8;
    const TIMES: u64 = 60;
    let x: Tensor<4> = Draws::new(Seed(1), Purpose::Data, 0).normal_tensor([256, 1, SIDE, SIDE], &device()) * 0.5 + 0.3;
    let moments = |x: &Tensor<4>| [1, 2].map(|k| values(x.clone().powi_scalar(k).mean_dim(0)));
    let mut seen = [vec![0.0; SIDE * SIDE], vec![0.0; SIDE * SIDE]];
    for step in 0..TIMES {
        let augmented = augment(&[&Cutout], P, x.clone(), &mut draws(step));
        for (sum, moment) in seen.iter_mut().zip(moments(&augmented)) {
            sum.iter_mut().zip(moment).for_each(|(sum, m)| *sum += m / TIMES as f64);
        }
    }
    let covers = |i: usize| {
        let covering = (0..cutout::places(SIDE)).filter(|middle| cutout::span(SIDE, *middle).contains(&i));
        covering.count() as f64 / cutout::places(SIDE) as f64
    };
    for (seen, real) in seen.iter().zip(moments(&x)) {
        for (at, (seen, real)) in seen.iter().zip(real).enumerate() {
            let stays = 1.0 - P * covers(at / SIDE) * covers(at % SIDE);
            assert!(stays > 0.7 && (seen / stays - real).abs() < 0.02, "pixel {at}: {real}, got {}", seen / stays);
            assert!((seen - real).abs() > 0.02 || stays > 0.95, "pixel {at} is hardly ever cut out");
        }
    }
}

#[test]
fn a_set_of_names_is_read_in_any_order_and_others_are_refused_with_the_nearest() {
    let names = |text: &str| parse(text).unwrap().iter().map(|t| t.name()).collect::<Vec<_>>();
    assert_eq!(names("cutout, colour"), ["colour", "cutout"]);
    assert_eq!(names(&AugmentSettings::default().transformations).len(), TRANSFORMATIONS.len());
    for (text, nearest) in [("color", "did you mean 'colour'?"), ("colour,,cutout", ""), ("cutuot", "'cutout'")] {
        let error = parse(text).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains(nearest), "{error}");
    }
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let base = AugmentSettings::default;
    assert!(AugmentSettings { target: Some(AugmentSettings::TARGET), ..base() }.validate().is_ok());
    for (bad, name) in [
        (AugmentSettings { p: -0.1, ..base() }, "augment-p"),
        (AugmentSettings { p: 1.1, ..base() }, "augment-p"),
        (AugmentSettings { target: Some(0.0), ..base() }, "augment-target"),
        (AugmentSettings { target: Some(f64::NAN), ..base() }, "augment-target"),
        (AugmentSettings { kimg: 0.0, ..base() }, "augment-kimg"),
        (AugmentSettings { transformations: "all".into(), ..base() }, "transformation"),
    ] {
        let error = bad.validate().unwrap_err();
        assert!(error.is_usage() && error.to_string().contains(name), "{error}");
    }
}

#[test]
fn points_are_refused() {
    assert!(check_shape([2, 1, 1]).unwrap_err().to_string().contains("2 x 1 x 1"));
    assert!(check_shape([1, 28, 28]).is_ok() && check_shape([4, 32, 48]).is_ok());
}
