//! The parameter gradient of every penalty is exact: it is that of central finite differences in double precision, and that
//! of PyTorch's double backward on the same weights (`golden/penalty_gradients.py`).

use std::cell::Cell;

use burn::{
    module::{Module, ModuleDisplay, ModuleVisitor, Param},
    tensor::{DType, Device, Gradients, Tensor, TensorData, activation},
};
use ganymede::{
    Error, Result, Signal,
    layers::{Conv2d, Initializer, Linear, WeightScale},
    networks::{Conditional, Discriminator, Ends, HeadKind, MlpDiscriminator, Pass, Small28Discriminator},
    parameters::{self, NamedTensors},
    penalties::{self, PENALTIES, Penalized, Penalty, Points},
    random::{Draws, Purpose, Seed},
};

/// The weight of every penalty here.
const WEIGHT: f64 = 10.0;

/// The structure of `small28`'s discriminator, narrow, so that the golden file is small.
#[derive(Module, Debug)]
struct Conv {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
}

impl Conv {
    fn new(init: &mut Initializer) -> Self {
        Conv {
            conv1: Conv2d::new(1, 4, 4, init).stride(2).padding(1).leaky_relu(0.2),
            conv2: Conv2d::new(4, 8, 4, init).stride(2).padding(1).leaky_relu(0.2),
            fc1: Linear::new(8 * 7 * 7, 16, init).leaky_relu(0.2),
            fc2: Linear::new(16, 1, init),
        }
    }
}

impl Discriminator for Conv {
    fn forward(&self, x: Signal<4>, _pass: &Pass) -> Signal<2> {
        let x = self.conv2.forward(self.conv1.forward(x));
        self.fc2.forward(self.fc1.forward(x.flatten()))
    }
}

/// Two SiLU layers, the second with a skip connection, on points of the plane.
#[derive(Module, Debug)]
struct Smooth {
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl Smooth {
    fn new(width: usize, init: &mut Initializer) -> Self {
        Smooth {
            fc1: Linear::new(2, width, init),
            fc2: Linear::new(width, width, init),
            fc3: Linear::new(width, 1, init),
        }
    }

    fn run(&self, x: Signal<4>, activation: impl Fn(Signal<2>) -> Signal<2>) -> Signal<2> {
        let x = activation(self.fc1.forward(x.flatten()));
        self.fc3.forward(activation(self.fc2.forward(x.clone())) + x)
    }
}

impl Discriminator for Smooth {
    fn forward(&self, x: Signal<4>, _pass: &Pass) -> Signal<2> {
        self.run(x, Signal::silu)
    }
}

fn initializer(seed: u64) -> Initializer {
    Initializer::new(Seed(seed), Purpose::DiscriminatorWeights, WeightScale::He(0.2), &Device::flex().autodiff())
}

fn penalized(network: &impl Discriminator, penalty: &dyn Penalty, x: &Tensor<4>) -> Penalized {
    let (frozen, pass) = (network.clone().no_grad(), Pass::train());
    penalties::penalize(penalty, WEIGHT, x, |x| frozen.forward(x, &pass), |x| network.forward(x, &pass)).unwrap()
}

/// The name and the gradient of every parameter; zeros where it has none.
fn gradients_of(module: &impl Module, gradients: &Gradients) -> Vec<(String, Vec<f64>)> {
    struct Visitor<'a>(&'a Gradients, Vec<Vec<f64>>);
    impl ModuleVisitor for Visitor<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.0).unwrap_or_else(|| param.val().inner().zeros_like());
            self.1.push(gradient.into_data().iter::<f64>().collect());
        }
    }
    let mut visitor = Visitor(gradients, Vec::new());
    module.visit(&mut visitor);
    let mut names = Vec::new();
    parameters::for_each(module, |name, _| names.push(name.to_owned()));
    names.into_iter().zip(visitor.1).collect()
}

fn penalty_gradients(network: &impl Discriminator, penalty: &dyn Penalty, x: &Tensor<4>) -> Vec<(String, Vec<f64>)> {
    gradients_of(network, &penalized(network, penalty, x).surrogate.backward())
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, v| v.abs().max(largest))
}

/// `module` with `step` added to element `index` of its parameter number `which`.
fn nudged<M: Module>(module: M, which: usize, index: usize, step: f64) -> M {
    let at = Cell::new(0);
    parameters::map_trained(module, |weight| {
        let here = at.replace(at.get() + 1) == which;
        if !here {
            return weight;
        }
        let mut values: Vec<f64> = weight.to_data().iter::<f64>().collect();
        values[index] += step;
        let size = values.len();
        Tensor::from_data(TensorData::new(values, [size]), (&weight.device(), DType::F64))
    })
}

/// Where the penalty is taken, of samples in double precision.
fn points(penalty: &dyn Penalty, shape: [usize; 4]) -> Tensor<4> {
    let mut data = Draws::new(Seed(11), Purpose::Data, 0);
    let mut sample = || -> Tensor<4> { data.normal_tensor(shape, &Device::flex()).cast(DType::F64) };
    let (real, fake) = (sample(), sample());
    match penalty.points(&real, &fake, &mut Draws::new(Seed(11), penalty.draws_for(), 0)) {
        Points::Real => real,
        Points::Fake => fake,
        Points::At(x) => x,
    }
}

/// Compares several weights of every tensor with central differences; the error is relative to the tensor's largest gradient,
/// or to the network's for a tensor whose gradient is zero (the biases of a leaky ReLU network).
fn assert_exact_by_finite_differences(name: &str, network: impl Discriminator, shape: [usize; 4], step: f64) {
    let network = parameters::cast(network, DType::F64);
    for penalty in PENALTIES {
        let x = points(*penalty, shape);
        let exact = penalty_gradients(&network, *penalty, &x);
        let overall = exact.iter().map(|(_, gradient)| largest(gradient)).fold(0.0, f64::max);
        let mut worst = 0.0f64;
        for (which, (tensor, gradient)) in exact.iter().enumerate() {
            let scale = if largest(gradient) > 0.0 { largest(gradient) } else { overall };
            let count = gradient.len().min(3);
            for index in (0..count).map(|k| (k * 7919 + which * 131) % gradient.len()) {
                let value = |step: f64| {
                    let moved = nudged(network.clone(), which, index, step).no_grad();
                    penalized(&moved, *penalty, &x).value.into_scalar::<f64>()
                };
                let difference = (value(step) - value(-step)) / (2.0 * step);
                let error = (gradient[index] - difference).abs() / scale;
                let what = format!("{name}, {}, {tensor}[{index}]", penalty.name());
                assert!(error <= 1e-6, "{what}: exact {:e}, differences {difference:e}", gradient[index]);
                worst = worst.max(error);
            }
        }
        println!("{name}, {}: largest relative error {worst:.1e}", penalty.name());
    }
}

#[test]
fn penalty_gradients_of_a_conv_discriminator_are_those_of_finite_differences() {
    let network = Small28Discriminator::new(1, Ends::default(), &mut initializer(3));
    // the penalty jumps where a pre-activation crosses zero; among some 40,000 of them a step of 1e-6 meets such a kink
    assert_exact_by_finite_differences("conv", network, [4, 1, 28, 28], 1e-7);
}

#[test]
fn penalty_gradients_of_a_smooth_mlp_are_those_of_finite_differences() {
    let network = Smooth::new(32, &mut initializer(4));
    assert_exact_by_finite_differences("mlp", network, [16, 2, 1, 1], 1e-5);
}

/// A discriminator of three classes under labels that do not change.
#[derive(Module, Debug)]
struct Labelled<D> {
    inner: D,
}

impl<D: Discriminator + ModuleDisplay> Discriminator for Labelled<D> {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let labels: Vec<usize> = (0..x.dims()[0]).map(|n| n % 3).collect();
        self.inner.forward(x, &pass.clone().with_labels(Some(&labels)))
    }
}

#[test]
fn penalty_gradients_through_every_head_are_those_of_finite_differences_with_labels_held() {
    let projection = Conditional::default();
    let heads = [
        ("projection", projection),
        ("projection with psi", Conditional { psi: true, ..projection }),
        ("concat", Conditional { head: HeadKind::Concat, ..projection }),
    ];
    for (name, conditional) in heads {
        let ends = Ends::conditional(&conditional, 3);
        let conv = Labelled { inner: Small28Discriminator::new(1, ends, &mut initializer(3)) };
        assert_exact_by_finite_differences(&format!("conv, {name}"), conv, [4, 1, 28, 28], 1e-7);
        let mlp = Labelled { inner: MlpDiscriminator::with_ends([2, 1, 1], 32, 2, ends, &mut initializer(4)) };
        assert_exact_by_finite_differences(&format!("mlp, {name}"), mlp, [16, 2, 1, 1], 1e-7);
    }
}

fn golden() -> NamedTensors {
    let file = safetensors::SafeTensors::deserialize(include_bytes!("golden/penalty_gradients.safetensors")).unwrap();
    let values =
        |bytes: &[u8]| -> Vec<f32> { bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect() };
    file.tensors()
        .into_iter()
        .map(|(name, view)| (name, TensorData::new(values(view.data()), view.shape().to_vec())))
        .collect()
}

fn assert_exact_by_pytorch(name: &str, network: impl Discriminator) {
    let golden = golden();
    let network = parameters::load(network, name, &golden).unwrap();
    for penalty in PENALTIES {
        let of = |what: &str| golden[&format!("{name}.{}.{what}", penalty.name())].clone();
        let x = Tensor::from_data(of("points"), &Device::flex());
        let Penalized { value, surrogate, .. } = penalized(&network, *penalty, &x);
        let (value, expected) = (value.into_scalar::<f64>(), of("value").iter::<f64>().next().unwrap());
        assert!((value - expected).abs() <= 1e-5 * expected, "{name}, {}: {value} {expected}", penalty.name());
        let mut worst = 0.0f64;
        for (tensor, gradient) in gradients_of(&network, &surrogate.backward()) {
            let expected: Vec<f64> = of(&format!("gradient.{tensor}")).iter::<f64>().collect();
            assert_eq!(gradient.len(), expected.len());
            let errors: Vec<f64> = gradient.iter().zip(&expected).map(|(a, b)| a - b).collect();
            let allowed = 1e-5 * largest(&expected);
            let what = format!("{name}, {}, {tensor}", penalty.name());
            assert!(largest(&errors) <= allowed, "{what}: {:e} is above {allowed:e}", largest(&errors));
            worst = worst.max(largest(&errors) / largest(&expected).max(f64::MIN_POSITIVE));
        }
        println!("{name}, {}: largest relative error {worst:.1e}", penalty.name());
    }
}

#[test]
fn penalty_gradients_of_a_conv_discriminator_are_those_of_pytorch() {
    assert_exact_by_pytorch("conv", Conv::new(&mut initializer(0)));
}

#[test]
fn penalty_gradients_of_a_smooth_mlp_are_those_of_pytorch() {
    assert_exact_by_pytorch("mlp", Smooth::new(16, &mut initializer(0)));
}

#[test]
fn without_the_second_derivative_of_the_activation_the_gradient_is_another() {
    // SiLU whose derivative autodiff must not differentiate again
    let frozen_slope = |x: Signal<2>| {
        x.pointwise(activation::silu, |x| {
            let s = activation::sigmoid(x.clone());
            (s.clone() + x * s.clone() * (s.neg() + 1.0)).detach()
        })
    };
    let network = parameters::cast(Smooth::new(16, &mut initializer(5)), DType::F64);
    let frozen = network.clone().no_grad();
    for penalty in PENALTIES {
        let x = points(*penalty, [16, 2, 1, 1]);
        let exact = penalty_gradients(&network, *penalty, &x);
        let run = |network: &Smooth, x| network.run(x, frozen_slope);
        let first_order = penalties::penalize(*penalty, WEIGHT, &x, |x| run(&frozen, x), |x| run(&network, x)).unwrap();
        let first_order = gradients_of(&network, &first_order.surrogate.backward());
        for ((tensor, exact), (_, first_order)) in exact.iter().zip(&first_order).take(3) {
            let differences: Vec<f64> = exact.iter().zip(first_order).map(|(a, b)| a - b).collect();
            let share = largest(&differences) / largest(exact);
            assert!(share > 0.01, "{}, {tensor}: differs by {share:e} only", penalty.name());
        }
    }
}

#[test]
fn a_flat_discriminator_has_finite_penalties_and_gradients() {
    let network = parameters::map_trained(Conv::new(&mut initializer(6)), |weight| weight * 0.0);
    for penalty in PENALTIES {
        let x = points(*penalty, [3, 1, 28, 28]).cast(DType::F32);
        let Penalized { value, surrogate, .. } = penalized(&network, *penalty, &x);
        // the zero-centred penalties are content with no slope, the others want slope 1
        let expected = if ["r1", "r2"].contains(&penalty.name()) { 0.0 } else { WEIGHT };
        assert_eq!(value.into_scalar::<f64>(), expected, "{}", penalty.name());
        for (tensor, gradient) in gradients_of(&network, &surrogate.backward()) {
            assert!(gradient.iter().all(|g| *g == 0.0), "{}, {tensor}: {gradient:?}", penalty.name());
        }
    }
}

#[test]
fn the_logits_of_a_penalized_pass_are_those_of_a_plain_one() {
    let network = Smooth::new(8, &mut initializer(7));
    let x = points(PENALTIES[0], [5, 2, 1, 1]).cast(DType::F32);
    let plain = network.forward(x.clone().into(), &Pass::train()).value;
    assert_eq!(penalized(&network, PENALTIES[0], &x).logits.into_data(), plain.into_data());
}

#[test]
fn a_network_without_one_logit_a_sample_is_refused() {
    let x = points(PENALTIES[0], [5, 2, 1, 1]);
    let two_logits = |x: Signal<4>| x.flatten();
    let refused: Result<Penalized> = penalties::penalize(PENALTIES[0], WEIGHT, &x, two_logits, two_logits);
    assert!(matches!(refused, Err(Error::Shape { got, .. }) if got == [5, 2]));
}
