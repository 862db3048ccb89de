//! T2: logits are log density ratios (Goodfellow et al. 2014; Sugiyama, Suzuki & Kanamori 2012).
//!
//! ```text
//! h*(x) = log D*/(1 - D*) = log p(x) - log q(x)
//! ```
//! Discriminators trained on pairs of Gaussians: h against the log ratio where there are samples, the calibration of
//! sigmoid(h), and h where there are none, which no loss has seen.

use burn::{module::Module, tensor::Device};

use super::{
    Check, Experiment, Findings, Gaussians, Grid, Ink, Plot, Progress, Settings, Statement, Training, converge, logits,
    quadrature::sigmoid,
};
use crate::{
    error::Result,
    layers::{Initializer, WeightScale},
    networks::MlpDiscriminator,
    objectives::{NonSaturating, Objective},
    random::{Draws, Purpose, Seed},
};

const STEPS: u64 = 4000;
const BATCH: usize = 512;
const RATE: f64 = 3e-3;
/// Fresh samples a side for the calibration curve.
const HELD_OUT: usize = 20_000;
const BINS: usize = 10;
/// A narrow p in a wide q: the log ratio is a parabola, which no leaky ReLU network follows for ever.
const NARROW: f64 = 0.8;
const WIDE: f64 = 1.6;
/// Beyond this many deviations of the wide one there are no samples: 4·10⁶ draws reach 5.2.
const EMPTY: f64 = 6.0;

/// The overlap: where |log p/q| is at most this, so that one sample in fifty or more is of the rarer kind. Beyond, D is 0 or 1
/// and the loss hardly moves with h.
const OVERLAP: f64 = 4.0;

const SLOPE: f64 = 0.05;
const SLOPE_REASON: &str =
    "10⁵ effective samples give the slope to 0.01, the network's corners to as much again; doubled";
const SHIFT: f64 = 0.05;
const ERROR: f64 = 0.1;
const ERROR_REASON: &str = "the mean error in D of at most 0.02, divided by D(1 - D), which is 0.2 in the mean";
const CALIBRATED: f64 = 0.02;
const CALIBRATED_REASON: &str =
    "bins of 4,000 samples have frequencies good to 0.008; the mean over ten bins, and D's own 0.01";
const ASTRAY: f64 = 3.0;
const ASTRAY_REASON: &str = "e³: where there is no sample a density ratio is wrong by a factor of twenty, or more";

#[derive(Debug)]
pub struct LogRatio {
    objective: &'static dyn Objective,
    /// The closed form of the logit.
    optimum: fn(&Gaussians, &Gaussians, &[f64]) -> f64,
}

struct Learnt {
    logits: Vec<f64>,
    /// The line of h over the log ratio on the overlap, weighted by the mixture: slope and shift.
    line: [f64; 2],
    mean_error: f64,
    /// (mean of sigmoid(h), share of real samples) of each bin that has samples.
    curve: Vec<[f64; 2]>,
    calibration_error: f64,
    /// |h - log p/q| where there is no sample.
    astray: f64,
}

fn pairs() -> [(&'static str, Gaussians, Gaussians); 2] {
    [
        ("shifted", Gaussians::one(&[1.0], 1.0), Gaussians::one(&[-1.0], 1.0)),
        ("narrow in wide", Gaussians::one(&[0.0], NARROW), Gaussians::one(&[0.0], WIDE)),
    ]
}

fn grid() -> Grid {
    Grid::line(-12.0, 12.0, 2400)
}

impl LogRatio {
    pub const STATED: Self =
        LogRatio { objective: &NonSaturating, optimum: |p, q, x| p.log_density(x) - q.log_density(x) };

    fn learn(&self, p: &Gaussians, q: &Gaussians, seed: Seed) -> Result<Learnt> {
        let device = Device::flex().autodiff();
        let init = &mut Initializer::new(seed, Purpose::DiscriminatorWeights, WeightScale::He(0.2), &device);
        let network = MlpDiscriminator::new([1, 1, 1], 64, 2, init);
        let training =
            Training { objective: self.objective, penalties: Vec::new(), steps: STEPS, batch: BATCH, rate: RATE, seed };
        let real = |n, draws: &mut Draws| p.samples(n, draws, &device);
        let fake = |n, draws: &mut Draws| q.samples(n, draws, &device);
        let network = converge(network, &training, real, fake, |_, _, _| Ok(()))?.no_grad();

        let grid = grid();
        let h = logits(&network, &grid.points, &device);
        let weighed: Vec<[f64; 3]> = grid
            .points
            .iter()
            .zip(&h)
            .map(|(x, h)| {
                let weight = (p.log_density(x).exp() + q.log_density(x).exp()) / 2.0 * grid.cell;
                [weight, (self.optimum)(p, q, x), *h]
            })
            .collect();
        let overlap: Vec<&[f64; 3]> = weighed.iter().filter(|[_, x, _]| x.abs() <= OVERLAP).collect();
        let mass: f64 = overlap.iter().map(|[weight, ..]| weight).sum();
        let mean = |of: &dyn Fn(f64, f64) -> f64| overlap.iter().map(|[w, x, h]| w * of(*x, *h)).sum::<f64>() / mass;
        let (mean_x, mean_h) = (mean(&|x, _| x), mean(&|_, h| h));
        let slope = mean(&|x, h| (x - mean_x) * (h - mean_h)) / mean(&|x, _| (x - mean_x).powi(2));
        let edge = EMPTY * WIDE;
        let ends = grid.points.iter().zip(&h).filter(|(x, _)| (x[0].abs() - edge).abs() < grid.cell);
        let astray = ends.map(|(x, h)| (h - (self.optimum)(p, q, x)).abs()).fold(0.0, f64::max);

        let held_out = |density: &Gaussians, side: u64| -> Vec<f64> {
            let x = density.samples(HELD_OUT, &mut Draws::new(seed, Purpose::Metric, side), &device);
            let points: Vec<Vec<f64>> = x.into_data().iter::<f64>().map(|x| vec![x]).collect();
            logits(&network, &points, &device)
        };
        let (curve, calibration_error) = calibration(&held_out(p, 0), &held_out(q, 1));
        Ok(Learnt {
            line: [slope, mean_h - slope * mean_x],
            mean_error: mean(&|x, h| (h - x).abs()),
            logits: h,
            curve,
            calibration_error,
            astray,
        })
    }

    fn plots(&self, name: &str, p: &Gaussians, q: &Gaussians, learnt: &[Learnt]) -> Vec<Plot> {
        let slug = name.replace(' ', "-");
        let grid = grid();
        let inside: Vec<usize> = (0..grid.points.len()).filter(|i| grid.points[*i][0].abs() < 10.5).collect();
        let height = 12.0;
        let area = |density: &Gaussians| -> Vec<[f64; 3]> {
            let peak = density.log_density(&[0.0]).max(density.log_density(&[1.0])).max(density.log_density(&[-1.0]));
            let scaled = |x: &[f64]| -height + 5.0 * (density.log_density(x) - peak).exp();
            inside.iter().map(|i| [grid.points[*i][0], -height, scaled(&grid.points[*i])]).collect()
        };
        let mut ratio = Plot::new(format!("{slug}-ratio"), format!("Logit and log ratio: {name}"), "x", "h(x)")
            .x_range(-10.5, 10.5)
            .y_range(-height, height)
            .band("p", Ink::Blue, area(p))
            .band("q", Ink::Orange, area(q))
            .caption(
                "One line a seed. The discriminators agree with the closed form and each other where there are \
                      samples, and go their own ways beyond.",
            );
        for (k, learnt) in learnt.iter().enumerate() {
            let line = inside.iter().map(|i| [grid.points[*i][0], learnt.logits[*i]]);
            ratio = ratio.line(if k == 0 { "h, trained" } else { "" }, Ink::Green, line);
        }
        let optimum = inside.iter().map(|i| [grid.points[*i][0], (self.optimum)(p, q, &grid.points[*i])]);
        let ratio = ratio.dashed("log p/q", Ink::Text, optimum);
        let mut curve = Plot::new(
            format!("{slug}-calibration"),
            format!("Calibration: {name}"),
            "sigmoid(h), the mean of a bin",
            "share of real samples in the bin",
        )
        .x_range(0.0, 1.0)
        .y_range(0.0, 1.0)
        .dashed("calibrated", Ink::Text, [[0.0, 0.0], [1.0, 1.0]])
        .caption("Fresh samples, as many of either side: where D says 0.7, seven in ten are real.");
        for (k, learnt) in learnt.iter().enumerate() {
            curve = curve.dots(if k == 0 { "measured, every seed" } else { "" }, Ink::Green, learnt.curve.clone());
        }
        vec![ratio, curve]
    }
}

/// For each bin of sigmoid(h) its mean and the share of real samples, and the mean distance of the two by size.
fn calibration(real: &[f64], fake: &[f64]) -> (Vec<[f64; 2]>, f64) {
    let mut bins = [[0.0f64; 3]; BINS];
    for (logits, is_real) in [(real, 1.0), (fake, 0.0)] {
        for d in logits.iter().map(|h| sigmoid(*h)) {
            let bin = &mut bins[((d * BINS as f64) as usize).min(BINS - 1)];
            *bin = [bin[0] + 1.0, bin[1] + d, bin[2] + is_real];
        }
    }
    let total = (real.len() + fake.len()) as f64;
    let error = bins.iter().map(|[_, sum, reals]| (sum - reals).abs()).sum::<f64>() / total;
    let curve = bins.iter().filter(|[n, ..]| *n > 0.0).map(|[n, sum, reals]| [sum / n, reals / n]).collect();
    (curve, error)
}

impl Experiment for LogRatio {
    fn name(&self) -> &'static str {
        "log-ratio"
    }

    fn theorem(&self) -> &'static str {
        "T2"
    }

    fn title(&self) -> &'static str {
        "Logits are log density ratios where there are samples, and anything where there are none"
    }

    fn statement(&self) -> Statement {
        Statement {
            text: "A trained discriminator is a density-ratio estimator. Its logits are compared with log p - log q where both \
                   kinds of samples lie, |log p/q| up to 4, and its probabilities with frequencies on fresh samples. Beyond six deviations no \
                   sample ever lay: there the loss holds h to nothing, and it goes on as a straight line.",
            formula: "h*(x) = log D*/(1 - D*) = log p(x) - log q(x)",
            mathml: include_str!("formulas/log-ratio.mathml"),
            source: "Goodfellow et al. 2014, proposition 1; Sugiyama, Suzuki & Kanamori 2012, chapter 4",
        }
    }

    fn run(&self, settings: &Settings, progress: &Progress) -> Result<Findings> {
        let pairs = pairs();
        let learnt = settings.over_cases(&pairs, progress, |(_, p, q), seed| self.learn(p, q, seed))?;
        let mut findings = Findings::default();
        for ((name, p, q), learnt) in pairs.iter().zip(&learnt) {
            let of = |value: &dyn Fn(&Learnt) -> f64| learnt.iter().map(value).collect::<Vec<f64>>();
            findings.checks.extend([
                Check::near(format!("{name}: slope of h over log p/q"), 1.0, SLOPE, SLOPE_REASON, of(&|l| l.line[0])),
                Check::near(format!("{name}: h where log p/q is 0"), 0.0, SHIFT, SLOPE_REASON, of(&|l| l.line[1])),
                Check::at_most(format!("{name}: mean |h - log p/q|"), ERROR, ERROR_REASON, of(&|l| l.mean_error)),
                Check::at_most(
                    format!("{name}: calibration error"),
                    CALIBRATED,
                    CALIBRATED_REASON,
                    of(&|l| l.calibration_error),
                ),
            ]);
            findings.plots.extend(self.plots(name, p, q, learnt));
        }
        let astray: Vec<f64> = learnt.last().into_iter().flatten().map(|learnt| learnt.astray).collect();
        let name = "narrow in wide: |h - log p/q| six deviations out";
        findings.checks.push(Check::at_least(name, ASTRAY, ASTRAY_REASON, astray));
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_as_stated_and_not_for_the_ratio_turned_over() {
        let settings = Settings::new(true, Some(1));
        let progress = &Progress::new(&|_| ());
        LogRatio::STATED.run(&settings, progress).unwrap().assert_confirmed();
        let turned = LogRatio { optimum: |p, q, x| q.log_density(x) - p.log_density(x), ..LogRatio::STATED };
        assert!(!turned.run(&settings, progress).unwrap().is_confirmed());
    }

    #[test]
    fn probabilities_that_are_frequencies_are_calibrated() {
        // three in four at sigmoid(ln 3) = 3/4
        let h = 3f64.ln();
        let (curve, error) = calibration(&[h; 3], &[h]);
        assert!(error < 1e-12 && curve.len() == 1 && (curve[0][1] - 0.75).abs() < 1e-12, "{curve:?}");
        assert!(calibration(&[h], &[h]).1 > 0.2);
    }
}
