//! Whether two settings differ by more than their seeds do.
//!
//! ```text
//! t  = (m1 - m2) / sqrt(v1 + v2),    v = s^2 / n                        Welch 1947
//! df = (v1 + v2)^2 / (v1^2/(n1 - 1) + v2^2/(n2 - 1))                    p two-sided, of Student's t with df degrees
//! Holm 1979: the k-th smallest of m p-values times m - k + 1, never below the one before it, never above 1
//! ```
//! A handful of seeds says little: with three each, means have to lie several standard deviations apart.

use statrs::distribution::{ContinuousCDF, StudentsT};

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation of a sample; none of fewer than two values.
pub fn deviation(values: &[f64]) -> Option<f64> {
    if values.len() > 1 && values.iter().all(|value| *value == values[0]) {
        // rounding of the mean is no deviation
        return Some(0.0);
    }
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// The two-sided p-value of Welch's t-test; none where a side has fewer than two values or neither varies.
pub fn welch(a: &[f64], b: &[f64]) -> Option<f64> {
    let share = |values: &[f64]| Some(deviation(values)?.powi(2) / values.len() as f64);
    let (va, vb) = (share(a)?, share(b)?);
    let degrees = |v: f64, values: &[f64]| v * v / (values.len() - 1) as f64;
    let df = (va + vb).powi(2) / (degrees(va, a) + degrees(vb, b));
    let t = (mean(a) - mean(b)) / (va + vb).sqrt();
    let student = StudentsT::new(0.0, 1.0, df).ok().filter(|_| t.is_finite())?;
    Some(2.0 * student.cdf(-t.abs()))
}

/// The p-values of a family of tests, such that the chance of any false alarm stays below the level.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 0.0f64;
    for (rank, index) in order.into_iter().enumerate() {
        least = least.max(p_values[index] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// t = 5.144779, df = 3.313041; the tails of Student's density by the midpoint rule on 2,000,000 intervals:
    ///
    /// ```text
    /// c = gamma((df + 1)/2) / sqrt(df*pi) / gamma(df/2); x = (arange(N) + 0.5)*t/N
    /// 1 - 2*(c*(1 + x*x/df)**(-(df + 1)/2)).sum()*t/N
    /// ```
    #[test]
    fn the_p_value_is_that_of_welch() {
        let p = welch(&[29.6, 30.1, 29.2], &[26.5, 27.9, 26.8]).unwrap();
        assert!((p - GOLDEN_P).abs() < 1e-6, "{p}");
        assert_eq!(welch(&[26.5, 27.9, 26.8], &[29.6, 30.1, 29.2]), Some(p));
        // equal variances and sizes: Student's own t-test, df = 2 and t = sqrt(2)
        let even = welch(&[0.0, 2.0], &[2.0, 4.0]).unwrap();
        assert!((even - (1.0 - 0.5f64.sqrt())).abs() < 1e-9, "{even}");
    }
    const GOLDEN_P: f64 = 0.011_102_085;

    #[test]
    fn what_does_not_vary_or_is_one_value_has_no_p_value() {
        assert_eq!(welch(&[8.0, 8.0], &[8.0, 8.0]), None);
        assert_eq!(welch(&[8.0, 8.0], &[7.0, 7.0]), None);
        assert_eq!(welch(&[8.0], &[7.0, 6.0]), None);
        assert_eq!((deviation(&[1.0]), deviation(&[0.1; 3])), (None, Some(0.0)));
    }

    /// `p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")` in R gives 0.03 0.06 0.06 0.02.
    #[test]
    fn a_family_of_tests_pays_for_its_size() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (got, expected) in adjusted.into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
