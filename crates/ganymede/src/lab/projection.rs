//! T5: the projection head finds the optimal logit of features that are Gaussian in each class.
//!
//! ```text
//! phi | y ~ N(mu_y, I) under p,  N(mu^_y, I) under q,  equal class priors
//! h*(x, y) = y^T (A phi + b),    A_y = mu_y - mu^_y,    b_y = (|mu^_y|^2 - |mu_y|^2) / 2
//! ```
//! The library's head is trained on 100,000 labelled features of either side, by the library's objective and optimizer.

use burn::tensor::{Device, Tensor, TensorData};

use super::{Check, Experiment, Findings, Ink, Plot, Progress, Settings, Statement};
use crate::{
    error::{Error, Result},
    layers::{Initializer, WeightScale},
    networks::{self, Pass},
    objectives::{NonSaturating, Objective},
    random::{Draws, Purpose, Seed},
    training::{Adam, AdamSettings, Schedule},
};

const CLASSES: usize = 3;
const FEATURES: usize = 4;
const SAMPLES: usize = 100_000;
const STEPS: u64 = 3000;
const BATCH: usize = 500;
const RATE: f64 = 0.02;

/// The mean of the features of one class.
type Mean = [f64; FEATURES];
type Means = [Mean; CLASSES];
const REAL: Means = [[1.0, 0.0, 0.5, -0.5], [-0.5, 1.0, 0.0, 0.5], [0.0, -1.0, 0.5, 1.0]];
const FAKE: Means = [[0.3, 0.4, 0.5, 0.0], [-0.5, 0.2, 0.6, 0.5], [0.4, -0.6, 0.0, 0.2]];

const SHARE: f64 = 0.05;
const SHARE_REASON: &str =
    "33,000 samples a class and side give a number to about 0.01, and sixteen of them a share of 0.02";
const ZERO: f64 = 0.06;
const ZERO_REASON: &str = "five standard errors of one number, of about 0.01";

#[derive(Debug)]
pub struct ProjectionHead {
    /// The row and the bias of a class, from its means under p and under q.
    optimum: fn(&Mean, &Mean) -> (Mean, f64),
}

/// Rows of A and b.
struct Rows {
    a: Vec<f64>,
    b: Vec<f64>,
}

/// Labelled features of one side: the class of sample i is i modulo their number.
struct Side {
    values: Vec<f32>,
}

impl Side {
    fn draw(means: &Means, seed: Seed, side: u64) -> Self {
        let mut values = Draws::new(seed, Purpose::Data, side).normals(SAMPLES * FEATURES);
        for (index, phi) in values.chunks_mut(FEATURES).enumerate() {
            let mean = means.iter().cycle().nth(index % CLASSES).into_iter().flatten();
            phi.iter_mut().zip(mean).for_each(|(phi, mean)| *phi += *mean as f32);
        }
        Side { values }
    }

    /// Features [N, FEATURES] and labels of a batch.
    fn batch(&self, draws: &mut Draws, device: &Device) -> (Tensor<2>, Vec<usize>) {
        let chosen: Vec<usize> = (0..BATCH).map(|_| draws.below(SAMPLES)).collect();
        let values: Vec<f32> =
            chosen.iter().flat_map(|index| &self.values[index * FEATURES..(index + 1) * FEATURES]).copied().collect();
        let phi = Tensor::from_data(TensorData::new(values, [BATCH, FEATURES]), device);
        (phi, chosen.into_iter().map(|index| index % CLASSES).collect())
    }
}

impl ProjectionHead {
    pub const STATED: Self = ProjectionHead {
        optimum: |real, fake| {
            let row = std::array::from_fn(|i| real[i] - fake[i]);
            let squares = |mean: &Mean| mean.iter().map(|m| m * m).sum::<f64>();
            (row, (squares(fake) - squares(real)) / 2.0)
        },
    };

    fn expected(&self, real: &Means, fake: &Means) -> Rows {
        let rows: Vec<_> = real.iter().zip(fake).map(|(real, fake)| (self.optimum)(real, fake)).collect();
        Rows { a: rows.iter().flat_map(|(row, _)| *row).collect(), b: rows.iter().map(|(_, bias)| *bias).collect() }
    }

    fn train(&self, real: &Means, fake: &Means, seed: Seed) -> Result<Rows> {
        let device = Device::flex().autodiff();
        let init = &mut Initializer::new(seed, Purpose::DiscriminatorWeights, WeightScale::FanIn, &device);
        let mut head = networks::Projection::new(FEATURES, CLASSES, false, init);
        let sides = [Side::draw(real, seed, 0), Side::draw(fake, seed, 1)];
        let mut adam = Adam::new(AdamSettings { rate: RATE, beta1: 0.9, ..AdamSettings::default() });
        for step in 0..STEPS {
            let draws = &mut Draws::new(seed, Purpose::Order, step);
            let [real, fake] = [&sides[0], &sides[1]].map(|side| {
                let (phi, labels) = side.batch(draws, &device);
                head.forward(phi.into(), &Pass::train().with_labels(Some(&labels))).value
            });
            let loss = NonSaturating.discriminator(real, fake).total();
            let (updated, not_finite) = adam.step(head, loss.backward(), Schedule::Cosine.factor(step, STEPS));
            head = updated;
            if let Some(tensor) = not_finite {
                return Err(Error::not_finite(step, format!("the head's {tensor}"), f64::NAN));
            }
        }
        // stored as every full connection, [features, classes]
        let weight: Vec<f64> = head.classes.weight.val().transpose().into_data().iter::<f64>().collect();
        let bias = head.classes.bias.map(|bias| bias.val().into_data().iter::<f64>().collect());
        Ok(Rows { a: weight, b: bias.unwrap_or_default() })
    }
}

/// The distance of two vectors, as a share of the second.
fn share(got: &[f64], expected: &[f64]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    norm(&mut got.iter().zip(expected).map(|(a, b)| a - b)) / norm(&mut expected.iter().copied())
}

impl Experiment for ProjectionHead {
    fn name(&self) -> &'static str {
        "projection"
    }

    fn theorem(&self) -> &'static str {
        "T5"
    }

    fn title(&self) -> &'static str {
        "The projection head is the optimal conditional discriminator of class-Gaussian features"
    }

    fn statement(&self) -> Statement {
        Statement {
            text: "Where the features of each class are Gaussian under the data and under the generator, the optimal logit is \
                   linear in the feature, with one row and one bias a class. A projection head is trained on 100,000 samples \
                   of either side and compared with the closed form; with equal means on both sides it must come out as zero.",
            formula: "h*(x, y) = y^T (A phi(x) + b),   A_y = mu_y - mu^_y,   b_y = (|mu^_y|^2 - |mu_y|^2) / 2",
            mathml: include_str!("formulas/projection.mathml"),
            source: "Miyato & Koyama 2018, section 3",
        }
    }

    fn run(&self, settings: &Settings, progress: &Progress) -> Result<Findings> {
        let cases = [("different means", REAL, FAKE), ("equal means", REAL, REAL)];
        let learnt = settings.over_cases(&cases, progress, |(_, real, fake), seed| self.train(real, fake, seed))?;
        let mut findings = Findings::default();
        let expected = self.expected(&REAL, &FAKE);
        if let [different, equal] = learnt.as_slice() {
            let of = |rows: &dyn Fn(&Rows) -> f64, all: &[Rows]| all.iter().map(rows).collect::<Vec<f64>>();
            findings.checks.extend([
                Check::at_most(
                    "different means: error of A, as a share of A",
                    SHARE,
                    SHARE_REASON,
                    of(&|rows| share(&rows.a, &expected.a), different),
                ),
                Check::at_most(
                    "different means: error of b, as a share of b",
                    SHARE,
                    SHARE_REASON,
                    of(&|rows| share(&rows.b, &expected.b), different),
                ),
            ]);
            let largest = |values: &[f64]| values.iter().fold(0.0f64, |largest, v| largest.max(v.abs()));
            findings.checks.extend([
                Check::at_most("equal means: largest |A|", ZERO, ZERO_REASON, of(&|rows| largest(&rows.a), equal)),
                Check::at_most("equal means: largest |b|", ZERO, ZERO_REASON, of(&|rows| largest(&rows.b), equal)),
            ]);
            findings.plots.push(plot(different, &expected));
        }
        Ok(findings)
    }
}

/// Every learnt number over its closed form.
fn plot(learnt: &[Rows], expected: &Rows) -> Plot {
    let pairs = |of: fn(&Rows) -> &Vec<f64>| {
        let points = learnt.iter().flat_map(|rows| of(expected).iter().zip(of(rows)).map(|(x, y)| [*x, *y]));
        points.collect::<Vec<_>>()
    };
    Plot::new("rows", "Rows and biases of the trained head", "closed form", "trained")
        .dashed("equal", Ink::Text, [[-1.0, -1.0], [1.0, 1.0]])
        .dots("A", Ink::Blue, pairs(|rows| &rows.a))
        .dots("b", Ink::Orange, pairs(|rows| &rows.b))
        .caption("One dot for each number and seed: the head finds the difference of the class means.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_as_stated_and_not_without_the_biases_of_the_closed_form() {
        let settings = Settings::new(true, Some(1));
        let progress = &Progress::new(&|_| ());
        assert!(ProjectionHead::STATED.run(&settings, progress).unwrap().is_confirmed());
        let unbiased = ProjectionHead { optimum: |real, fake| (std::array::from_fn(|i| real[i] - fake[i]), 0.1) };
        assert!(!unbiased.run(&settings, progress).unwrap().is_confirmed());
    }
}
