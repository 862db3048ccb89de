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
const QUANTILE: f64 = 0.95;

/// The samples to keep, by their numbers among those proposed.
#[derive(Debug, Clone, PartialEq)]
pub struct Refinement {
    /// One a kept sample; the chain may stay at a sample and keep it more than once.
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
    let mut sorted = log_ratios.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let certain = sorted[((sorted.len() - 1) as f64 * QUANTILE) as usize];
    let mut draws = Draws::new(seed, Purpose::Metric, 0);
    let kept: Vec<usize> = (0..log_ratios.len())
        .filter(|index| f64::from(draws.uniform()) < (log_ratios[*index] - certain).exp())
        .collect();
    let acceptance = kept.len() as f64 / log_ratios.len() as f64;
    Ok(Refinement { kept, acceptance })
}

/// The ends of independent chains over `steps` proposals each, a chain a sample.
///
/// A chain starts at the log ratio `start`, that of a real sample, so that it leaves a bad first proposal at once; chains
/// that never moved are left out.
///
/// # Errors
/// As [`rejection`]; [`Error::Setting`] for chains of no steps.
pub fn metropolis_hastings(log_ratios: &[f64], steps: usize, start: f64, seed: Seed) -> Result<Refinement> {
    check(log_ratios)?;
    if steps == 0 {
        return Err(Error::setting("steps of the chain", "a whole number from 1", steps));
    }
    let mut draws = Draws::new(seed, Purpose::Metric, 1);
    let mut accepted = 0;
    let mut kept = Vec::new();
    for (chain, proposals) in log_ratios.chunks(steps).enumerate() {
        let (mut current, mut at) = (None, start);
        for (step, log_ratio) in proposals.iter().enumerate() {
            if f64::from(draws.uniform()) < (log_ratio - at).exp() {
                (current, at) = (Some(chain * steps + step), *log_ratio);
                accepted += 1;
            }
        }
        kept.extend(current);
    }
    Ok(Refinement { kept, acceptance: accepted as f64 / log_ratios.len() as f64 })
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
