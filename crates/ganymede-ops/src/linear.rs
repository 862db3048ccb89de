//! Fully connected layer with bias and activation.
//!
//! ```text
//! y = a(x W + b)         gz = a'(.) gy         gx = gz W^T         gW = x^T gz         gb = sum_n gz
//! ```
//! Features lie `[F][N]`, so all three products write along contiguous memory: `y^T = W^T x^T` has the batch as its inner
//! axis, and so has `gx`; `gW` is written row by row, as the weight lies.

use burn::{
    backend::{
        Autodiff, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops},
        },
        backend_extension,
        flex::FlexTensor,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};
use rayon::prelude::*;

use crate::{
    buffers::Buffer,
    channels::{Channels, activation_gradient, add_bias_and_activate},
    composed,
    layout::{Dense, dims, feature_strides},
    matrix::{Destination, Matrix, Threads, multiply},
    record::{bias_or_none, is_fused, record},
    transpose::transposed,
};

/// A batch this small makes the product a pass over the weight, which is then cut into blocks of outputs.
const FEW: usize = 4;
const OUTPUTS_PER_TASK: usize = 128;

/// `a(x w + b)`.
///
/// # Shapes
/// `x` [N, in], `weight` [in, out], `bias` [out] -> [N, out].
///
/// # Panics
/// Where the shapes do not fit together.
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>, slope: f64) -> Tensor<2> {
    if slope < 0.0 || !(is_fused(&x) && is_fused(&weight)) {
        return composed::linear(x, weight, bias, slope);
    }
    let bias = bias_or_none(bias, &x).into_dispatch();
    Tensor::from_dispatch(Dispatch::linear_activation(x.into_dispatch(), weight.into_dispatch(), bias, slope as f32))
}

#[backend_extension(Autodiff, Flex)]
pub trait LinearBackend: burn::backend::Backend {
    /// `a(x w + b)`; a bias of no numbers is none.
    fn linear_activation(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self>;
}

impl LinearBackend for Flex {
    fn linear_activation(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self> {
        let ([batch, inputs], [weight_inputs, outputs]) = (dims(&x), dims(&weight));
        assert_eq!(inputs, weight_inputs, "linear: the input's features are not the weight's");
        let bias = Dense::rows(bias);
        let bias = Some(bias.values()).filter(|bias| !bias.is_empty());
        assert!(bias.is_none_or(|bias| bias.len() == outputs), "linear: the bias has another size than the output");
        let (x, weight) = (Dense::features(x), Dense::rows(weight));
        let mut y = Buffer::take(batch * outputs);
        product(&mut y, x.values(), weight.values(), [batch, inputs, outputs]);
        add_bias_and_activate(&mut y, Channels::of(&[batch, outputs]), bias, slope);
        y.into_tensor([batch, outputs], feature_strides([batch, outputs]))
    }
}

/// `y = x w` on `[F][N]`.
fn product(y: &mut [f32], x: &[f32], weight: &[f32], [batch, inputs, outputs]: [usize; 3]) {
    let x = Matrix::by_columns(x, batch, inputs);
    if batch > FEW || y.is_empty() || inputs == 0 {
        return multiply(y, x, Matrix::by_rows(weight, inputs, outputs), Destination::Overwrite, Threads::All);
    }
    y.par_chunks_mut(OUTPUTS_PER_TASK * batch).enumerate().for_each(|(block, y)| {
        let weight = Matrix {
            values: &weight[block * OUTPUTS_PER_TASK..],
            rows: inputs,
            columns: y.len() / batch,
            row_stride: outputs,
            column_stride: 1,
        };
        multiply(y, x, weight, Destination::Overwrite, Threads::This);
    });
}

/// What the backward pass needs, each only where a tracked input makes it so.
#[derive(Debug, Clone)]
struct Saved {
    x: Option<FlexTensor>,
    weight: Option<FlexTensor>,
    y: Option<FlexTensor>,
    sizes: [usize; 3],
    slope: f32,
}

#[derive(Debug)]
struct LinearGradient;

impl Backward<Flex, 3> for LinearGradient {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node, bias_node] = ops.parents;
        let Saved { x, weight, y, sizes: [batch, inputs, outputs], slope } = ops.state;
        let mut g = Dense::features(gradients.consume::<Flex>(&ops.node));
        let y = y.map(Dense::features);
        if y.is_some() || bias_node.is_some() {
            let (y, channels) = (y.as_ref().map(Dense::values), Channels::of(&[batch, outputs]));
            let sums = activation_gradient(g.values_mut(), y, channels, slope, bias_node.is_some());
            if let (Some(node), Some(sums)) = (bias_node, sums) {
                gradients.register::<Flex>(node.id, FlexTensor::from_data(sums.as_slice().into()));
            }
        }
        let g = Matrix::by_columns(g.values(), batch, outputs);
        if let (Some(node), Some(weight)) = (x_node, weight) {
            let weight = Dense::rows(weight);
            let mut gx = Buffer::take(batch * inputs);
            let transposed = Matrix::by_rows(weight.values(), inputs, outputs).transposed();
            multiply(&mut gx, g, transposed, Destination::Overwrite, Threads::All);
            gradients.register::<Flex>(node.id, gx.into_tensor([batch, inputs], feature_strides([batch, inputs])));
        }
        if let (Some(node), Some(x)) = (weight_node, x) {
            let x = Dense::features(x);
            let mut gw = Buffer::take(inputs * outputs);
            let x = Matrix::by_columns(x.values(), batch, inputs);
            // the product wants its left side along the columns, and would transpose it more slowly
            let g = transposed(g.values, [1, outputs, batch]);
            let g = Matrix::by_columns(&g, outputs, batch);
            multiply(&mut gw, g, x, Destination::Overwrite, Threads::All);
            gradients.register::<Flex>(node.id, gw.into_tensor([inputs, outputs], [outputs, 1]));
        }
    }
}

impl<C: CheckpointStrategy> LinearBackend for Autodiff<Flex, C> {
    fn linear_activation(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self> {
        let (x_tracked, weight_tracked) = (x.is_tracked(), weight.is_tracked());
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let (bias, bias_node) = bias.into_parts();
        let ([batch, inputs], [_, outputs]) = (dims(&x), dims(&weight));
        let y = Flex::linear_activation(x.clone(), weight.clone(), bias, slope);
        let output = y.clone();
        let saved = || Saved {
            x: weight_tracked.then_some(x),
            weight: x_tracked.then_some(weight),
            y: (slope != 1.0).then_some(y),
            sizes: [batch, inputs, outputs],
            slope,
        };
        record::<_, C, 3>(LinearGradient, [x_node, weight_node, bias_node], output, saved)
    }
}
