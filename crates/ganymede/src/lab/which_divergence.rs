//! T3, second half: which divergence each generator loss descends at the optimal discriminator.
//!
//! ```text
//! grad minimax = grad 2 JSD(q, p)      grad non-saturating = grad [KL(q‖p) - 2 JSD]      grad reverse KL = grad KL(q‖p)
//! ```
//! q = N(μ, s²) is a generator of two parameters. Its gradient under each loss, D held at D* (Arjovsky & Bottou 2017,
//! theorems 2.4 and 2.5), against central differences of the divergences by quadrature.

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use ganymede_ops::softplus;

use super::{
    Check, Divergences, Experiment, Findings, Gaussians, Grid, Ink, Mark, Plot, Progress, Settings, Statement,
    Training, converge, gradient, tiny::Affine,
};
use crate::{
    error::Result,
    layers::{Initializer, WeightScale},
    networks::{Discriminator, Generator, MlpDiscriminator, Pass},
    objectives::{Minimax, NonSaturating, Objective, ReverseKl},
    random::{Draws, Purpose, Seed},
};

/// The data: two Gaussians of one width.
const MEANS: [f64; 2] = [-1.5, 1.5];
const DEVIATION: f64 = 0.8;
/// The generators (μ, s) that are looked at.
const PLACES: [(f64, f64); 3] = [(0.5, 1.2), (-1.0, 0.8), (2.0, 1.5)];
const SAMPLES: usize = 1 << 17;
const ARROW_SAMPLES: usize = 1 << 12;
const DIFFERENCE: f64 = 1e-4;

const SAMPLING: f64 = 0.025;
const SAMPLING_REASON: &str = "five standard errors of a mean of 131,072 draws whose deviation is about 1.8";
const LEARNT: f64 = 0.1;
const LEARNT_REASON: &str = "the slope of a trained h, good to about a tenth";

#[derive(Debug)]
pub struct WhichDivergence {
    /// Minimax, non-saturating and reverse KL, in this order.
    objectives: [&'static dyn Objective; 3],
}

/// An objective's name, and what it descends: by name and as a function of the divergences.
type Descends = (&'static str, &'static str, fn(Divergences) -> f64);

/// In the order of the objectives.
const DESCENDS: [Descends; 3] = [
    ("minimax", "2 JSD", |d| 2.0 * d.jsd),
    ("non-saturating", "KL(q‖p) - 2 JSD", |d| d.reverse - 2.0 * d.jsd),
    ("reverse KL", "KL(q‖p)", |d| d.reverse),
];

/// `log p - log q` of samples, as tensor operations that autodiff follows.
fn optimal_logits(x: Tensor<4>, (mean, scale): (f64, f64)) -> Tensor<2> {
    let n = x.dims()[0];
    let x = x.reshape([n, 1]);
    let exponent = |m: f64, s: f64| (x.clone() - m).square() * (-0.5 / (s * s));
    let [left, right] = MEANS.map(|m| exponent(m, DEVIATION));
    // log(e^a + e^b) = b + softplus(a - b)
    let log_p = right.clone() + softplus(left - right) - (2.0 * DEVIATION).ln();
    log_p - (exponent(mean, scale) - scale.ln())
}

fn data() -> Gaussians {
    Gaussians::equal(&MEANS.map(|m| vec![m]), DEVIATION)
}

fn divergences((mean, scale): (f64, f64)) -> Divergences {
    Divergences::by_quadrature(&data(), &Gaussians::one(&[mean], scale), &Grid::line(-16.0, 16.0, 1600))
}

/// The gradient in (μ, s) by central differences.
fn expected((mean, scale): (f64, f64), of: fn(Divergences) -> f64) -> [f64; 2] {
    let slope = |dm: f64, ds: f64| {
        let at = |sign: f64| of(divergences((mean + sign * dm, scale + sign * ds)));
        (at(1.0) - at(-1.0)) / (2.0 * DIFFERENCE)
    };
    [slope(DIFFERENCE, 0.0), slope(0.0, DIFFERENCE)]
}

impl WhichDivergence {
    pub const STATED: Self = WhichDivergence { objectives: [&Minimax, &NonSaturating, &ReverseKl] };

    /// The gradient in (μ, s) of each objective against the logits that `h` gives.
    fn gradients(&self, place: (f64, f64), n: usize, seed: Seed, h: impl Fn(Tensor<4>) -> Tensor<2>) -> [Vec<f64>; 3] {
        let device = Device::flex().autodiff();
        let generator = Affine::new(place.0, place.1, &device);
        let z: Tensor<2> = Draws::new(seed, Purpose::GeneratorLatent, 0).normal_tensor([n, 1], &device);
        self.objectives.map(|objective| {
            let logits = h(generator.forward(z.clone(), &Pass::train()));
            let loss = objective.generator(logits.zeros_like().detach(), logits).total();
            gradient::of(&generator, &loss.backward())
        })
    }

    /// The gradients against a discriminator trained on samples.
    fn gradients_against_trained(&self, place: (f64, f64), seed: Seed) -> Result<[Vec<f64>; 3]> {
        let device = Device::flex().autodiff();
        let init = &mut Initializer::new(seed, Purpose::DiscriminatorWeights, WeightScale::He(0.2), &device);
        let network = MlpDiscriminator::new([1, 1, 1], 64, 2, init);
        let training = Training {
            objective: self.objectives[1],
            penalties: Vec::new(),
            steps: 3000,
            batch: 512,
            rate: 3e-3,
            seed,
        };
        let (p, q) = (data(), Gaussians::one(&[place.0], place.1));
        let real = |n, draws: &mut Draws| p.samples(n, draws, &device);
        let fake = |n, draws: &mut Draws| q.samples(n, draws, &device);
        let network = converge(network, &training, real, fake, |_, _, _| Ok(()))?.no_grad();
        Ok(self.gradients(place, SAMPLES, seed, |x| network.forward(x.into(), &Pass::train()).value))
    }

    /// The direction of descent over the plane of generators, above the divergence as colour.
    fn plots(&self) -> Vec<Plot> {
        const COLUMNS: i32 = 9;
        const ROWS: i32 = 7;
        let place = |i: i32, j: i32| (-2.4 + 0.6 * f64::from(i), 0.5 + 0.3 * f64::from(j));
        let places: Vec<(f64, f64)> = (0..ROWS).flat_map(|j| (0..COLUMNS).map(move |i| place(i, j))).collect();
        let measured: Vec<[Vec<f64>; 3]> =
            places.iter().map(|at| self.gradients(*at, ARROW_SAMPLES, Seed(0), |x| optimal_logits(x, *at))).collect();
        let values: Vec<Divergences> = places.iter().map(|at| divergences(*at)).collect();
        let arrow = |at: (f64, f64), gradient: &[f64]| {
            let size = gradient::norm(gradient).max(1e-9);
            // long gradients are shortened, so that their directions can be seen
            let length = 0.24 * (size / (size + 0.3));
            match gradient {
                [mean, scale] => [at.0, at.1, -mean / size * length * 2.0, -scale / size * length],
                _ => [at.0, at.1, 0.0, 0.0],
            }
        };
        DESCENDS
            .iter()
            .enumerate()
            .map(|(k, (name, divergence, of))| {
                let levels: Vec<f64> = values.iter().map(|d| of(*d)).collect();
                let low = levels.iter().copied().fold(f64::INFINITY, f64::min);
                let high = levels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let cells = places.iter().zip(&levels).map(|((m, s), level)| {
                    [m - 0.3, s - 0.15, m + 0.3, s + 0.15, 0.55 * ((level - low) / (high - low)).sqrt()]
                });
                let exact = places.iter().map(|at| arrow(*at, &expected(*at, *of)));
                let arrows = places.iter().zip(&measured).map(|(at, gradients)| arrow(*at, &gradients[k]));
                Plot::new(
                    name.to_lowercase().replace(' ', "-"),
                    format!("{name} descends {divergence}"),
                    "mean μ of the generator",
                    "deviation s",
                )
                .layer(*divergence, Ink::Orange, Mark::Cells(cells.collect()))
                .layer("its gradient, by quadrature", Ink::Grey, Mark::Arrows(exact.collect()))
                .layer("gradient of the loss at D*", Ink::Blue, Mark::Arrows(arrows.collect()))
                .x_range(-2.7, 2.7)
                .y_range(0.35, 2.45)
                .caption("Arrows point downhill. Blue covers grey where the loss descends the divergence.")
            })
            .collect()
    }
}

impl Experiment for WhichDivergence {
    fn name(&self) -> &'static str {
        "which-divergence"
    }

    fn theorem(&self) -> &'static str {
        "T3"
    }

    fn title(&self) -> &'static str {
        "At the optimal discriminator each generator loss descends a divergence of its own"
    }

    fn statement(&self) -> Statement {
        Statement {
            text: "The generator is a Gaussian of two parameters, the data a mixture. With D held at D* = p/(p+q), the gradient \
                   of each loss in the mean and the deviation is compared with that of its divergence, and the same once more \
                   against a discriminator that was trained.",
            formula: "grad minimax = grad 2 JSD,  grad non-saturating = grad (KL(q‖p) - 2 JSD),  grad reverse KL = grad KL(q‖p)",
            mathml: include_str!("formulas/which-divergence.mathml"),
            source: "Goodfellow et al. 2014, theorem 1; Arjovsky & Bottou 2017, theorem 2.5",
        }
    }

    fn run(&self, settings: &Settings, progress: &Progress) -> Result<Findings> {
        let places = &PLACES[..settings.pick(PLACES.len(), 1)];
        let exact = settings.over_cases(places, progress, |place, seed| {
            Ok(self.gradients(*place, SAMPLES, seed, |x| optimal_logits(x, *place)))
        })?;
        let mut findings = Findings::default();
        let mut compare =
            |place: (f64, f64), what: &str, all: &[[Vec<f64>; 3]], tolerance: f64, reason: &'static str| {
                for (k, (name, divergence, of)) in DESCENDS.iter().enumerate() {
                    for (axis, (parameter, expected)) in ["dμ", "ds"].into_iter().zip(expected(place, *of)).enumerate()
                    {
                        let values: Vec<f64> =
                            all.iter().map(|g| g[k].get(axis).copied().unwrap_or(f64::NAN)).collect();
                        let (mean, scale) = place;
                        let name = format!("{name}, q = N({mean}, {scale}²){what}: d({divergence})/{parameter}");
                        findings.checks.push(Check::near(name, expected, tolerance, reason, values));
                    }
                }
            };
        for (place, all) in places.iter().zip(&exact) {
            compare(*place, "", all, SAMPLING, SAMPLING_REASON);
        }
        if let Some(place) = places.first().filter(|_| !settings.quick) {
            let trained = settings.over_seeds(progress, |seed| self.gradients_against_trained(*place, seed))?;
            compare(*place, ", D trained", &trained, LEARNT, LEARNT_REASON);
        }
        findings.plots = self.plots();
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_as_stated_and_not_with_two_losses_swapped() {
        let settings = Settings::new(true, Some(1));
        let progress = &Progress::new(&|_| ());
        WhichDivergence::STATED.run(&settings, progress).unwrap().assert_confirmed();
        let swapped = WhichDivergence { objectives: [&NonSaturating, &Minimax, &ReverseKl] };
        assert!(!swapped.run(&settings, progress).unwrap().is_confirmed());
    }

    #[test]
    fn the_logits_are_the_log_ratio_of_the_densities() {
        let x = [-3.0, -0.5, 0.0, 2.5];
        let tensor = Tensor::<1>::from_floats(x.map(|x| x as f32), &Device::flex()).reshape([4, 1, 1, 1]);
        let got: Vec<f64> = optimal_logits(tensor, (0.5, 1.2)).into_data().iter::<f64>().collect();
        for (x, got) in x.into_iter().zip(got) {
            let expected = data().log_density(&[x]) - Gaussians::one(&[0.5], 1.2).log_density(&[x]);
            assert!((got - expected).abs() < 1e-5, "{x}: {got} {expected}");
        }
    }
}
