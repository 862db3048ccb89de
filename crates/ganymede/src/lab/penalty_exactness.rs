//! The gradient of a gradient penalty, exact with first-order autodiff (`penalties/mod.rs`).
//!
//! ```text
//! P = E[f(|g|²)],  g = grad_x h:      dP/dφ = d/dφ E[<g, v>],  v = 2 f'(|g|²) g held constant
//! ```
//! against central differences in double precision; and what is left when the derivative of the activation is held constant
//! too, which is the second-order term that a careless implementation loses.

use std::cell::Cell;

use burn::{
    module::Module,
    tensor::{DType, Device, Tensor, TensorData, activation},
};

use super::{Check, Experiment, Findings, Ink, Plot, Progress, Settings, Statement, gradient};
use crate::{
    error::Result,
    layers::{Initializer, Linear, WeightScale},
    networks::{Discriminator, MlpDiscriminator, Pass},
    parameters,
    penalties::{self, PENALTIES, Penalized, Penalty, Points},
    random::{Draws, Purpose, Seed},
    signal::Signal,
};

const WIDTH: usize = 16;
const BATCH: usize = 32;
/// Weights whose derivative is compared, spread over the network.
const PROBES: usize = 24;
const DIFFERENCE: f64 = 1e-5;

const EXACT: f64 = 1e-6;
const EXACT_REASON: &str = "relative to the largest; central differences of step 10⁻⁵ in double precision end there";
const LOST: f64 = 0.01;
const LOST_REASON: &str = "four orders of magnitude above the error of the exact gradient";
const BIASES_REASON: &str = "a bias moves the slope of h through the activation's derivative alone";

#[derive(Debug)]
pub struct PenaltyExactness {
    /// What is held to be exact.
    slopes: Slopes,
}

/// How the derivative of an activation is taken in the dual pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slopes {
    /// So that autodiff differentiates it again.
    Followed,
    /// As a constant.
    Held,
}

/// Two SiLU layers on points of the plane.
#[derive(Module, Debug)]
struct Smooth {
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl Smooth {
    fn new(init: &mut Initializer) -> Self {
        Smooth {
            fc1: Linear::new(2, WIDTH, init),
            fc2: Linear::new(WIDTH, WIDTH, init),
            fc3: Linear::new(WIDTH, 1, init),
        }
    }

    fn run(&self, x: Signal<4>, slopes: Slopes) -> Signal<2> {
        let silu = |x: Signal<2>| match slopes {
            Slopes::Followed => x.silu(),
            Slopes::Held => x.pointwise(activation::silu, |x| {
                let s = activation::sigmoid(x.clone());
                (s.clone() + x * s.clone() * (s.neg() + 1.0)).detach()
            }),
        };
        let x = silu(self.fc1.forward(x.flatten()));
        self.fc3.forward(silu(self.fc2.forward(x)))
    }

    fn penalized(&self, penalty: &dyn Penalty, x: &Tensor<4>, slopes: Slopes) -> Result<Penalized> {
        let frozen = self.clone().no_grad();
        penalties::penalize(penalty, penalty.default_weight(), x, |x| frozen.run(x, slopes), |x| self.run(x, slopes))
    }
}

fn initializer(seed: Seed) -> Initializer {
    let device = Device::flex().autodiff();
    Initializer::new(seed, Purpose::DiscriminatorWeights, WeightScale::He(0.2), &device)
}

/// Where the penalty is taken, of two clouds of points.
fn points(penalty: &dyn Penalty, seed: Seed) -> Tensor<4> {
    let mut draws = Draws::new(seed, Purpose::Data, 0);
    let mut cloud = |shift: f64| draws.normal_tensor([BATCH, 2, 1, 1], &Device::flex()).cast(DType::F64) + shift;
    let (real, fake) = (cloud(0.0), cloud(1.5));
    match penalty.points(&real, &fake, &mut Draws::new(seed, penalty.draws_for(), 0)) {
        Points::Real => real,
        Points::Fake => fake,
        Points::At(x) => x,
    }
}

/// `module` with `step` added to its parameter number `index`, counted through all tensors.
fn nudged<M: Module>(module: M, index: usize, step: f64) -> M {
    let start = Cell::new(0);
    parameters::map_trained(module, |weight| {
        let mut values: Vec<f64> = weight.to_data().iter::<f64>().collect();
        let first = start.replace(start.get() + values.len());
        if let Some(value) = index.checked_sub(first).and_then(|at| values.get_mut(at)) {
            *value += step;
        }
        let size = values.len();
        Tensor::from_data(TensorData::new(values, [size]), (&weight.device(), DType::F64))
    })
}

/// The parameters that are probed, of `count`.
fn probes(count: usize) -> impl Iterator<Item = usize> {
    (0..PROBES).map(move |probe| probe * count / PROBES)
}

fn central_difference<M: Module>(
    network: &M,
    index: usize,
    step: f64,
    value: impl Fn(&M) -> Result<f64>,
) -> Result<f64> {
    let at = |step: f64| value(&nudged(network.clone(), index, step));
    Ok((at(step)? - at(-step)?) / (2.0 * step))
}

/// The largest distance between the gradient and central differences of `value`, over the largest of the gradient.
fn distance<M: Module>(network: &M, gradient: &[f64], step: f64, value: impl Fn(&M) -> Result<f64>) -> Result<f64> {
    let scale = largest(gradient);
    let mut worst = 0.0f64;
    for index in probes(gradient.len()) {
        let difference = central_difference(network, index, step, &value)?;
        let error = (gradient.get(index).copied().unwrap_or(f64::NAN) - difference).abs() / scale;
        worst = if error > worst || error.is_nan() { error } else { worst };
    }
    Ok(worst)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(f64::MIN_POSITIVE, |largest, v| v.abs().max(largest))
}

/// The largest derivative in a bias of a hidden layer, over the largest of all.
fn share_of_biases(network: &Smooth, gradient: &[f64]) -> f64 {
    let mut start = 0;
    let mut found = 0.0f64;
    for tensor in parameters::list(network) {
        let end = start + tensor.size();
        if tensor.name.ends_with("bias") {
            found =
                gradient.get(start..end).map_or(f64::NAN, |biases| biases.iter().fold(found, |f, v| f.max(v.abs())));
        }
        start = end;
    }
    found / largest(gradient)
}

/// What one seed gave for one penalty.
struct Compared {
    /// On a smooth network, on a piecewise linear one, and without the second-order term.
    smooth: f64,
    leaky: f64,
    lost: f64,
    /// (step, error) of the smooth network's gradient.
    differences: Vec<[f64; 2]>,
    /// The largest derivative in a bias, over the largest of all: exact, and without the second-order term.
    biases: [f64; 2],
    /// (central difference, derivative) of the probes: exact, and without the term.
    derivatives: [Vec<[f64; 2]>; 2],
}

impl PenaltyExactness {
    pub const STATED: Self = PenaltyExactness { slopes: Slopes::Followed };

    fn compare(&self, penalty: &'static dyn Penalty, seed: Seed) -> Result<Compared> {
        let x = points(penalty, seed);
        let smooth = parameters::cast(Smooth::new(&mut initializer(seed)), DType::F64);
        let gradient_of = |slopes| -> Result<Vec<f64>> {
            let surrogate = smooth.penalized(penalty, &x, slopes)?.surrogate;
            Ok(gradient::of(&smooth, &surrogate.backward()))
        };
        let value = |network: &Smooth| -> Result<f64> {
            Ok(network.penalized(penalty, &x, Slopes::Followed)?.value.into_scalar::<f64>())
        };
        let exact = gradient_of(self.slopes)?;
        let held = gradient_of(Slopes::Held)?;
        let steps = (0..9).map(|k| 10f64.powi(-1 - k));
        let differences =
            steps.map(|step| Ok([step, distance(&smooth, &exact, step, value)?])).collect::<Result<Vec<_>>>()?;

        let mut derivatives = [Vec::new(), Vec::new()];
        for index in probes(exact.len()) {
            let difference = central_difference(&smooth, index, DIFFERENCE, value)?;
            for (derivatives, gradient) in derivatives.iter_mut().zip([&exact, &held]) {
                derivatives.push([difference, gradient.get(index).copied().unwrap_or(f64::NAN)]);
            }
        }

        let leaky = MlpDiscriminator::new([2, 1, 1], WIDTH, 2, &mut initializer(seed));
        let leaky = parameters::cast(leaky, DType::F64);
        let penalized = |network: &MlpDiscriminator| {
            let (frozen, pass) = (network.clone().no_grad(), Pass::train());
            let weight = penalty.default_weight();
            penalties::penalize(penalty, weight, &x, |x| frozen.forward(x, &pass), |x| network.forward(x, &pass))
        };
        let of_leaky = gradient::of(&leaky, &penalized(&leaky)?.surrogate.backward());
        let value_of_leaky = |network: &MlpDiscriminator| Ok(penalized(network)?.value.into_scalar::<f64>());
        Ok(Compared {
            smooth: distance(&smooth, &exact, DIFFERENCE, value)?,
            // the slope of such a network jumps; short steps miss the corners
            leaky: distance(&leaky, &of_leaky, DIFFERENCE / 100.0, value_of_leaky)?,
            lost: distance(&smooth, &held, DIFFERENCE, value)?,
            differences,
            biases: [&exact, &held].map(|gradient| share_of_biases(&smooth, gradient)),
            derivatives,
        })
    }
}

impl Experiment for PenaltyExactness {
    fn name(&self) -> &'static str {
        "penalty-exactness"
    }

    fn theorem(&self) -> &'static str {
        "exact penalties"
    }

    fn title(&self) -> &'static str {
        "A gradient penalty's gradient is exact with one backward and one dual pass, and wrong without the second-order term"
    }

    fn statement(&self) -> Statement {
        Statement {
            text: "Every penalty's gradient in the discriminator's weights is compared with central differences in double \
                   precision, on a smooth network and on a piecewise linear one. Then the derivative of the activation is held \
                   constant, as if it did not depend on the weights: the gradient is another, and no bias has one.",
            formula: "dP/dφ = d/dφ E[<g, v>],  g = grad_x h,  v = 2 f'(|g|²) g held constant",
            mathml: include_str!("formulas/penalty-exactness.mathml"),
            source: "Gulrajani et al. 2017; Mescheder, Geiger & Nowozin 2018; the three steps of Ganymede's penalties",
        }
    }

    fn run(&self, settings: &Settings, progress: &Progress) -> Result<Findings> {
        let compared = settings.over_cases(PENALTIES, progress, |penalty, seed| self.compare(*penalty, seed))?;
        let mut findings = Findings::default();
        let mut differences = Plot::new(
            "differences",
            "Central differences against the exact gradient",
            "step of the differences",
            "largest relative distance",
        )
        .log_x()
        .log_y()
        .caption("Double precision, first seed: the square of the step until rounding takes over. Down to 10⁻⁶ and below, they \
                  agree.");
        for ((penalty, compared), ink) in
            PENALTIES.iter().zip(&compared).zip([Ink::Blue, Ink::Green, Ink::Orange, Ink::Purple])
        {
            let of = |value: &dyn Fn(&Compared) -> f64| compared.iter().map(value).collect::<Vec<f64>>();
            let name = penalty.name();
            findings.checks.extend([
                Check::at_most(format!("{name}: error, smooth network"), EXACT, EXACT_REASON, of(&|c| c.smooth)),
                Check::at_most(format!("{name}: error, leaky ReLU network"), EXACT, EXACT_REASON, of(&|c| c.leaky)),
                Check::at_least(
                    format!("{name}: error without the second-order term"),
                    LOST,
                    LOST_REASON,
                    of(&|c| c.lost),
                ),
                Check::at_least(
                    format!("{name}: largest derivative in a bias, of the largest of all"),
                    LOST,
                    LOST_REASON,
                    of(&|c| c.biases[0]),
                ),
                Check::near(
                    format!("{name}: the same without the second-order term"),
                    0.0,
                    0.0,
                    BIASES_REASON,
                    of(&|c| c.biases[1]),
                ),
            ]);
            let Some(first) = compared.first() else { continue };
            differences = differences.line(name, ink, first.differences.clone());
            if name == "wgan-gp" {
                let [exact, held] = &first.derivatives;
                let reach = exact.iter().fold(0.0, |reach: f64, [difference, _]| reach.max(difference.abs())) * 1.1;
                findings.plots.push(
                    Plot::new(
                        "derivatives",
                        "WGAN-GP's derivative in weights and biases",
                        "by central differences",
                        "by the dual pass",
                    )
                    .x_range(-reach, reach)
                    .y_range(-reach, reach)
                    .dashed("equal", Ink::Text, [[-reach, -reach], [reach, reach]])
                    .dots("exact", Ink::Blue, exact.clone())
                    .dots("without the second-order term", Ink::Red, held.clone())
                    .caption("Without the term every bias believes that it does not matter: its derivative is 0."),
                );
            }
        }
        findings.plots.insert(0, differences);
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_as_stated_and_not_with_the_second_order_term_lost() {
        let settings = Settings::new(true, Some(1));
        let progress = &Progress::new(&|_| ());
        PenaltyExactness::STATED.run(&settings, progress).unwrap().assert_confirmed();
        let careless = PenaltyExactness { slopes: Slopes::Held };
        assert!(!careless.run(&settings, progress).unwrap().is_confirmed());
    }
}
