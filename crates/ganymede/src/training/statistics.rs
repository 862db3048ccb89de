//! What the logits, the latents' samples and the weights of a game say, in one number each.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
};

use crate::{
    objectives::Objective,
    random::{Draws, Purpose, Seed},
};

/// A force below this moves a sample no more.
const WEAK: f64 = 0.05;
/// Power iterations: the estimate need not be exact, only grow as the norm grows.
const ITERATIONS: usize = 5;

/// The probability that a real sample's logit lies above that of a generated one, ties as halves (Mann & Whitney 1947): 0.5
/// where the discriminator cannot tell, 1 where it tells all apart. Neither a constant added to the logits nor a factor
/// changes it.
pub(super) fn separation(real: &[f64], fake: &[f64]) -> f64 {
    let mut sorted = fake.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let below = |h: &f64| {
        let (less, not_more) = (sorted.partition_point(|f| f < h), sorted.partition_point(|f| f <= h));
        (less + not_more) as f64 / 2.0
    };
    real.iter().map(below).sum::<f64>() / (real.len() * fake.len()).max(1) as f64
}

/// The share of generated samples that the objective moves next to nothing, |g'(h)| < 0.05. For relativistic objectives `h`
/// is how far the generated sample's logit lies above its partner's.
pub(super) fn idle(objective: &dyn Objective, h: &[f64]) -> f64 {
    h.iter().filter(|h| objective.force(**h).abs() < WEAK).count() as f64 / h.len().max(1) as f64
}

/// What every step computes of logits for those who watch it, to be timed.
pub(crate) fn logit_statistics(objective: &dyn Objective, h: &[f64]) -> f64 {
    separation(h, h) + idle(objective, h)
}

/// `r_v = (E seen - E held out) / (E seen - E generated)` of logits (Karras et al. 2020, equation 1), and how many standard
/// errors its numerator is. 0 where the discriminator does not hold seen samples for more real than generated ones.
pub(super) fn overfit(seen: &[f64], held_out: &[f64], generated: &[f64]) -> (f64, f64) {
    let mean = |h: &[f64]| h.iter().sum::<f64>() / h.len().max(1) as f64;
    let error = |h: &[f64]| h.iter().map(|x| (x - mean(h)).powi(2)).sum::<f64>() / (h.len() * h.len()).max(1) as f64;
    let (gap, range) = (mean(seen) - mean(held_out), mean(seen) - mean(generated));
    if range <= 0.0 {
        return (0.0, 0.0);
    }
    (gap / range, gap / (error(seen) + error(held_out)).sqrt().max(f64::MIN_POSITIVE))
}

/// An estimate, from below, of the largest singular value of any weight matrix of `module`; a convolution's weights are seen
/// as one row for each of their first dimension.
pub(super) fn spectral_norm(module: &impl Module) -> f64 {
    let mut visitor = Spectrum { largest: 0.0, index: 0 };
    module.visit(&mut visitor);
    visitor.largest
}

struct Spectrum {
    largest: f64,
    index: u64,
}

impl ModuleVisitor for Spectrum {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weight = param.val();
        if D < 2 || !weight.is_require_grad() {
            return;
        }
        let rows = weight.dims()[0];
        let weight: Tensor<2> = weight.inner().reshape([rows as i64, -1]);
        let mut draws = Draws::new(Seed(0), Purpose::PowerIteration, self.index);
        self.index += 1;
        let mut u = draws.normal_tensor([1, rows], &weight.device());
        let mut norm = 0.0;
        for _ in 0..ITERATIONS {
            let v = u.clone().matmul(weight.clone());
            let squared = u.clone().square().sum().into_scalar::<f64>();
            norm = (v.clone().square().sum().into_scalar::<f64>() / squared.max(f64::MIN_POSITIVE)).sqrt();
            u = v.matmul(weight.clone().transpose()) / (norm * norm).max(1e-12);
        }
        self.largest = self.largest.max(norm);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::{layers::Linear, objectives};

    #[test]
    fn separation_knows_the_order_of_the_logits_alone() {
        assert_eq!(separation(&[1.0, 2.0], &[0.0, -5.0]), 1.0);
        assert_eq!(separation(&[0.0, 0.0], &[0.0, 0.0]), 0.5);
        assert_eq!(separation(&[1.0, 3.0], &[2.0, 4.0]), 0.25);
        let (real, fake) = ([0.3, -1.0, 2.0], [0.1, 0.2, -3.0]);
        let moved = |h: [f64; 3]| h.map(|h| 1e3 + 7.0 * h);
        assert_eq!(separation(&moved(real), &moved(fake)), separation(&real, &fake));
    }

    #[test]
    fn samples_are_idle_where_the_force_law_says_so() {
        let of = |name: &str| idle(objectives::by_name(name).unwrap(), &[-10.0, -8.0, 0.0, 10.0]);
        assert_eq!(of("minimax"), 0.5);
        assert_eq!(of("non-saturating"), 0.25);
        assert_eq!([of("wasserstein"), of("hinge"), of("reverse-kl")], [0.0; 3]);
    }

    #[test]
    fn held_out_samples_that_look_generated_are_an_overfit_of_one_whatever_the_level() {
        let (seen, fresh, fake) = ([5.0, 6.0, 4.0], [-1.0, 0.0, 1.0], [0.0, 0.5, -0.5]);
        let (share, z) = overfit(&seen, &fresh, &fake);
        assert!((share - 1.0).abs() < 1e-12 && z > 5.0, "{share} {z}");
        let up = |h: [f64; 3]| h.map(|h| h + 1e4);
        let (moved, _) = overfit(&up(seen), &up(fresh), &up(fake));
        assert!((moved - share).abs() < 1e-9);
        assert_eq!(overfit(&fake, &fresh, &seen), (0.0, 0.0));
        assert_eq!(overfit(&seen, &seen, &fake).0, 0.0);
    }

    /// `np.linalg.norm([[3, 0], [4, 5]], 2)` is 6.7082: the singular values are 3 sqrt(5) and sqrt(5).
    #[test]
    fn the_spectral_norm_is_that_of_the_largest_matrix() {
        let device = Device::flex().autodiff();
        let mut init = crate::layers::Initializer::new(
            Seed(0),
            Purpose::GeneratorWeights,
            crate::layers::WeightScale::FanIn,
            &device,
        );
        let mut layer = Linear::new(2, 2, &mut init);
        let weight = Tensor::<2>::from_data([[3.0, 0.0], [4.0, 5.0]], &device).require_grad();
        layer.weight = Param::initialized(burn::module::ParamId::new(), weight);
        let norm = spectral_norm(&layer);
        assert!((norm - 45f64.sqrt()).abs() < 1e-4, "{norm}");
    }
}
