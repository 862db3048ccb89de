//! Better samples from the same generator, by the density ratio: rejection (Azadi et al. 2019) and the Metropolis-Hastings
//! chain (Turner et al. 2019).
//!
//! ```text
//! r(x) = p(x)/q(x) = exp h(x)
//! rejection             keep x ~ q with probability  min(1, r(x) / M)              M: a high quantile of r over samples of q
//! Metropolis-Hastings   from x go to x' ~ q with probability  min(1, r(x') / r(x))
//! ```
//! Where `h` is the true log ratio both draw from p. M as the greatest ratio would keep almost nothing; a quantile lets
//! the few samples above it through as they are.

use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
};

/// The quantile of the ratio that is kept with certainty.
pub(super) const QUANTILE: f64 = 0.95;

/// Decides on proposals, one after the other.
#[derive(Debug)]
pub struct Acceptance {
    rule: Rule,
    draws: Draws,
    proposals: u64,
    accepted: u64,
}

#[derive(Debug)]
enum Rule {
    /// What has this log ratio or a higher one is kept.
    Rejection { certain: f64 },
    /// Independent chains over `steps` proposals, which start at the log ratio `start`.
    Chains { steps: usize, start: f64, done: usize, current: Option<u64>, at: f64 },
}

impl Acceptance {
    pub fn rejection(certain: f64, seed: Seed) -> Self {
        Self::new(Rule::Rejection { certain }, Draws::new(seed, Purpose::Metric, 0))
    }

    /// A chain starts at the log ratio `start`, that of a real sample, so that it leaves a bad first proposal at once.
    ///
    /// # Errors
    /// [`Error::Setting`] for chains of no steps.
    pub fn metropolis_hastings(steps: usize, start: f64, seed: Seed) -> Result<Self> {
        if steps == 0 {
            return Err(Error::setting("steps of the chain", "a whole number from 1", steps));
        }
        let rule = Rule::Chains { steps, start, done: 0, current: None, at: start };
        Ok(Self::new(rule, Draws::new(seed, Purpose::Metric, 1)))
    }

    fn new(rule: Rule, draws: Draws) -> Self {
        Acceptance { rule, draws, proposals: 0, accepted: 0 }
    }

    /// The number of the sample that is kept after the proposal of sample `number`: itself, or where a chain has ended. A
    /// chain that never moved keeps none.
    pub fn propose(&mut self, number: u64, log_ratio: f64) -> Option<u64> {
        let uniform = f64::from(self.draws.uniform());
        self.proposals += 1;
        match &mut self.rule {
            Rule::Rejection { certain } => {
                let kept = uniform < (log_ratio - *certain).exp();
                self.accepted += u64::from(kept);
                kept.then_some(number)
            }
            Rule::Chains { steps, start, done, current, at } => {
                if uniform < (log_ratio - *at).exp() {
                    (*current, *at) = (Some(number), log_ratio);
                    self.accepted += 1;
                }
                *done += 1;
                if *done < *steps {
                    return None;
                }
                (*done, *at) = (0, *start);
                current.take()
            }
        }
    }

    pub fn proposals(&self) -> u64 {
        self.proposals
    }

    /// The share of proposals that were accepted.
    pub fn share(&self) -> f64 {
        self.accepted as f64 / self.proposals.max(1) as f64
    }
}

/// The samples to keep, by their numbers among those proposed.
#[derive(Debug, Clone, PartialEq)]
pub struct Refinement {
    pub kept: Vec<usize>,
    /// The share of proposals that were accepted.
    pub acceptance: f64,
}

/// Keeps proposals with a probability that grows with their ratio.
///
/// # Errors
/// [`Error::Measurement`] where there are no proposals, or a log ratio is NaN.
pub fn rejection(log_ratios: &[f64], seed: Seed) -> Result<Refinement> {
    check(log_ratios)?;
    Ok(refinement(log_ratios, Acceptance::rejection(quantile(log_ratios, QUANTILE), seed)))
}

/// The ends of independent chains over `steps` proposals each, a chain a sample, from the log ratio `start` of a real one.
///
/// # Errors
/// As [`rejection`] and [`Acceptance::metropolis_hastings`].
pub fn metropolis_hastings(log_ratios: &[f64], steps: usize, start: f64, seed: Seed) -> Result<Refinement> {
    check(log_ratios)?;
    Ok(refinement(log_ratios, Acceptance::metropolis_hastings(steps, start, seed)?))
}

fn refinement(log_ratios: &[f64], mut acceptance: Acceptance) -> Refinement {
    let numbered = log_ratios.iter().zip(0..);
    let kept = numbered.filter_map(|(log_ratio, number)| acceptance.propose(number, *log_ratio));
    let kept = kept.map(|number| number as usize).collect();
    Refinement { kept, acceptance: acceptance.share() }
}

/// The value that a share of the others lies below; 0 of no values.
pub(super) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(0.0)
}

fn check(log_ratios: &[f64]) -> Result<()> {
    if log_ratios.is_empty() || log_ratios.iter().any(|h| h.is_nan()) {
        let got = if log_ratios.is_empty() { "none" } else { "NaN" };
        return Err(Error::measurement("refinement", "log ratios of proposals", got, "train the instrument again"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// q = N(0, 4), p = N(0, 1): log p/q = log 2 - 3 x^2/8.
    fn proposals() -> (Vec<f64>, Vec<f64>) {
        let normals = Draws::new(Seed(5), Purpose::Sample, 0).normals(40_000);
        let x: Vec<f64> = normals.into_iter().map(|normal| 2.0 * f64::from(normal)).collect();
        let ratios = x.iter().map(|x| 2f64.ln() - 3.0 * x * x / 8.0).collect();
        (x, ratios)
    }

    fn variance(x: &[f64], refinement: &Refinement) -> f64 {
        refinement.kept.iter().map(|index| x[*index].powi(2)).sum::<f64>() / refinement.kept.len() as f64
    }

    #[test]
    fn rejection_turns_wide_proposals_into_the_narrow_target() {
        let (x, ratios) = proposals();
        let refinement = rejection(&ratios, Seed(0)).unwrap();
        assert!((refinement.acceptance - 0.5).abs() < 0.02, "{}", refinement.acceptance);
        assert!((variance(&x, &refinement) - 1.0).abs() < 0.05, "{}", variance(&x, &refinement));
    }

    #[test]
    fn chains_of_metropolis_and_hastings_end_in_the_target() {
        let (x, ratios) = proposals();
        let refinement = metropolis_hastings(&ratios, 20, 0.0, Seed(0)).unwrap();
        assert!(refinement.kept.len() > 1900, "{}", refinement.kept.len());
        assert!((variance(&x, &refinement) - 1.0).abs() < 0.15, "{}", variance(&x, &refinement));
    }

    #[test]
    fn equal_ratios_keep_everything_and_no_ratios_are_refused() {
        assert_eq!(rejection(&[1e4; 5], Seed(0)).unwrap().kept.len(), 5);
        assert!(rejection(&[], Seed(0)).is_err());
        assert!(rejection(&[f64::NAN], Seed(0)).is_err());
        assert!(metropolis_hastings(&[0.0], 0, 0.0, Seed(0)).is_err());
    }
}
