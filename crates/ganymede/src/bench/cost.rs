//! The multiply-adds of one training step.
//!
//! With `G` and `D` those of one sample's forward pass (see `layer`), `G1` and `D1` those of the first layers, whose input
//! needs no gradient unless it is the generator's output, a step of batch `B` takes `B` times
//!
//! ```text
//! D's update      G                             the generated samples
//!                 2 (3D - D1)                   forward and both gradients, for real and generated samples
//!   a penalty     2D                            the logit and its gradient at the sample
//!                 D + 2D - D1                   the tangent and both its gradients
//!                 D                             the values beside the tangent, where the loss has not computed them
//! G's update      3G - G1                       forward and both gradients
//!                 2D (+ D)                      forward and the gradient of the input (real logits, if the loss reads them)
//! ```
//! A lazy penalty counts for its share of the updates. Normalisation, activations and the optimizer multiply no matrices:
//! they are what a step does beside its roofline.

use burn::tensor::{Device, Tensor};

use super::{Layer, LayerShapes};
use crate::{
    config::Config,
    error::Result,
    objectives,
    penalties::{self, PenaltyTerm, Points},
    random::{Draws, Seed},
};

/// Of one step with the settings of `config` between networks of those layers.
///
/// # Errors
/// When the objective or the penalty is unknown.
pub fn step_multiply_adds(config: &Config, layers: &LayerShapes) -> Result<f64> {
    let [(g, g1), (d, d1)] = [&layers.generator, &layers.discriminator].map(|net| (forward(net), first(net)));
    let penalty = |term: &PenaltyTerm| {
        let values = if shares_values(term) { 0.0 } else { d };
        (5.0 * d - d1 + values) / term.every as f64
    };
    let penalties: f64 = penalties::parse(&config.penalty)?.iter().map(penalty).sum();
    let real_logits = if objectives::by_name(&config.objective)?.generator_sees_real() { d } else { 0.0 };
    let discriminator = g + 2.0 * (3.0 * d - d1) + penalties;
    let generator = 3.0 * g - g1 + 2.0 * d + real_logits;
    Ok(config.batch as f64 * (config.n_critic as f64 * discriminator + generator))
}

fn forward(net: &[Layer]) -> f64 {
    net.iter().map(|layer| layer.multiply_adds() as f64).sum()
}

fn first(net: &[Layer]) -> f64 {
    net.first().map_or(0.0, |layer| layer.multiply_adds() as f64)
}

/// Whether a penalty is taken at samples whose logits the loss uses too.
fn shares_values(term: &PenaltyTerm) -> bool {
    let sample = Tensor::zeros([1, 1, 1, 1], &Device::flex());
    let mut draws = Draws::new(Seed(0), term.penalty.draws_for(), 0);
    !matches!(term.penalty.points(&sample, &sample, &mut draws), Points::At(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: fn() -> LayerShapes = || LayerShapes {
        generator: vec![Layer::Linear { inputs: 1, outputs: 10 }, Layer::Linear { inputs: 10, outputs: 9 }],
        discriminator: vec![Layer::Linear { inputs: 9, outputs: 100 }, Layer::Linear { inputs: 100, outputs: 1 }],
    };

    /// Of one sample, with G = 100, G1 = 10, D = 1000, D1 = 900.
    fn of(change: impl FnOnce(&mut Config)) -> f64 {
        let mut config = Config { batch: 1, penalty: "none".into(), ..Config::default() };
        change(&mut config);
        step_multiply_adds(&config, &LAYERS()).unwrap()
    }

    #[test]
    fn a_step_counts_each_pass_once() {
        let plain = 100.0 + 2.0 * (3000.0 - 900.0) + 290.0 + 2000.0;
        assert_eq!(of(|_| ()), plain);
        assert_eq!(of(|c| c.batch = 64), 64.0 * plain);
        assert_eq!(of(|c| c.n_critic = 2), plain + 4300.0);
    }

    #[test]
    fn a_penalty_at_points_of_its_own_also_computes_their_values() {
        assert_eq!(of(|c| c.penalty = "r1".into()) - of(|_| ()), 4100.0);
        assert_eq!(of(|c| c.penalty = "wgan-gp".into()) - of(|_| ()), 5100.0);
        assert_eq!(of(|c| c.penalty = "r1:1/4".into()) - of(|_| ()), 1025.0);
    }
}
