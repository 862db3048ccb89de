//! The named summands of a loss.

use burn::tensor::Tensor;

/// A loss as the sum of named scalars, so that a report can say which part moves.
#[derive(Debug, Clone)]
pub struct Terms {
    first: (&'static str, Tensor<1>),
    second: Option<(&'static str, Tensor<1>)>,
}

impl Terms {
    /// The only term of a loss that has no parts.
    pub fn one(name: &'static str, value: Tensor<1>) -> Self {
        Terms { first: (name, value), second: None }
    }

    /// What real samples contribute to a loss, and what generated ones do.
    pub fn real_and_fake(real: Tensor<1>, fake: Tensor<1>) -> Self {
        Terms { first: ("real", real), second: Some(("fake", fake)) }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Tensor<1>)> {
        std::iter::once(&self.first).chain(&self.second).map(|(name, value)| (*name, value))
    }

    /// The loss.
    pub fn total(self) -> Tensor<1> {
        match self.second {
            Some((_, second)) => self.first.1 + second,
            None => self.first.1,
        }
    }
}
