//! The probability of augmentation, moved such that the discriminator stays as sure of its samples as it is meant to be
//! (Karras et al. 2020, section 3).
//!
//! ```text
//! p <- clamp(p + sign(r - target) n / (1000 kimg), 0, 0.8)      every 4 updates; n real images shown in them, r their mean
//!
//! r = E[sign(h(T x) - h0)]                  where the level of logits means something; h0 is the undecided logit (their r_t)
//! r = E[sign(h(T x) - h(T G(z)))]           over all pairs, = 2 separation - 1, where only differences of logits do
//! ```
//! Both are 0 where the discriminator cannot tell and 1 where it tells all apart. The second is the first for pairs: a
//! relativistic discriminator and a Wasserstein critic may add any constant to their logits, and the sign of one alone would
//! say nothing. Above 0.8 transformations begin to show in what is generated (their section 3.1), so that p stops there.

use burn::tensor::TensorData;

use super::AugmentSettings;
use crate::{
    error::{Error, Result},
    objectives::{Objective, Optimum},
    parameters::NamedTensors,
};

/// Updates between two moves.
const EVERY: i64 = 4;
/// Above it transformations leak.
const MOST: f64 = 0.8;
/// The name of the state in a checkpoint: the bits of two numbers, and two counts.
const STATE: &str = "augment.state";

/// A probability that follows the discriminator.
#[derive(Debug, Clone, PartialEq)]
pub struct Adaptive {
    target: f64,
    /// Real images in which the probability goes from 0 to 1.
    images: f64,
    p: f64,
    /// Since the last move: the sum of the statistic, updates, real images.
    sum: f64,
    updates: i64,
    shown: i64,
}

impl Adaptive {
    pub fn new(target: f64, settings: &AugmentSettings) -> Self {
        Adaptive { target, images: settings.kimg * 1000.0, p: settings.p.min(MOST), sum: 0.0, updates: 0, shown: 0 }
    }

    pub fn p(&self) -> f64 {
        self.p
    }

    /// Hears the statistic of an update that was shown so many real images.
    pub fn hear(&mut self, statistic: f64, images: usize) {
        self.sum += statistic;
        self.updates += 1;
        self.shown += images as i64;
        if self.updates == EVERY {
            let above = self.sum / EVERY as f64 - self.target;
            let direction = if above == 0.0 { 0.0 } else { above.signum() };
            self.p = (self.p + direction * self.shown as f64 / self.images).clamp(0.0, MOST);
            (self.sum, self.updates, self.shown) = (0.0, 0, 0);
        }
    }

    pub fn save(&self, tensors: &mut NamedTensors) {
        let state = vec![self.p.to_bits() as i64, self.sum.to_bits() as i64, self.updates, self.shown];
        tensors.insert(STATE.to_owned(), TensorData::new(state, [4]));
    }

    /// Takes over what [`Adaptive::save`] put there.
    ///
    /// # Errors
    /// [`Error::Setting`] where it is missing or no such state.
    pub fn load(&mut self, tensors: &NamedTensors) -> Result<()> {
        let wrong = |got: &str| Error::setting(format!("tensor '{STATE}'"), "the state of adaptive augmentation", got);
        let data = tensors.get(STATE).ok_or_else(|| wrong("no such tensor"))?;
        let state = data.try_to_vec::<i64>().map_err(|_| wrong("no whole numbers"))?;
        let [p, sum, updates, shown] = *state.as_slice() else { return Err(wrong("another number of them")) };
        let [p, sum] = [p, sum].map(|bits| f64::from_bits(bits as u64));
        if !((0.0..=MOST).contains(&p) && sum.is_finite() && (0..EVERY).contains(&updates) && shown >= 0) {
            return Err(wrong("numbers out of range"));
        }
        *self = Adaptive { p, sum, updates, shown, ..*self };
        Ok(())
    }
}

/// How sure the discriminator is: 0 where it cannot tell, 1 where it tells all apart. `separation` is the chance that a real
/// sample's logit lies above a generated one's.
pub fn statistic(objective: &dyn Objective, real: &[f64], separation: f64) -> f64 {
    if objective.is_shift_invariant() {
        return 2.0 * separation - 1.0;
    }
    let undecided = match objective.optimum() {
        Some(Optimum::Share) => 0.5,
        Some(Optimum::LogRatio | Optimum::Sign) | None => 0.0,
    };
    let sign = |h: &f64| if *h == undecided { 0.0 } else { (h - undecided).signum() };
    real.iter().map(sign).sum::<f64>() / real.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objectives;

    fn adaptive(kimg: f64) -> Adaptive {
        Adaptive::new(0.6, &AugmentSettings { kimg, ..AugmentSettings::default() })
    }

    #[test]
    fn p_goes_from_nothing_to_all_in_as_many_images_as_it_is_told_and_stops_at_eight_tenths() {
        let mut adaptive = adaptive(1.0);
        let mut hear = |statistic, times| {
            (0..times).for_each(|_| adaptive.hear(statistic, 10));
            adaptive.p()
        };
        assert_eq!(hear(0.9, 3), 0.0);
        assert!((hear(0.9, 1) - 0.04).abs() < 1e-12);
        // four updates are judged by their mean
        assert!((hear(1.0, 2) - 0.04).abs() < 1e-12 && hear(0.1, 2) < 1e-12);
        assert!((hear(0.7, 52) - 0.52).abs() < 1e-12);
        assert_eq!(hear(0.7, 100), 0.8);
        assert_eq!(hear(0.0, 1000), 0.0);
    }

    #[test]
    fn a_statistic_at_its_target_moves_nothing() {
        let mut adaptive = Adaptive { p: 0.3, target: 0.5, ..adaptive(1.0) };
        (0..4).for_each(|_| adaptive.hear(0.5, 10));
        assert_eq!(adaptive.p(), 0.3);
    }

    #[test]
    fn the_statistic_sees_levels_where_they_mean_something_and_else_differences() {
        let (real, of) = ([2.0, 0.3, -1.0, 0.7], |name: &str| objectives::by_name(name).unwrap());
        assert_eq!(statistic(of("non-saturating"), &real, 0.9), 0.5);
        assert_eq!(statistic(of("hinge"), &real, 0.9), 0.5);
        // undecided is 1/2 between the targets 0 and 1
        assert_eq!(statistic(of("least-squares"), &real, 0.9), 0.0);
        for name in ["wasserstein", "relativistic"] {
            assert_eq!([1.0, 0.5].map(|separation| statistic(of(name), &real, separation)), [1.0, 0.0]);
        }
        assert_eq!(statistic(of("hinge"), &[0.0; 3], 0.5), 0.0);
    }

    #[test]
    fn the_state_is_saved_to_the_last_bit_and_nonsense_is_refused() {
        let mut from = adaptive(3.0);
        (0..7).for_each(|i| from.hear(0.1 * f64::from(i), 7));
        let mut tensors = NamedTensors::new();
        from.save(&mut tensors);
        let mut to = adaptive(3.0);
        to.load(&tensors).unwrap();
        assert_eq!(to, from);
        for bad in [vec![0i64; 3], vec![f64::NAN.to_bits() as i64, 0, 0, 0], vec![0, 0, 4, 0], vec![0, 0, 0, -1]] {
            let size = bad.len();
            tensors.insert(STATE.to_owned(), TensorData::new(bad, [size]));
            assert!(to.load(&tensors).is_err());
            assert_eq!(to, from);
        }
    }
}
