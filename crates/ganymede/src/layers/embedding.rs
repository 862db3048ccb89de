//! Embedding: a learnt row for each class.
//!
//! ```text
//! y[n] = W[label n]          tangent: none, a label has no neighbours
//! ```

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};

use super::Initializer;
use crate::{networks::Pass, signal::Signal};

/// A row of `W` [classes, size] for each label.
#[derive(Module, Debug)]
pub struct Embedding {
    pub weight: Param<Tensor<2>>,
}

impl Embedding {
    /// Rows that are N(0, 1) at first, as the latents that they stand beside.
    pub fn new(classes: usize, size: usize, init: &mut Initializer) -> Self {
        Embedding { weight: init.standard([classes, size]) }
    }

    /// # Shapes
    /// N labels -> [N, size].
    ///
    /// # Panics
    /// As [`Pass::class_weights`].
    pub fn forward(&self, pass: &Pass) -> Signal<2> {
        pass.class_rows(self.weight.val()).into()
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
        let y = layer.forward(&Pass::train().with_labels(Some(&[2, 0, 2])));
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
        Embedding::new(3, 2, &mut initializer()).forward(&Pass::train().with_labels(Some(&[0, 3])));
    }
}
