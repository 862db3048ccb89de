//! T7: the Wasserstein critic must be constrained (Arjovsky, Chintala & Bottou 2017; Gulrajani et al. 2017).
//!
//! ```text
//! L_D = E_q[h] - E_p[h],   p = δ_0, q = δ_Δ:   -> -inf without a constraint;   -Δ over slopes in [-1, 1]
//! WGAN-GP: minimum of -s Δ + λ (|s| - 1)² over the slope s between them:  s = 1 + Δ/2λ,   L_D = -(Δ + Δ²/2λ)
//!          and for Δ < 2λ a second one, the wrong way:                    s = -(1 - Δ/2λ), L_D = Δ - Δ²/2λ
//! ```

use burn::tensor::{Device, Tensor};

use super::{
    Check, Experiment, Findings, Ink, Plot, Progress, Settings, Statement, Training, converge,
    tiny::{NormalisedLine, Slope},
};
use crate::{
    error::Result,
    layers::{Initializer, WeightScale},
    networks::{Discriminator, MlpDiscriminator},
    objectives::Wasserstein,
    penalties,
    random::{Draws, Purpose, Seed},
};

const STEPS: u64 = 2000;
const BATCH: usize = 64;
const RATE: f64 = 2e-3;
const DISTANCES: [f64; 3] = [1.0, 0.5, 2.0];
const WEIGHTS: [f64; 4] = [10.0, 1.0, 0.1, 100.0];
/// The weight at which the distances are compared.
const PUBLISHED: f64 = 10.0;

const SETTLED: f64 = 0.03;
const SETTLED_REASON: &str = "relative; the optimum is a line, which the network holds exactly: what is left is the noise of \
64 random points of the segment and the corners it has not ironed out";
const EXACT: f64 = 2e-3;
const EXACT_REASON: &str = "the optimum is a line, which this network is; Adam ends at 10⁻³";
const RUN_OFF: f64 = -100.0;
const RUN_OFF_REASON: &str = "a hundred times the distance, and the loss has no minimum to stop at";
const FALLING: f64 = 1.02;
const FALLING_REASON: &str = "the loss of the last step over that of the step at three quarters: still falling";

const WRONG_WAY: &str = "WGAN-GP punishes the slope's size and not its sign, so a critic that points the wrong way sits in a \
minimum of its own until Δ > 2λ: its slope must pass through 0, which costs λ. A network may turn by bending instead; a line cannot.";

#[derive(Debug)]
pub struct UnboundedCritic {
    /// What bounds the slope, with the weight behind it.
    penalty: &'static str,
}

/// The loss of each step, between points at 0 and `distance`.
fn losses<D: Discriminator>(critic: D, penalty: &str, distance: f64, steps: u64, seed: Seed) -> Result<Vec<f64>> {
    let device = Device::flex().autodiff();
    let training = Training {
        objective: &Wasserstein,
        penalties: penalties::parse(penalty)?,
        steps,
        batch: BATCH,
        rate: RATE,
        seed,
    };
    let at = |place: f64| {
        let device = device.clone();
        move |n: usize, _: &mut Draws| Tensor::<4>::full([n, 1, 1, 1], place, &device)
    };
    let mut losses = Vec::new();
    converge(critic, &training, at(0.0), at(distance), |_, _, loss| {
        losses.push(loss);
        Ok(())
    })?;
    Ok(losses)
}

fn initializer(seed: Seed) -> Initializer {
    let device = Device::flex().autodiff();
    Initializer::new(seed, Purpose::DiscriminatorWeights, WeightScale::He(0.2), &device)
}

fn mlp(seed: Seed) -> MlpDiscriminator {
    MlpDiscriminator::new([1, 1, 1], 32, 2, &mut initializer(seed))
}

/// The mean of the last losses.
fn settled(losses: &[f64]) -> f64 {
    const LAST: usize = 50;
    let last = &losses[losses.len().saturating_sub(LAST)..];
    last.iter().sum::<f64>() / last.len() as f64
}

/// `L_D` at the minimum under WGAN-GP.
fn penalised(distance: f64, weight: f64) -> f64 {
    -(distance + distance * distance / (2.0 * weight))
}

impl UnboundedCritic {
    pub const STATED: Self = UnboundedCritic { penalty: "wgan-gp" };

    fn penalty(&self, weight: f64) -> String {
        if self.penalty == "none" { "none".to_owned() } else { format!("{}:{weight}", self.penalty) }
    }
}

impl Experiment for UnboundedCritic {
    fn name(&self) -> &'static str {
        "unbounded-critic"
    }

    fn theorem(&self) -> &'static str {
        "T7"
    }

    fn title(&self) -> &'static str {
        "Without a bound on its slope the critic's loss has no minimum; with slope 1 it is minus the distance"
    }

    fn statement(&self) -> Statement {
        Statement {
            text: "Data at one point, generated samples at another. A critic is trained without a constraint, under spectral \
                   normalisation, and under WGAN-GP of several weights, whose slope is above 1 by Δ/2λ: the price of a soft \
                   constraint.",
            formula: "min over |h'| <= 1 of L_D = -|θ - θ0|;   WGAN-GP: L_D = -(Δ + Δ²/2λ)",
            mathml: include_str!("formulas/unbounded-critic.mathml"),
            source: "Arjovsky, Chintala & Bottou 2017, theorem 3; Gulrajani et al. 2017, equation 3",
        }
    }

    fn run(&self, settings: &Settings, progress: &Progress) -> Result<Findings> {
        let free = settings.over_seeds(progress, |seed| losses(mlp(seed), "none", 1.0, STEPS, seed))?;
        let distances = &DISTANCES[..settings.pick(DISTANCES.len(), 1)];
        let lines = settings.over_cases(distances, progress, |distance, seed| {
            losses(NormalisedLine::new(&mut initializer(seed)), "none", *distance, STEPS, seed)
        })?;
        let weights = &WEIGHTS[..settings.pick(WEIGHTS.len(), 2)];
        let mut cases: Vec<(f64, f64)> = weights.iter().map(|weight| (1.0, *weight)).collect();
        cases.extend(distances.iter().skip(1).map(|distance| (*distance, PUBLISHED)));
        let soft = settings.over_cases(&cases, progress, |(distance, weight), seed| {
            losses(mlp(seed), &self.penalty(*weight), *distance, STEPS, seed)
        })?;

        // a line that points from the data to the generated samples, at another slope for each seed
        let wrong = settings.over_seeds(progress, |seed| {
            let start = 0.5 + (0.618 * seed.0 as f64).fract();
            losses(Slope::new(start, &Device::flex().autodiff()), &self.penalty(PUBLISHED), 1.0, STEPS, seed)
        })?;

        let mut findings = Findings::default();
        let last = |losses: &Vec<f64>| losses.last().copied().unwrap_or(f64::NAN);
        let later = |losses: &Vec<f64>| last(losses) / losses.get(losses.len() * 3 / 4).copied().unwrap_or(f64::NAN);
        let name = "no constraint, Δ = 1: L_D";
        findings.checks.extend([
            Check::at_most(name, RUN_OFF, RUN_OFF_REASON, free.iter().map(last).collect::<Vec<_>>()),
            Check::at_least(
                "no constraint: growth over the last quarter",
                FALLING,
                FALLING_REASON,
                free.iter().map(later).collect::<Vec<_>>(),
            ),
        ]);
        for (distance, losses) in distances.iter().zip(&lines) {
            let values: Vec<f64> = losses.iter().map(|losses| settled(losses)).collect();
            let name = format!("slope at most 1, Δ = {distance}: L_D");
            findings.checks.push(Check::near(name, -distance, EXACT, EXACT_REASON, values));
        }
        for ((distance, weight), losses) in cases.iter().zip(&soft) {
            let expected = penalised(*distance, *weight);
            let values: Vec<f64> = losses.iter().map(|losses| settled(losses)).collect();
            let name = format!("WGAN-GP, λ = {weight}, Δ = {distance}: L_D");
            findings.checks.push(Check::near(name, expected, SETTLED * expected.abs(), SETTLED_REASON, values));
        }
        let values: Vec<f64> = wrong.iter().map(|losses| settled(losses)).collect();
        let name = "WGAN-GP, λ = 10, Δ = 1, a line that starts the wrong way: L_D";
        findings.checks.push(Check::near(name, 1.0 - 1.0 / (2.0 * PUBLISHED), EXACT, EXACT_REASON, values));
        findings.notes.push(WRONG_WAY.to_owned());

        let path = |losses: Option<&Vec<f64>>| -> Vec<[f64; 2]> {
            losses.into_iter().flatten().enumerate().map(|(step, loss)| [step as f64 + 1.0, -loss]).collect()
        };
        let steps = STEPS as f64;
        let runs = Plot::new("loss", "-L_D while the critic learns, Δ = 1", "step", "-L_D, what it takes for W1")
            .log_y()
            .x_range(0.0, steps)
            .y_range(0.05, 1e6)
            .line("no constraint", Ink::Red, path(free.first()))
            .line("WGAN-GP, λ = 10", Ink::Blue, path(soft.first().and_then(|losses| losses.first())))
            .line("slope at most 1", Ink::Green, path(lines.first().and_then(|losses| losses.first())))
            .dashed("W1 = 1", Ink::Text, [[0.0, 1.0], [steps, 1.0]])
            .caption("Without a constraint the critic makes the number as large as it likes.");
        let curve = (0..=60).map(|k| 10f64.powf(-1.3 + f64::from(k) / 60.0 * 3.6));
        let measured: Vec<(f64, Vec<f64>)> = cases
            .iter()
            .zip(&soft)
            .filter(|((distance, _), _)| *distance == 1.0)
            .map(|((_, weight), losses)| (*weight, losses.iter().map(|losses| -settled(losses)).collect()))
            .collect();
        let weights = Plot::new("weight", "What WGAN-GP takes for W1 = 1", "weight λ", "-L_D")
            .log_x()
            .dashed("Δ + Δ²/2λ", Ink::Text, curve.map(|weight| [weight, -penalised(1.0, weight)]))
            .dashed("W1", Ink::Grey, [[0.05, 1.0], [200.0, 1.0]])
            .measured("measured", Ink::Blue, measured.iter().map(|(weight, values)| (*weight, values.as_slice())))
            .y_range(0.0, 8.0)
            .x_range(0.05, 200.0)
            .caption("A soft constraint is paid for: the critic's slope is 1 + Δ/2λ. The published weight is 10.");
        findings.plots = vec![runs, weights];
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_as_stated_and_not_without_the_constraint() {
        let settings = Settings::new(true, Some(1));
        let progress = &Progress::new(&|_| ());
        UnboundedCritic::STATED.run(&settings, progress).unwrap().assert_confirmed();
        let free = UnboundedCritic { penalty: "none" };
        assert!(!free.run(&settings, progress).unwrap().is_confirmed());
    }
}
