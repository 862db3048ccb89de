//! What is read off the two networks for one frame.
//!
//! ```text
//! on the grid          h, D = sigmoid(h), against h* and D* from the two densities
//! at a sample x        the force on it, -g'(h(x)) grad h(x): where gradient descent on the generator's loss moves it
//! ```

use burn::tensor::{Device, Tensor};

use super::{Agreement, Grid, Pushforward, Ratio, divergences::FLOOR, frame::rounded};
use crate::{
    networks::{Discriminator, Generator, Pass},
    objectives::{Objective, Optimum},
};

/// Nodes at which logits are compared with log ratios, at most.
const COMPARED: usize = 240;
/// The share of p and q that is called the bulk.
const BULK: f64 = 0.99;

/// Both networks, held still.
pub(super) struct Look<'a, G, D> {
    generator: G,
    discriminator: D,
    objective: &'a dyn Objective,
    device: &'a Device,
}

/// The discriminator on the grid.
pub(super) struct Seen {
    pub output: Vec<f64>,
    pub target: Option<Vec<f64>>,
    pub gap: Option<Agreement>,
    pub ratio: Option<Ratio>,
    /// Nodes of at least this mass, under (p + q)/2, are the bulk.
    pub level: f64,
}

/// Generated samples and what they feel.
pub(super) struct Felt {
    /// Coordinate by coordinate, as the forces are.
    pub samples: Vec<f64>,
    pub forces: Vec<f64>,
    /// `g'(h)` of each sample.
    pub strengths: Vec<f64>,
    /// `|grad h|` at each.
    pub slopes: Vec<f64>,
}

impl<'a, G: Generator, D: Discriminator> Look<'a, G, D> {
    pub fn new(generator: &G, discriminator: &D, objective: &'a dyn Objective, device: &'a Device) -> Self {
        let (generator, discriminator) = (generator.clone().no_grad(), discriminator.clone().no_grad());
        Look { generator, discriminator, objective, device }
    }

    /// The mass of q at every node.
    pub fn density(&self, pushforward: &Pushforward, grid: &Grid) -> Vec<f64> {
        let images = self.generator.forward(pushforward.latents(self.device), &Pass::eval());
        pushforward.masses(&images.into_data().iter::<f32>().collect::<Vec<_>>(), grid)
    }

    pub fn discriminator(&self, grid: &Grid, p: &[f64], q: &[f64]) -> Seen {
        let optimum = self.objective.optimum();
        let log_ratios: Vec<f64> = p.iter().zip(q).map(|(p, q)| libm::log(p.max(FLOOR) / q.max(FLOOR))).collect();
        let weights: Vec<f64> = p.iter().zip(q).map(|(p, q)| 0.5 * (p + q)).collect();
        let level = bulk_level(&weights);
        let mut h = values(self.logits(grid.points(self.device)));
        if self.objective.is_shift_invariant() {
            let shift = constant(&h, optimum, &log_ratios, p, q);
            h.iter_mut().for_each(|h| *h -= shift);
        }
        let read = |h: f64| if optimum == Some(Optimum::LogRatio) { Optimum::Share.at(h) } else { h };
        let output: Vec<f64> = h.iter().map(|h| read(*h)).collect();
        let target = optimum.map(|optimum| log_ratios.iter().map(|l| read(optimum.at(*l))).collect::<Vec<_>>());
        Seen {
            gap: target.as_ref().map(|target| agreement(&output, target, &weights, level)),
            ratio: (optimum == Some(Optimum::LogRatio)).then(|| compared(&weights, level, &log_ratios, &h)),
            output,
            target,
            level,
        }
    }

    /// # Shapes
    /// `z` [N, latent]; `real` [N, C, 1, 1], the partners of a relativistic objective.
    pub fn forces(&self, z: Tensor<2>, real: Tensor<4>) -> Felt {
        let x = self.generator.forward(z, &Pass::eval()).inner().autodiff().require_grad();
        let logits = self.logits(x.clone());
        let gradients = logits.clone().sum().backward();
        let (samples, h) = (values(x.clone()), values(logits));
        let slopes = x.grad(&gradients).map_or_else(|| vec![0.0; samples.len()], values);
        let partners =
            if self.objective.generator_sees_real() { values(self.logits(real)) } else { vec![0.0; h.len()] };
        let strengths: Vec<f64> = h.iter().zip(partners).map(|(h, real)| self.objective.force(h - real)).collect();
        let each = || slopes.chunks((samples.len() / h.len().max(1)).max(1));
        Felt {
            forces: each().zip(&strengths).flat_map(|(g, strength)| g.iter().map(move |g| -strength * g)).collect(),
            slopes: each().map(|g| g.iter().map(|g| g * g).sum::<f64>().sqrt()).collect(),
            samples,
            strengths,
        }
    }

    fn logits(&self, x: Tensor<4>) -> Tensor<2> {
        self.discriminator.forward(x.into(), &Pass::eval()).value
    }
}

fn values<const R: usize>(tensor: Tensor<R>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// The constant in logits whose constant means nothing: their mean distance above the optimum where p and q overlap, or
/// above 0.
fn constant(h: &[f64], optimum: Option<Optimum>, log_ratios: &[f64], p: &[f64], q: &[f64]) -> f64 {
    let mean = |weight: fn(f64, f64) -> f64, target: &dyn Fn(f64) -> f64| {
        let weights = || p.iter().zip(q).map(|(p, q)| weight(*p, *q));
        let total: f64 = weights().sum();
        let lead: f64 = h.iter().zip(log_ratios).zip(weights()).map(|((h, l), weight)| weight * (h - target(*l))).sum();
        if total > FLOOR { Some(lead / total) } else { None }
    };
    let overlap = optimum.and_then(|optimum| mean(|p, q| p * q / (p + q).max(f64::MIN_POSITIVE), &|l| optimum.at(l)));
    overlap.or_else(|| mean(|p, q| p + q, &|_| 0.0)).unwrap_or(0.0)
}

/// The least mass of a node of the smallest set of nodes that holds the bulk.
fn bulk_level(weights: &[f64]) -> f64 {
    let mut sorted = weights.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let mut left = BULK * sorted.iter().sum::<f64>();
    let last = sorted.iter().find(|weight| {
        left -= **weight;
        left <= 0.0
    });
    last.copied().unwrap_or(0.0)
}

fn agreement(output: &[f64], target: &[f64], weights: &[f64], level: f64) -> Agreement {
    let gaps = || output.iter().zip(target).map(|(a, b)| (a - b).abs()).zip(weights);
    let total: f64 = weights.iter().sum();
    Agreement {
        mean: gaps().map(|(gap, weight)| weight * gap).sum::<f64>() / total.max(f64::MIN_POSITIVE),
        sup: gaps().filter(|(_, weight)| **weight >= level).map(|(gap, _)| gap).fold(0.0, f64::max),
    }
}

fn compared(weights: &[f64], level: f64, log_ratios: &[f64], h: &[f64]) -> Ratio {
    let bulk: Vec<usize> = weights.iter().enumerate().filter(|(_, w)| **w >= level).map(|(node, _)| node).collect();
    let nodes: Vec<usize> = bulk.iter().step_by(bulk.len().div_ceil(COMPARED).max(1)).copied().collect();
    let at = |values: &[f64]| nodes.iter().filter_map(|node| values.get(*node)).map(|x| rounded(*x)).collect();
    Ratio { log_ratio: at(log_ratios), logit: at(h), nodes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        layers::{Initializer, WeightScale},
        networks::{MlpDiscriminator, MlpGenerator},
        objectives::OBJECTIVES,
        random::{Draws, Purpose, Seed},
    };

    const N: usize = 12;

    fn networks(device: &Device) -> (MlpGenerator, MlpDiscriminator) {
        let init = |purpose| Initializer::new(Seed(2), purpose, WeightScale::He(0.2), device);
        (
            MlpGenerator::new(2, [2, 1, 1], 8, 1, &mut init(Purpose::GeneratorWeights)),
            MlpDiscriminator::new([2, 1, 1], 8, 2, &mut init(Purpose::DiscriminatorWeights)),
        )
    }

    #[test]
    fn the_force_on_a_sample_is_minus_the_gradient_of_the_generators_loss() {
        let device = Device::flex().autodiff();
        let (generator, discriminator) = networks(&device);
        let draw = |step| Draws::new(Seed(5), Purpose::Sample, step).normal_tensor([N, 2], &device);
        let real = draw(1).reshape([N, 2, 1, 1]);
        for objective in OBJECTIVES {
            let look = Look::new(&generator, &discriminator, *objective, &device);
            let felt = look.forces(draw(0), real.clone());

            let x = look.generator.forward(draw(0), &Pass::eval()).inner().autodiff().require_grad();
            let loss = objective.generator(look.logits(real.clone()), look.logits(x.clone())).total();
            let gradient = values(x.grad(&loss.backward()).unwrap());
            for (force, gradient) in felt.forces.iter().zip(gradient) {
                let expected = -gradient * N as f64;
                assert!((force - expected).abs() < 1e-5, "{}: expected {expected}, got {force}", objective.name());
            }
        }
    }

    #[test]
    fn the_bulk_is_the_smallest_set_that_holds_its_share() {
        let mut weights = vec![0.001; 10];
        weights.extend([0.5, 0.3, 0.19]);
        assert_eq!(bulk_level(&weights), 0.19);
        assert_eq!(bulk_level(&[]), 0.0);
    }

    #[test]
    fn a_constant_that_means_nothing_is_taken_out() {
        let (p, q) = ([0.2, 0.5, 0.3], [0.4, 0.4, 0.2]);
        let log_ratios: Vec<f64> = p.iter().zip(&q).map(|(p, q): (&f64, &f64)| (p / q).ln()).collect();
        let h: Vec<f64> = log_ratios.iter().map(|l| l + 7.0).collect();
        assert!((constant(&h, Some(Optimum::LogRatio), &log_ratios, &p, &q) - 7.0).abs() < 1e-12);
        let apart = constant(&[3.0, 5.0], Some(Optimum::LogRatio), &[20.0, -20.0], &[1.0, 0.0], &[0.0, 1.0]);
        assert_eq!(apart, 4.0);
    }
}
