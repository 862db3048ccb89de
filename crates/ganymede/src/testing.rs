//! What the tests of layers and networks share: inputs that PyTorch can make as well, and two comparisons.
//!
//! The golden values stand beside the PyTorch lines that made them; those lines share
//! ```python
//! import math, torch, torch.nn.functional as F
//! def wave(*shape, phase=0.):
//!     i = torch.arange(math.prod(shape), dtype=torch.float64)
//!     return torch.sin(0.7 * i + phase).reshape(shape)
//! def leaf(*shape, phase=0.): return wave(*shape, phase=phase).requires_grad_()
//! def probe(y): (y * wave(*y.shape, phase=3.)).sum().backward()
//! ```

use burn::{
    module::Param,
    tensor::{DType, Device, Gradients, Tensor, TensorData},
};

use crate::{
    layers::{Initializer, WeightScale},
    random::{Draws, Purpose, Seed},
    signal::Signal,
};

pub fn device() -> Device {
    Device::flex().autodiff()
}

pub fn initializer() -> Initializer {
    Initializer::new(Seed(1), Purpose::DiscriminatorWeights, WeightScale::FanIn, &device())
}

/// `sin(0.7 i + phase)` over the elements in row-major order.
pub fn wave<const D: usize>(shape: [usize; D], phase: f64) -> Tensor<D> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|i: usize| (0.7 * i as f64 + phase).sin() as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), &device())
}

/// A [`wave`] to which gradients are asked for.
pub fn leaf<const D: usize>(shape: [usize; D], phase: f64) -> Tensor<D> {
    wave(shape, phase).require_grad()
}

pub fn parameter<const D: usize>(shape: [usize; D], phase: f64) -> Param<Tensor<D>> {
    Param::from_tensor(wave(shape, phase))
}

/// The gradients of `sum(y wave(y.shape, 3))`.
pub fn probe<const D: usize>(y: &Tensor<D>) -> Gradients {
    (y.clone() * wave(y.dims(), 3.0)).sum().backward()
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().expect("converted to f64")
}

/// Equal to golden values of six decimals, in the precision of f32.
#[track_caller]
pub fn assert_golden<const D: usize>(got: Tensor<D>, expected: &[f64]) {
    let got = values(got);
    let close = |(got, expected): (&f64, &f64)| (got - expected).abs() <= 2e-6 * expected.abs().max(1.0);
    assert_eq!(got.len(), expected.len(), "number of elements");
    assert!(got.iter().zip(expected).all(close), "expected {expected:?}, got {got:?}");
}

/// As [`assert_golden`], for the gradient of `leaf`.
#[track_caller]
pub fn assert_golden_gradient<const D: usize>(leaf: &Tensor<D>, gradients: &Gradients, expected: &[f64]) {
    let gradient = leaf.grad(gradients).expect("the leaf takes part in the output");
    assert_golden(gradient, expected);
}

/// The tangent of `map` along t is `(map(x + h t) - map(x - h t)) / 2h`, in f64 at random x and t.
#[track_caller]
pub fn assert_tangent_is_derivative<const D: usize, const E: usize>(
    shape: [usize; D],
    map: impl Fn(Signal<D>) -> Signal<E>,
) {
    const H: f64 = 1e-6;
    let mut draws = Draws::new(Seed(5), Purpose::Sample, 0);
    let mut draw = || draws.normal_tensor(shape, &device()).cast(DType::F64);
    let (x, t) = (draw(), draw());
    let tangent = map(Signal::dual(x.clone(), t.clone())).tangent.expect("a dual number has a tangent");
    let at = |h: f64| map((x.clone() + t.clone() * h).into()).value;
    let difference = values((at(H) - at(-H)) / (2.0 * H));
    let scale = difference.iter().fold(1e-3, |scale: f64, d| scale.max(d.abs()));
    for (got, expected) in values(tangent).iter().zip(&difference) {
        assert!((got - expected).abs() <= 1e-8 * scale, "tangent: expected {expected}, got {got}");
    }
}
