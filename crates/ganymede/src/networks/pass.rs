//! The circumstances of one forward pass: training or not, and the class of each sample.

use burn::tensor::{Tensor, TensorData};

/// Whether a pass is part of training (batch statistics, which also move the running ones) or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Train,
    Eval,
}

/// The circumstances of one forward pass.
#[derive(Debug, Clone)]
pub struct Pass<'a> {
    pub mode: Mode,
    /// The class of each sample, where the networks are conditional.
    pub labels: Option<&'a [usize]>,
    /// How far each sample is on the way from its class to another, for walks between classes.
    pub blend: Option<Blend<'a>>,
}

/// Places between two classes, one for each sample: what a network has learnt of the classes is mixed in these shares.
#[derive(Debug, Clone, Copy)]
pub struct Blend<'a> {
    pub towards: &'a [usize],
    /// 0 is the sample's own class, 1 the other.
    pub shares: &'a [f32],
}

impl<'a> Pass<'a> {
    pub fn train() -> Self {
        Pass { mode: Mode::Train, labels: None, blend: None }
    }

    pub fn eval() -> Self {
        Pass { mode: Mode::Eval, labels: None, blend: None }
    }

    pub fn with_labels(self, labels: Option<&'a [usize]>) -> Self {
        Pass { labels, ..self }
    }

    pub fn with_blend(self, blend: Blend<'a>) -> Self {
        Pass { blend: Some(blend), ..self }
    }

    /// What each class weighs for each sample: one-hot, but for a blend. Untracked, in device and precision of `like`.
    ///
    /// # Shapes
    /// -> [n, classes].
    ///
    /// # Panics
    /// Where there is not one label below `classes` for each of the `n` samples. Whoever takes labels from outside checks
    /// them first, as [`Batch::labels_below`](crate::training::Batch::labels_below) does.
    pub fn class_weights<const D: usize>(&self, n: usize, classes: usize, like: &Tensor<D>) -> Tensor<2> {
        let labels = self.labels.unwrap_or_else(|| panic!("a conditional network was given no labels"));
        let mut weights = vec![0.0f32; n * classes];
        let mut add = |labels: &[usize], weight: &dyn Fn(usize) -> f32| {
            assert_eq!(labels.len(), n, "one label for each sample");
            for (sample, label) in labels.iter().enumerate() {
                assert!(*label < classes, "label {label}, but there are {classes} classes");
                weights[sample * classes + label] += weight(sample);
            }
        };
        match self.blend {
            None => add(labels, &|_| 1.0),
            Some(Blend { towards, shares }) => {
                assert_eq!(shares.len(), n, "one share for each sample");
                add(labels, &|sample| 1.0 - shares[sample]);
                add(towards, &|sample| shares[sample]);
            }
        }
        Tensor::from_data(TensorData::new(weights, [n, classes]), (&like.device(), like.dtype()))
    }

    /// The row of `table` of each sample's class.
    ///
    /// # Shapes
    /// `table` [classes, size] -> [N, size].
    ///
    /// # Panics
    /// As [`Pass::class_weights`].
    pub fn class_rows(&self, table: Tensor<2>) -> Tensor<2> {
        let weights = self.class_weights(self.labels.map_or(0, <[usize]>::len), table.dims()[0], &table);
        ganymede_ops::linear(weights, table, None, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[test]
    fn a_blend_mixes_the_rows_of_two_classes() {
        let table = wave([3, 2], 0.0);
        let rows = values(table.clone());
        let blend = Blend { towards: &[1, 1, 0], shares: &[0.0, 0.25, 1.0] };
        let mixed = values(Pass::eval().with_labels(Some(&[0, 2, 2])).with_blend(blend).class_rows(table));
        let expected =
            [rows[0], rows[1], 0.75 * rows[4] + 0.25 * rows[2], 0.75 * rows[5] + 0.25 * rows[3], rows[0], rows[1]];
        assert!(mixed.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-6), "{mixed:?}");
    }

    #[test]
    #[should_panic(expected = "no labels")]
    fn a_conditional_network_without_labels_says_so() {
        Pass::eval().class_rows(wave([3, 2], 0.0));
    }
}
