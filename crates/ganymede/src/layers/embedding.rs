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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    /// ```python
    /// w = leaf(3, 2, phase=1.); y = F.embedding(torch.tensor([2, 0, 2]), w); probe(y); print(y, w.grad)
    /// ```
    #[test]
    fn it_agrees_with_pytorch() {
        let layer = Embedding { weight: parameter([3, 2], 1.0) };
        let y = layer.forward(&[2, 0, 2]);
        assert!(y.tangent.is_none());
        let gradients = probe(&y.value);
        assert_golden(y.value, &[-0.611858, -0.977530, 0.841471, 0.991665, -0.611858, -0.977530]);
        assert_golden_gradient(
            &layer.weight.val(),
            &gradients,
            &[-0.951602, -0.925815, 0.000000, 0.000000, -0.323482, -0.314716],
        );
    }

    #[test]
    #[should_panic(expected = "label 3, but there are 3 classes")]
    fn a_label_beyond_the_classes_is_refused() {
        Embedding::new(3, 2, &mut initializer()).forward(&[0, 3]);
    }
}
