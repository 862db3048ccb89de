//! The four tests that every likelihood owes, and what each promises of its own.

use burn::tensor::{DType, Tensor};

use super::*;
use crate::testing::*;

/// Bytes as pixels, darkest and brightest among them.
fn pixels() -> Tensor<4> {
    Tensor::<4>::from_data([[[[-1.0, -0.6]], [[0.2, 1.0]]], [[[0.6, 1.0]], [[-1.0, -0.2]]]], &device())
}

fn decoded(unbounded: Tensor<4>) -> Decoded {
    Decoded { mean: unbounded.clone().tanh(), unbounded }
}

fn log_scale(scale: f64) -> Tensor<4> {
    Tensor::<4>::from_data([[[[scale.ln()]]]], &device())
}

/// ```python
/// x = torch.tensor([-1, -.6, .2, 1, .6, 1, -1, -.2]).double().reshape(2, 2, 1, 2); a = leaf(2, 2, 1, 2)
/// s = torch.tensor(math.log(0.3)).double().requires_grad_(); m = torch.tanh(a); t = (x + 1) / 2
/// D = torch.distributions
/// bernoulli = -F.binary_cross_entropy_with_logits(2 * a, t, reduction='none')
/// gaussian = D.Normal(m, s.exp()).log_prob(x)
/// cdf = lambda v: torch.sigmoid((v - m) / s.exp())
/// up, low = torch.where(x > .999, 1., cdf(x + 1/255)), torch.where(x < -.999, 0., cdf(x - 1/255))
/// logistic = torch.log(up - low)
/// for y in (bernoulli, gaussian, logistic): a.grad = s.grad = None; probe(y); print(y, a.grad, s.grad)
/// ```
#[test]
fn values_and_gradients_agree_with_pytorch() {
    for likelihood in LIKELIHOODS {
        let (value, gradient, scale_gradient) = match likelihood.name() {
            "bernoulli" => BERNOULLI,
            "discretised-logistic" => LOGISTIC,
            _ => GAUSSIAN,
        };
        let (a, s) = (leaf([2, 2, 1, 2], 0.0), log_scale(0.3).require_grad());
        let y = likelihood.log_density(&pixels(), decoded(a.clone()), s.clone());
        let gradients = probe(&y);
        let name = likelihood.name();
        println!("{name}");
        assert_golden(y, value);
        assert_golden_gradient(&a, &gradients, gradient);
        match s.grad(&gradients) {
            None => assert_eq!(name, "bernoulli"),
            Some(gradient) => assert_golden(gradient, scale_gradient),
        }
    }
}
type Golden = (&'static [f64], &'static [f64], &'static [f64]);
const BERNOULLI: Golden = (
    &[-std::f64::consts::LN_2, -1.274245, -0.918801, -0.163751, -0.547244, -1.104233, -0.161241, -0.917139],
    &[-0.141120, 0.618724, 0.528534, -0.279682, -0.128697, 0.287630, -0.236375, 0.553539],
    &[],
);
const GAUSSIAN: Golden = (
    &[-5.270521, -7.290932, -1.428778, -0.221965, -0.141251, -9.646944, -0.207746, -1.420828],
    &[-1.568000, 4.658602, 2.521389, -1.593953, -1.280782, 2.832789, -1.331453, 2.652648],
    &[-1.870197],
);
const LOGISTIC: Golden = (
    &[-3.355767, -7.577043, -5.787215, -1.308808, -5.236420, -4.455510, -1.298449, -5.784085],
    &[-0.453991, 1.148958, 0.992227, -1.155301, -0.598443, 0.628214, -0.975092, 1.044860],
    &[0.131711],
);

#[test]
fn gradients_are_those_of_finite_differences() {
    const H: f64 = 1e-6;
    for likelihood in LIKELIHOODS {
        let x = pixels().cast(DType::F64);
        let at = |a: &Tensor<4>, s: f64| {
            likelihood.log_density(&x, decoded(a.clone()), log_scale(0.3).cast(DType::F64) + s).sum()
        };
        let a = wave([2, 2, 1, 2], 0.4).cast(DType::F64).detach().require_grad();
        let gradient = values(a.grad(&at(&a, 0.0).backward()).unwrap());
        for (index, gradient) in gradient.into_iter().enumerate() {
            let moved = |step: f64| {
                let step = (0..8).map(|i| if i == index { step } else { 0.0 }).collect::<Vec<f64>>();
                let step = burn::tensor::TensorData::new(step, [2, 2, 1, 2]);
                let moved = a.clone().detach() + Tensor::from_data(step, (&device(), DType::F64));
                at(&moved, 0.0).into_scalar::<f64>()
            };
            let difference = (moved(H) - moved(-H)) / (2.0 * H);
            let name = likelihood.name();
            assert!(
                (gradient - difference).abs() < 1e-6 * difference.abs().max(1.0),
                "{name}: {gradient} {difference}"
            );
        }
    }
}

#[test]
fn every_likelihood_is_finite_at_the_extremes_and_so_is_its_gradient() {
    for likelihood in LIKELIHOODS {
        for extreme in [0.0, 20.0, -20.0, 100.0, -100.0, 1e4, -1e4] {
            let a = (wave([2, 2, 1, 2], 0.0) * 0.0 + extreme).detach().require_grad();
            let y = likelihood.log_density(&pixels(), decoded(a.clone()), log_scale(0.01));
            let gradients = y.clone().sum().backward();
            let all: Vec<f64> = values(y).into_iter().chain(values(a.grad(&gradients).unwrap())).collect();
            assert!(all.iter().all(|v| v.is_finite()), "{} at {extreme}: {all:?}", likelihood.name());
        }
    }
}

#[test]
fn the_probabilities_of_all_bytes_sum_to_one() {
    let bytes: Vec<f64> = (0..256).map(|byte| f64::from(byte) / 127.5 - 1.0).collect();
    let bytes = burn::tensor::TensorData::new(bytes, [256, 1, 1, 1]);
    let x = Tensor::<4>::from_data(bytes, (&device(), DType::F64));
    for (mean, scale) in [(0.0, 0.1), (0.9, 0.02), (-3.0, 0.5), (0.3, 1e-3), (0.0, 10.0)] {
        let unbounded = (x.zeros_like() + mean).detach();
        let scale = x.clone().narrow(0, 0, 1) * 0.0 + f64::ln(scale);
        let total: f64 = values(DiscretisedLogistic.log_density(&x, decoded(unbounded), scale).exp()).iter().sum();
        assert!((total - 1.0).abs() < 1e-9, "mean {mean}: {total}");
    }
}

#[test]
fn the_normal_density_integrates_to_one() {
    let (n, reach) = (4001, 4.0);
    let step = 2.0 * reach / (n - 1) as f64;
    let x: Vec<f32> = (0..n).map(|i| (i as f64 * step - reach) as f32).collect();
    let x = Tensor::<1>::from_floats(x.as_slice(), &device()).reshape([n, 1, 1, 1]);
    for likelihood in [&Gaussian as &dyn Likelihood, &GaussianLearned] {
        let density = likelihood.log_density(&x, decoded(x.zeros_like() + 0.2), log_scale(0.3)).exp();
        let total = values(density).iter().sum::<f64>() * step;
        assert!((total - 1.0).abs() < 1e-4, "{}: {total}", likelihood.name());
    }
}

#[test]
fn names_and_scales_are_read_and_wrong_ones_refused() {
    let read = |text: &str| parse(text).map(|(likelihood, scale)| (likelihood.name(), scale)).unwrap();
    assert_eq!(read("bernoulli"), ("bernoulli", Scale::None));
    assert_eq!(read("gaussian"), ("gaussian", Scale::Fixed(0.1)));
    assert_eq!(read("gaussian:0.25"), ("gaussian", Scale::Fixed(0.25)));
    assert_eq!(read("discretised-logistic:0.2"), ("discretised-logistic", Scale::Learned(0.2)));
    for (text, sentence) in [
        ("gausian", "did you mean 'gaussian'?"),
        ("gaussian:-1", "a positive number"),
        ("gaussian:nan", "a positive number"),
        ("bernoulli:0.1", "'bernoulli' has no scale"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains(sentence), "{error}");
    }
}
