//! Embedding: a learnt row for each class.
//!
//! ```text
//! y[n] = W[label n]          tangent: none, a label has no neighbours
//! ```

use burn::{
    module::{Module, Param},
    tensor::{Int, Tensor, TensorData},
};

use super::Initializer;
use crate::signal::Signal;

/// A row of `W` [classes, size] for each label.
#[derive(Module, Debug)]
pub struct Embedding {
    pub weight: Param<Tensor<2>>,
}

impl Embedding {
    pub fn new(classes: usize, size: usize, init: &mut Initializer) -> Self {
        // one input of each output is not zero
        Embedding { weight: init.weight([classes, size], 1) }
    }

    /// # Shapes
    /// N labels -> [N, size].
    ///
    /// # Panics
    /// When a label is not below the number of classes.
    pub fn forward(&self, labels: &[usize]) -> Signal<2> {
        let weight = self.weight.val();
        let classes = weight.dims()[0];
        if let Some(label) = labels.iter().find(|label| **label >= classes) {
            panic!("Embedding: label {label}, but there are {classes} classes");
        }
        let rows: Vec<i64> = labels.iter().map(|label| *label as i64).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [labels.len()]), &weight.device());
        weight.select(0, rows).into()
    }
}
