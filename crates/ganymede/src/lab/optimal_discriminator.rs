//! T1: the discriminator's optimum (Goodfellow et al. 2014, proposition 1 and theorem 1).
//!
//! ```text
//! L_D = E_p[softplus(-h)] + E_q[softplus(h)]      D* = p / (p + q),   L_D* = 2 log 2 - 2 JSD(p, q)
//! ```
//! Discriminators trained on pairs of known densities, against D* on the bulk: where (p + q)/2 is above 1 % of its peak.

use burn::{module::Module, tensor::Device};

use super::{
    Check, Divergences, Experiment, Findings, Gaussians, Grid, Ink, Mark, Plot, Progress, Settings, Statement,
    Training, converge, logits,
    quadrature::{sigmoid, softplus},
};
use crate::{
    error::Result,
    layers::{Initializer, WeightScale},
    networks::MlpDiscriminator,
    objectives::{NonSaturating, Objective},
    random::{Purpose, Seed},
};

/// Width, depth, steps and batch.
type Size = (usize, usize, u64, usize);
/// For log ratios that are lines and parabolas.
const PLAIN: Size = (64, 2, 3000, 512);
/// For log ratios that bend to and fro: two layers are far too slow to find the last bend, where samples are few.
const BENT: Size = (64, 3, 5000, 512);
const RATE: f64 = 3e-3;
/// The share of the mixture's peak above which a point belongs to the bulk.
const BULK: f64 = 0.01;

const MEAN_ERROR: f64 = 0.02;
const MEAN_REASON: &str = "some 10⁵ samples a side weigh in at the end: a standard error of 0.5/√(10⁵/30) for each of some \
30 pieces of a curve, and as much for its corners";
const LARGEST_ERROR: f64 = 0.1;
const LARGEST_REASON: &str =
    "at the edge of the bulk a piece has a thirtieth of the samples, so five times the mean's error";
const LOSS_ERROR: f64 = 0.005;
const LOSS_REASON: &str = "the loss is above its minimum by about the square of the mean error over D(1 - D)";

#[derive(Debug)]
pub struct OptimalDiscriminator {
    /// What the discriminator is trained on.
    objective: &'static dyn Objective,
}

struct Pair {
    name: &'static str,
    slug: &'static str,
    p: Gaussians,
    q: Gaussians,
    /// Both densities vanish outside [-reach, reach].
    reach: f64,
    size: Size,
}

/// What one training gave.
struct Trained {
    logits: Vec<f64>,
    mean_error: f64,
    largest_error: f64,
    loss: f64,
}

impl OptimalDiscriminator {
    pub const STATED: Self = OptimalDiscriminator { objective: &NonSaturating };
}

fn pairs(quick: bool) -> Vec<Pair> {
    let ring: Vec<Vec<f64>> = (0..5)
        .map(|k| std::f64::consts::TAU * k as f64 / 5.0)
        .map(|angle| vec![2.0 * angle.cos(), 2.0 * angle.sin()])
        .collect();
    let pair = |name, slug, p, q, reach, size| Pair { name, slug, p, q, reach, size };
    let one = |mean: &[f64], deviation| Gaussians::one(mean, deviation);
    let mut all = vec![
        pair("shifted", "shifted", one(&[-0.75], 1.0), one(&[0.75], 1.0), 8.0, PLAIN),
        pair("shifted, 2-D", "plane", one(&[-1.0, 0.0], 1.0), one(&[0.5, 0.5], 1.0), 8.0, PLAIN),
    ];
    if !quick {
        let humps = Gaussians::equal(&[vec![-2.0], vec![2.0]], 0.7);
        all.extend([
            pair("narrow in wide", "wide", one(&[0.0], 0.7), one(&[0.0], 2.0), 14.0, PLAIN),
            pair("two humps", "humps", humps, one(&[0.0], 1.5), 10.0, BENT),
            pair("a ring of five, 2-D", "ring", Gaussians::equal(&ring, 0.5), one(&[0.0, 0.0], 1.5), 8.0, BENT),
        ]);
    }
    all
}

impl Pair {
    fn grid(&self) -> Grid {
        let n = if self.p.dimensions() == 1 { 2000 } else { 120 };
        Grid::around(&self.p, -self.reach, self.reach, n)
    }

    fn optimum(&self, x: &[f64]) -> f64 {
        sigmoid(self.p.log_density(x) - self.q.log_density(x))
    }

    fn mixture(&self, x: &[f64]) -> f64 {
        (self.p.log_density(x).exp() + self.q.log_density(x).exp()) / 2.0
    }

    fn train(&self, objective: &'static dyn Objective, seed: Seed) -> Result<Trained> {
        let device = Device::flex().autodiff();
        let init = &mut Initializer::new(seed, Purpose::DiscriminatorWeights, WeightScale::FanIn, &device);
        let (width, depth, steps, batch) = self.size;
        let network = MlpDiscriminator::new([self.p.dimensions(), 1, 1], width, depth, init);
        let training = Training { objective, penalties: Vec::new(), steps, batch, rate: RATE, seed };
        let sample = |density: &Gaussians, n, draws: &mut _| density.samples(n, draws, &device);
        let p = |n, draws: &mut _| sample(&self.p, n, draws);
        let q = |n, draws: &mut _| sample(&self.q, n, draws);
        let network = converge(network, &training, p, q, |_, _, _| Ok(()))?.no_grad();

        let grid = self.grid();
        let logits = logits(&network, &grid.points, &device);
        let peak = grid.points.iter().map(|x| self.mixture(x)).fold(0.0, f64::max);
        let (mut mass, mut mean_error, mut largest_error, mut loss) = (0.0, 0.0, 0.0f64, 0.0);
        for (x, h) in grid.points.iter().zip(&logits) {
            let density = self.mixture(x);
            let (p, q) = (self.p.log_density(x).exp(), self.q.log_density(x).exp());
            loss += (p * softplus(-h) + q * softplus(*h)) * grid.cell;
            if density > BULK * peak {
                let error = (sigmoid(*h) - self.optimum(x)).abs();
                (mass, mean_error) = (mass + density, mean_error + density * error);
                largest_error = largest_error.max(error);
            }
        }
        Ok(Trained { logits, mean_error: mean_error / mass, largest_error, loss })
    }

    fn plots(&self, trained: &Trained) -> Vec<Plot> {
        let grid = self.grid();
        let peak = grid.points.iter().map(|x| self.mixture(x)).fold(0.0, f64::max);
        let discriminator = trained.logits.iter().map(|h| sigmoid(*h));
        if self.p.dimensions() == 1 {
            let at = |value: &dyn Fn(&[f64]) -> f64| -> Vec<[f64; 2]> {
                grid.points.iter().map(|x| [x[0], value(x)]).collect()
            };
            let area = |density: &Gaussians| -> Vec<[f64; 3]> {
                grid.points.iter().map(|x| [x[0], 0.0, density.log_density(x).exp() / (2.0 * peak)]).collect()
            };
            let reach = self.reach * 0.6;
            let learnt = grid.points.iter().zip(discriminator).map(|(x, d)| [x[0], d]);
            return vec![
                Plot::new(self.slug, format!("D and D*: {}", self.name), "x", "D(x)")
                    .x_range(-reach, reach)
                    .y_range(0.0, 1.05)
                    .band("p", Ink::Blue, area(&self.p))
                    .band("q", Ink::Orange, area(&self.q))
                    .line("D, trained", Ink::Green, learnt)
                    .dashed("D* = p/(p+q)", Ink::Text, at(&|x| self.optimum(x)))
                    .caption("Where neither density has mass, nothing holds D to D*."),
            ];
        }
        let side = (grid.points.len() as f64).sqrt();
        let half = self.reach / side;
        let cells = |ink: Ink, values: &[f64]| {
            let sign = if ink == Ink::Blue { 1.0 } else { -1.0 };
            let shown = grid
                .points
                .iter()
                .zip(values)
                .filter(|(x, d)| sign * (**d - 0.5) > 0.02 && x.iter().all(|x| x.abs() < self.reach * 0.55));
            Mark::Cells(
                shown
                    .map(|(x, d)| [x[0] - half, x[1] - half, x[0] + half, x[1] + half, (2.0 * d - 1.0).abs()])
                    .collect(),
            )
        };
        let picture = |slug: &str, title: &str, values: Vec<f64>| {
            Plot::new(format!("{}-{slug}", self.slug), format!("{title}: {}", self.name), "x₁", "x₂")
                .square()
                .layer("real, D → 1", Ink::Blue, cells(Ink::Blue, &values))
                .layer("generated, D → 0", Ink::Orange, cells(Ink::Orange, &values))
        };
        vec![
            picture("trained", "D, trained", discriminator.collect())
                .caption("The trained discriminator: full colour is certainty, no colour is D = 1/2."),
            picture("optimum", "D* = p/(p+q)", grid.points.iter().map(|x| self.optimum(x)).collect())
                .caption("The closed form. They agree where there are samples; the corners are empty."),
        ]
    }
}

impl Experiment for OptimalDiscriminator {
    fn name(&self) -> &'static str {
        "optimal-discriminator"
    }

    fn theorem(&self) -> &'static str {
        "T1"
    }

    fn title(&self) -> &'static str {
        "The best discriminator is p/(p+q), and its loss measures the Jensen-Shannon divergence"
    }

    fn statement(&self) -> Statement {
        Statement {
            text: "For each x the loss p softplus(-h) + q softplus(h) is convex in h and has one minimum. Discriminators are \
                   trained on pairs of known densities; their D is compared with D*, and their loss with that of D*.",
            formula: "D*(x) = p(x) / (p(x) + q(x)),    L_D* = 2 log 2 - 2 JSD(p, q)",
            mathml: include_str!("formulas/optimal-discriminator.mathml"),
            source: "Goodfellow et al. 2014, proposition 1 and theorem 1",
        }
    }

    fn run(&self, settings: &Settings, progress: &Progress) -> Result<Findings> {
        let pairs = pairs(settings.quick);
        let trained = settings.over_cases(&pairs, progress, |pair, seed| pair.train(self.objective, seed))?;
        let mut findings = Findings::default();
        for (pair, trained) in pairs.iter().zip(&trained) {
            let of = |value: fn(&Trained) -> f64| trained.iter().map(value).collect::<Vec<f64>>();
            let jsd = Divergences::by_quadrature(&pair.p, &pair.q, &pair.grid()).jsd;
            let loss = 2.0 * (std::f64::consts::LN_2 - jsd);
            let name = pair.name;
            findings.checks.extend([
                Check::at_most(format!("{name}: mean |D - D*|"), MEAN_ERROR, MEAN_REASON, of(|t| t.mean_error)),
                Check::at_most(
                    format!("{name}: largest |D - D*|"),
                    LARGEST_ERROR,
                    LARGEST_REASON,
                    of(|t| t.largest_error),
                ),
                Check::near(format!("{name}: L_D"), loss, LOSS_ERROR, LOSS_REASON, of(|t| t.loss)),
            ]);
            findings.plots.extend(trained.first().into_iter().flat_map(|trained| pair.plots(trained)));
        }
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objectives::LeastSquares;

    #[test]
    fn it_holds_for_the_logistic_loss_and_for_no_other() {
        let settings = Settings::new(true, Some(1));
        let progress = &Progress::new(&|_| ());
        OptimalDiscriminator::STATED.run(&settings, progress).unwrap().assert_confirmed();
        let swapped = OptimalDiscriminator { objective: &LeastSquares };
        assert!(!swapped.run(&settings, progress).unwrap().is_confirmed());
    }
}
