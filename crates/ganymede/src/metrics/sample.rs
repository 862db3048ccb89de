//! A sample of vectors, one a row: what every metric on features is computed from.

use crate::error::{Error, Result};

/// `count` vectors of `dim` finite numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    values: Vec<f32>,
    count: usize,
    dim: usize,
}

impl Features {
    /// # Shapes
    /// `values` [count, dim], row by row.
    ///
    /// # Errors
    /// [`Error::Measurement`] when the values do not fill whole rows, or one is NaN or infinite.
    pub fn new(values: Vec<f32>, dim: usize) -> Result<Self> {
        if dim == 0 || !values.len().is_multiple_of(dim) {
            let got = format!("{} numbers", values.len());
            return Err(Error::measurement("features", format!("whole rows of {dim} numbers"), got, "check the shape"));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let got = format!("{} in dimension {} of sample {}", values[at], at % dim, at / dim);
            let advice = "look at that sample: a generator that diverged makes such ones";
            return Err(Error::measurement("features", "finite numbers", got, advice));
        }
        let count = values.len() / dim;
        Ok(Features { values, count, dim })
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn dim(&self) -> usize {
        self.dim
    }

    /// [count, dim], row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.dim..(index + 1) * self.dim]
    }

    /// The rows of those numbers, in that order; a number may come more than once.
    ///
    /// # Panics
    /// When a number is not below [`Features::count`].
    pub fn select(&self, indices: &[usize]) -> Features {
        let values = indices.iter().flat_map(|index| self.row(*index)).copied().collect();
        Features { values, count: indices.len(), dim: self.dim }
    }

    pub(super) fn to_f64(&self) -> Vec<f64> {
        self.values.iter().map(|value| f64::from(*value)).collect()
    }

    /// # Errors
    /// [`Error::Measurement`] when the two have different dimensions, or one has fewer than `least` samples.
    pub(super) fn check_pair(metric: &'static str, real: &Features, fake: &Features, least: usize) -> Result<()> {
        if real.dim != fake.dim {
            let got = format!("{} and {}", real.dim, fake.dim);
            let advice = "extract both with the same features";
            return Err(Error::measurement(metric, "samples of the same dimension", got, advice));
        }
        let fewest = real.count.min(fake.count);
        if fewest < least {
            let expected = format!("at least {least} samples on either side");
            return Err(Error::measurement(metric, expected, fewest, "take more samples"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_refused_with_its_place() {
        let error = Features::new(vec![0.0, 1.0, 2.0, f32::NAN], 2).unwrap_err().to_string();
        assert!(error.contains("dimension 1 of sample 1"), "{error}");
    }

    #[test]
    fn rows_that_are_not_whole_are_refused() {
        assert!(Features::new(vec![0.0; 5], 2).is_err());
        assert!(Features::new(vec![], 0).is_err());
    }
}
