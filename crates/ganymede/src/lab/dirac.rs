//! T8: the Dirac-GAN, the smallest game that shows who circles and who converges (Mescheder, Geiger & Nowozin 2018).
//!
//! ```text
//! p = δ_0,  q = δ_θ,  h(x) = ψ x        D then G by plain gradient descent of rate η; at (0, 0), to first order,
//!   ψ' = (1 - η κ) ψ - η d θ            d = dL_D/dh(fake) at h = 0,  κ = the weight of R1 and R2
//!   θ' = θ + η g ψ'                     g = -force(0)
//! eigenvalues: |λ|² = 1 - η κ,  arg λ the angle of a step       |λ| = 1: it circles for ever
//! ```
//! With WGAN-GP of weight λ < 1 the flow ψ̇ = -θ - 2λ(|ψ| - 1) sign ψ, θ̇ = ψ ends on a cycle of known size: between two
//! reversals it turns half around θ = ±2λ and shrinks by r = exp(-πλ/√(1 - λ²)), so |θ|max = 2λ (1 + r)/(1 - r).

use burn::tensor::{Device, Tensor};

use super::{Check, Experiment, Findings, Ink, Mark, Plot, Progress, Settings, Statement, dirac_paths::Path, tiny};
use crate::{
    error::Result,
    random::{Seed, Step},
    training::{Batch, Game, GameSettings, Learner, Source, TrainingStep},
};

const RATE: f64 = 0.1;
const STEPS: u64 = 400;
/// How far from the equilibrium a path starts whose eigenvalues are measured: the game is linear up to its square.
const NEAR: f64 = 0.05;
const WEIGHT: f64 = 0.3;
/// The weight and the rate of the game that WGAN-GP keeps on a cycle.
const CYCLE_WEIGHT: f64 = 0.1;
const CYCLE_RATE: f64 = 0.02;
const CYCLE_STEPS: u64 = 2400;

const GROWTH: f64 = 2e-4;
const GROWTH_REASON: &str = "the game is linear to the square of the start, 0.05²; over the 100 steps between far peaks that \
is 2.5·10⁻⁵ a step, and peaks are seen at whole steps only";
const ANGLE: f64 = 0.01;
const ANGLE_REASON: &str = "relative; the same, and crossings found between whole steps";
const CYCLE: f64 = 0.05;
const CYCLE_REASON: &str =
    "relative; alternating steps of 0.02 are the flow up to half a step, and the start is forgotten to 1 %";

#[derive(Debug)]
pub struct Dirac {
    /// What makes the game converge.
    regulariser: &'static str,
}

/// One game: objective and penalty, how strongly D and G pull at the equilibrium, and the weight of the penalty.
struct Case {
    objective: &'static str,
    penalty: String,
    pull: [f64; 2],
    weight: f64,
}

impl Case {
    /// `(log |λ|, arg λ)` of one step.
    fn eigenvalue(&self) -> (f64, f64) {
        let [d, g] = self.pull;
        let determinant = 1.0 - RATE * self.weight;
        let trace = determinant + 1.0 - RATE * RATE * d * g;
        (determinant.sqrt().ln(), (trace / (2.0 * determinant.sqrt())).acos())
    }

    fn name(&self) -> String {
        match self.penalty.as_str() {
            "none" => self.objective.to_owned(),
            penalty => format!("{} + {}", self.objective, penalty.split(':').next().unwrap_or(penalty)),
        }
    }
}

/// The data: nothing but 0.
struct Nothing(Device);

impl Source for Nothing {
    fn batch(&self, _ordinal: u64) -> Result<Batch> {
        Ok(Batch { images: Tensor::zeros([1, 1, 1, 1], &self.0), labels: None })
    }
}

/// (θ, ψ) over the steps of the library's game.
fn play(objective: &str, penalty: &str, rate: f64, steps: u64, start: [f64; 2]) -> Result<Vec<[f64; 2]>> {
    let device = Device::flex().autodiff();
    let settings = GameSettings {
        generator: tiny::descent(rate),
        discriminator: tiny::descent(rate),
        ..GameSettings::new(objective, penalty)?
    };
    let generator = tiny::Affine::of_fixed_scale(start[0], 0.0, &device);
    let mut game = Game::new(generator, tiny::Slope::new(start[1], &device), settings)?;
    let mut path = vec![start];
    for step in 0..steps {
        let step = TrainingStep { seed: Seed(0), step: Step(step), rate_factor: 1.0, average_keep: 0.0 };
        game.step(step, &Nothing(device.clone()))?;
        path.push([game.generator().shift(), game.discriminator().slope()]);
    }
    Ok(path)
}

/// Where the seed starts, `radius` from the equilibrium.
fn start(seed: Seed, radius: f64) -> [f64; 2] {
    // the golden angle spreads any number of starts evenly
    let angle = 0.4 + 2.399_963 * seed.0 as f64;
    [radius * angle.cos(), radius * angle.sin()]
}

/// `|θ|max` of the cycle that WGAN-GP ends on.
fn cycle_size(weight: f64) -> f64 {
    let shrunk = (-std::f64::consts::PI * weight / (1.0 - weight * weight).sqrt()).exp();
    2.0 * weight * (1.0 + shrunk) / (1.0 - shrunk)
}

impl Dirac {
    pub const STATED: Self = Dirac { regulariser: "r1" };

    /// The penalty with its weight.
    fn regularised(&self) -> String {
        match self.regulariser {
            "none" => "none".to_owned(),
            name => format!("{name}:{WEIGHT}"),
        }
    }

    fn cases(&self) -> Vec<Case> {
        let case =
            |objective, penalty: &str, pull, weight| Case { objective, penalty: penalty.to_owned(), pull, weight };
        let regularised = self.regularised();
        vec![
            case("minimax", "none", [0.5, 0.5], 0.0),
            case("non-saturating", "none", [0.5, 0.5], 0.0),
            case("reverse-kl", "none", [0.5, 1.0], 0.0),
            case("relativistic", "none", [0.5, 0.5], 0.0),
            case("hinge", "none", [1.0, 1.0], 0.0),
            case("wasserstein", "none", [1.0, 1.0], 0.0),
            case("minimax", &regularised, [0.5, 0.5], WEIGHT),
            case("non-saturating", &regularised, [0.5, 0.5], WEIGHT),
            case("wasserstein", &regularised, [1.0, 1.0], WEIGHT),
            case("relativistic", "r1:0.15+r2:0.15", [0.5, 0.5], WEIGHT),
        ]
    }

    fn plots(&self) -> Result<Vec<Plot>> {
        let regularised = self.regularised();
        let cycle = format!("wgan-gp:{CYCLE_WEIGHT}");
        let shown = [
            (
                "non-saturating",
                "none",
                "It circles. Far out a turn loses a little; near the equilibrium it loses nothing.",
            ),
            ("wasserstein", "none", "The same, and twice as fast: the force is 1 rather than 1/2."),
            ("non-saturating", regularised.as_str(), "R1 takes energy out, and the game comes to rest at q = p."),
            ("relativistic", "r1:0.15+r2:0.15", "The recipe of R3GAN."),
            ("hinge", "none", "Margins change nothing near the equilibrium."),
            ("wasserstein", cycle.as_str(), "WGAN-GP wants slope 1 even at the equilibrium, and is kept on a cycle."),
        ];
        let mut plots = Vec::new();
        for (objective, penalty, caption) in shown {
            let name = if penalty == "none" { objective.to_owned() } else { format!("{objective} + {penalty}") };
            let slug = format!("{objective}-{}", penalty.split([':', '+']).next().unwrap_or("none"));
            let mut arrows = Vec::new();
            for (i, j) in (-5..=5).flat_map(|i| (-5..=5).map(move |j| (i, j))) {
                let at = [f64::from(i) * 0.35, f64::from(j) * 0.35];
                if let [.., from, to] = play(objective, penalty, 0.01, 1, at)?.as_slice() {
                    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
                    let size = dx.hypot(dy).max(1e-9);
                    let length = 0.24 * (size / (size + 0.004));
                    arrows.push([at[0], at[1], dx / size * length, dy / size * length]);
                }
            }
            let mut plot = Plot::new(slug, name, "θ, the generator", "ψ, the discriminator")
                .square()
                .x_range(-2.0, 2.0)
                .y_range(-2.0, 2.0)
                .layer("one step of the game", Ink::Grey, Mark::Arrows(arrows))
                .caption(caption);
            for (start, ink) in [([1.0, 0.0], Ink::Blue), ([-0.4, 0.4], Ink::Orange)] {
                let rate = if penalty == cycle { CYCLE_RATE } else { 0.05 };
                plot =
                    plot.line("", ink, play(objective, penalty, rate, settle(penalty), start)?).dots("", ink, [start]);
            }
            plots.push(plot.dots("equilibrium", Ink::Text, [[0.0, 0.0]]));
        }
        Ok(plots)
    }
}

/// How many steps show where a game goes.
fn settle(penalty: &str) -> u64 {
    if penalty.starts_with("wgan-gp") { 1500 } else { 600 }
}

impl Experiment for Dirac {
    fn name(&self) -> &'static str {
        "dirac"
    }

    fn theorem(&self) -> &'static str {
        "T8"
    }

    fn title(&self) -> &'static str {
        "The unregularised game circles; zero-centred penalties bring it to rest, WGAN-GP keeps it on a cycle"
    }

    fn statement(&self) -> Statement {
        Statement {
            text: "Data at 0, a generator at θ, a discriminator ψx. The library's game is played from near the equilibrium with \
                   plain gradient descent; its growth and its angle per step are compared with the eigenvalues of the update, \
                   and the cycle of WGAN-GP with its closed form. The seeds are places to start from.",
            formula: "|λ|² = 1 - η κ with κ the weight of R1 and R2;  |θ|max = 2λ (1 + r)/(1 - r), r = exp(-πλ/√(1 - λ²))",
            mathml: include_str!("formulas/dirac.mathml"),
            source: "Mescheder, Geiger & Nowozin 2018, lemmas 2.2 to 4.1",
        }
    }

    fn run(&self, settings: &Settings, progress: &Progress) -> Result<Findings> {
        let cases = self.cases();
        let paths = settings.over_cases(&cases, progress, |case, seed| {
            play(case.objective, &case.penalty, RATE, STEPS, start(seed, NEAR)).map(Path)
        })?;
        let mut findings = Findings::default();
        for (case, paths) in cases.iter().zip(&paths) {
            let (growth, angle) = case.eigenvalue();
            let of = |value: fn(&Path) -> f64| paths.iter().map(value).collect::<Vec<f64>>();
            let name = case.name();
            findings.checks.extend([
                Check::near(format!("{name}: log |λ|, growth a step"), growth, GROWTH, GROWTH_REASON, of(Path::growth)),
                Check::near(
                    format!("{name}: arg λ, angle a step"),
                    angle,
                    ANGLE * angle,
                    ANGLE_REASON,
                    of(Path::angle),
                ),
            ]);
        }
        let cycles = settings.over_seeds(progress, |seed| {
            let penalty = format!("wgan-gp:{CYCLE_WEIGHT}");
            play("wasserstein", &penalty, CYCLE_RATE, CYCLE_STEPS, start(seed, 1.0)).map(Path)
        })?;
        let size = cycle_size(CYCLE_WEIGHT);
        let name = "wasserstein + wgan-gp: size of the cycle";
        let sizes: Vec<f64> = cycles.iter().map(|path| path.largest_of_last(800)).collect();
        findings.checks.push(Check::near(name, size, CYCLE * size, CYCLE_REASON, sizes));
        findings.plots = self.plots()?;
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_as_stated_and_not_without_the_regulariser() {
        let settings = Settings::new(true, Some(1));
        let progress = &Progress::new(&|_| ());
        Dirac::STATED.run(&settings, progress).unwrap().assert_confirmed();
        let free = Dirac { regulariser: "none" };
        assert!(!free.run(&settings, progress).unwrap().is_confirmed());
    }
}
