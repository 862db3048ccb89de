//! How evenly a generator covers known modes or classes (Srivastava et al. 2017; Lin et al. 2018).
//!
//! ```text
//! reverse KL = sum_m q_m log (q_m M),        q_m = share of mode m among the samples that belong to one of M equal modes
//! ```
//! 0 where all are hit alike, log M where all samples are in one mode. What belongs to a mode is the business of
//! [`mode_coverage`](crate::data::mode_coverage) for densities and of a classifier for images.

use serde::Serialize;

use crate::error::{Error, Result};

/// The classes that a sample of images reaches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassCoverage {
    /// Classes with at least one sample.
    pub covered: usize,
    pub classes: usize,
    /// KL(q‖uniform), in nats.
    pub reverse_kl: f64,
}

/// The classes that a sample reaches, each image in the class that a classifier gives it.
///
/// # Errors
/// [`Error::Measurement`] where there are no samples, or one in a class beyond `classes`.
pub fn class_coverage(samples: &[usize], classes: usize) -> Result<ClassCoverage> {
    let mut counts = vec![0; classes];
    for class in samples {
        let known = counts.get_mut(*class);
        let advice = "use a classifier of these classes";
        *known.ok_or_else(|| {
            Error::measurement("class coverage", format!("classes below {classes}"), class, advice)
        })? += 1;
    }
    let covered = counts.iter().filter(|count| **count > 0).count();
    Ok(ClassCoverage { covered, classes, reverse_kl: reverse_kl(&counts)? })
}

/// KL(q‖uniform) over modes that hold these numbers of samples, in nats.
///
/// # Errors
/// [`Error::Measurement`] where no mode holds a sample.
pub fn reverse_kl(counts: &[usize]) -> Result<f64> {
    let total: usize = counts.iter().sum();
    if total == 0 {
        return Err(Error::measurement("reverse KL", "samples in some mode", 0, "look at the samples"));
    }
    let shares = counts.iter().filter(|count| **count > 0).map(|count| *count as f64 / total as f64);
    Ok(shares.map(|share| share * (share * counts.len() as f64).ln()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_modes_have_no_divergence_and_a_single_one_has_the_logarithm_of_all() {
        assert!(reverse_kl(&[5, 5, 5, 5]).unwrap().abs() < 1e-12);
        assert!((reverse_kl(&[0, 9, 0, 0]).unwrap() - 4f64.ln()).abs() < 1e-12);
        assert!(reverse_kl(&[0, 0]).is_err());
    }

    #[test]
    fn classes_are_counted_once_each() {
        let coverage = class_coverage(&[0, 2, 2, 0], 4).unwrap();
        assert_eq!((coverage.covered, coverage.classes), (2, 4));
        assert!((coverage.reverse_kl - 2f64.ln()).abs() < 1e-12);
        assert!(class_coverage(&[4], 4).is_err());
    }
}
