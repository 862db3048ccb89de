//! What a classifier says of generated samples: an Inception-like score, and the accuracy of conditional ones.
//!
//! ```text
//! score = exp( mean_x KL(p(y|x) ‖ p(y)) )        Salimans et al. 2016; 1 .. number of classes
//! ```
//! With the Inception network's own head this is the Inception Score; with any other classifier it is named after that one,
//! and the two do not compare.

use super::Features;
use crate::error::{Error, Result};

/// The score of `logits`, the classifier's output for each sample.
///
/// # Errors
/// [`Error::Measurement`] where there are no samples.
pub fn class_score(logits: &Features) -> Result<f64> {
    let n = logits.count();
    if n == 0 {
        return Err(Error::measurement("class score", "samples", 0, "draw some samples"));
    }
    let log_probabilities: Vec<f64> = (0..n).flat_map(|index| log_softmax(logits.row(index))).collect();
    let classes = logits.dim();
    let mut marginal = vec![0.0; classes];
    for row in log_probabilities.chunks_exact(classes) {
        marginal.iter_mut().zip(row).for_each(|(sum, log_p)| *sum += log_p.exp() / n as f64);
    }
    // a probability that underflowed adds 0, whatever its logarithm
    let divergence = |(log_p, marginal): (&f64, &f64)| {
        let p = log_p.exp();
        if p > 0.0 { p * (log_p - marginal.ln()) } else { 0.0 }
    };
    let total: f64 =
        log_probabilities.chunks_exact(classes).flat_map(|row| row.iter().zip(&marginal)).map(divergence).sum();
    Ok((total / n as f64).exp())
}

/// The share of samples whose greatest logit is that of the class they were asked for.
///
/// # Errors
/// [`Error::Measurement`] where the numbers of samples and labels differ, or are zero.
pub fn class_accuracy(logits: &Features, labels: &[usize]) -> Result<f64> {
    if labels.len() != logits.count() || labels.is_empty() {
        let expected = format!("a label for each of {} samples", logits.count());
        return Err(Error::measurement("class accuracy", expected, labels.len(), "give every sample its class"));
    }
    let right = predictions(logits).iter().zip(labels).filter(|(predicted, label)| predicted == label).count();
    Ok(right as f64 / labels.len() as f64)
}

/// [`class_accuracy`] of the samples that were asked to be of each of `classes` classes; none where there are none.
///
/// # Errors
/// As [`class_accuracy`].
pub fn accuracy_by_class(logits: &Features, labels: &[usize], classes: usize) -> Result<Vec<Option<f64>>> {
    class_accuracy(logits, labels)?;
    let predictions = predictions(logits);
    let of = |class: usize| {
        let asked = labels.iter().zip(&predictions).filter(|(label, _)| **label == class);
        let (count, right) = asked.fold((0usize, 0usize), |(count, right), (label, predicted)| {
            (count + 1, right + usize::from(label == predicted))
        });
        (count > 0).then(|| right as f64 / count as f64)
    };
    Ok((0..classes).map(of).collect())
}

/// The class with the greatest logit of each sample.
pub fn predictions(logits: &Features) -> Vec<usize> {
    let greatest = |row: &[f32]| row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(class, _)| class);
    (0..logits.count()).map(|index| greatest(logits.row(index))).collect()
}

fn log_softmax(row: &[f32]) -> Vec<f64> {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = row.iter().map(|value| f64::from(value - greatest).exp()).sum();
    row.iter().map(|value| f64::from(value - greatest) - total.ln()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sure_and_even_classes_score_their_number() {
        let logits = Features::new(vec![1e4, 0.0, 0.0, 0.0, 1e4, 0.0, 0.0, 0.0, 1e4], 3).unwrap();
        assert!((class_score(&logits).unwrap() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn samples_that_look_alike_score_one() {
        let logits = Features::new([0.3, -1.0, 2.0].repeat(5), 3).unwrap();
        assert!((class_score(&logits).unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn accuracy_is_the_share_of_right_classes() {
        let logits = Features::new(vec![1.0, 0.0, 0.0, 1.0, 0.0, 1.0], 2).unwrap();
        assert_eq!(class_accuracy(&logits, &[0, 1, 0]).unwrap(), 2.0 / 3.0);
        assert!(class_accuracy(&logits, &[0]).is_err());
        let by_class = accuracy_by_class(&logits, &[0, 1, 0], 3).unwrap();
        assert_eq!(by_class, [Some(0.5), Some(1.0), None]);
    }
}
