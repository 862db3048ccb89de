//! Batch normalisation by the batch's own statistics (Ioffe & Szegedy 2015), with an activation.
//!
//! ```text
//! xhat = (x - mean) r,   r = 1 / sqrt(var + eps)          y = a(gamma xhat + beta)          n values a channel
//! gz = a'(.) gy          gbeta = sum gz          ggamma = sum gz xhat
//! gx = gamma r (gz - gbeta / n - xhat ggamma / n)                        the gradient through mean and var included
//! ```
//! The variance is the mean of squared deviations from the mean, in a second pass: exact where the mean is large.

use burn::{
    backend::{
        Autodiff, Dispatch, Flex, TensorMetadata,
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

use crate::{
    buffers::Buffer,
    channels::Channels,
    composed,
    layout::{Dense, feature_strides, image_strides},
    moments::{Moments, gradient, normalize},
    record::{flex, is_fused, record},
};

/// Batch normalisation by the batch's own statistics, `a(gamma (x - mean) / sqrt(var + eps) + beta)`.
/// Returns the output, and the mean and the biased variance of each channel, both detached.
///
/// # Shapes
/// `x` [N, C, ...], `gamma` and `beta` [C] -> [N, C, ...], [C], [C].
///
/// # Panics
/// Where the shapes do not fit together.
pub fn batch_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    slope: f64,
) -> (Tensor<D>, Tensor<1>, Tensor<1>) {
    if slope < 0.0 || !matches!(D, 2 | 4) || !(is_fused(&x) && is_fused(&gamma) && is_fused(&beta)) {
        return composed::batch_norm(x, gamma, beta, epsilon, slope);
    }
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    let (y, mean, var) = Dispatch::batch_norm_activation(x, gamma, beta, epsilon as f32, slope as f32);
    (Tensor::from_dispatch(y), Tensor::from_dispatch(mean), Tensor::from_dispatch(var))
}

/// Batch normalisation by the given statistics, `a(gamma (x - mean) / sqrt(var + eps) + beta)`. The fused form is for
/// sampling: off the autodiff graph.
///
/// # Shapes
/// `x` [N, C, ...], `gamma`, `beta`, `mean` and `var` [C] -> [N, C, ...].
///
/// # Panics
/// Where the shapes do not fit together.
pub fn batch_norm_fixed<const D: usize>(
    x: Tensor<D>,
    parameters: [Tensor<1>; 4],
    epsilon: f64,
    slope: f64,
) -> Tensor<D> {
    let fits = slope >= 0.0 && matches!(D, 2 | 4) && !x.is_autodiff() && is_fused(&x);
    if !(fits && parameters.iter().all(|p| !p.is_autodiff() && is_fused(p))) {
        return composed::batch_norm_fixed(x, parameters, epsilon, slope);
    }
    let [gamma, beta, mean, variance] = parameters.map(|p| Dense::rows(flex(p)));
    let moments = Moments { mean: mean.values().to_vec(), variance: variance.values().to_vec() };
    let x = flex(x);
    let shape = x.shape();
    let channels = Channels::of(&shape);
    let x = Dense::activation(x);
    let all = [gamma.values(), beta.values(), mean.values(), variance.values()];
    assert!(all.iter().all(|p| p.len() == channels.count()), "batch norm: a parameter is not one number a channel");
    let mut y = Buffer::take(x.values().len());
    normalize(x.values(), &mut y, channels, &moments, all[0], all[1], epsilon as f32, slope as f32);
    Tensor::from_primitive::<Flex>(activation_tensor(y, &shape))
}

#[backend_extension(Autodiff, Flex)]
pub trait BatchNormBackend: burn::backend::Backend {
    /// The output, the mean and the biased variance.
    fn batch_norm_activation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl BatchNormBackend for Flex {
    fn batch_norm_activation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let shape = x.shape();
        let channels = Channels::of(&shape);
        let (x, gamma, beta) = (Dense::activation(x), Dense::rows(gamma), Dense::rows(beta));
        let fits = gamma.values().len() == channels.count() && beta.values().len() == channels.count();
        assert!(fits, "batch norm: gamma and beta are not one number a channel");
        let moments = Moments::of(x.values(), channels);
        let mut y = Buffer::take(x.values().len());
        normalize(x.values(), &mut y, channels, &moments, gamma.values(), beta.values(), epsilon, slope);
        let tensor = |values: &[f32]| FlexTensor::from_data(values.into());
        (activation_tensor(y, &shape), tensor(&moments.mean), tensor(&moments.variance))
    }
}

/// A tensor of shape [N, C] or [N, C, H, W] of values in the order of [`Dense::activation`].
fn activation_tensor(values: Buffer, shape: &[usize]) -> FlexTensor {
    match *shape {
        [batch, features] => values.into_tensor([batch, features], feature_strides([batch, features])),
        [batch, channels, height, width] => {
            let shape = [batch, channels, height, width];
            values.into_tensor(shape, image_strides(shape))
        }
        _ => unreachable!("batch norm takes these two ranks only"),
    }
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
struct Saved {
    x: FlexTensor,
    gamma: FlexTensor,
    /// Where there is an activation.
    y: Option<FlexTensor>,
    moments: Moments,
    epsilon: f32,
    slope: f32,
}

#[derive(Debug)]
struct BatchNormGradient;

impl Backward<Flex, 3> for BatchNormGradient {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let Saved { x, gamma, y, moments, epsilon, slope } = ops.state;
        let channels = Channels::of(&x.shape());
        let mut g = Dense::activation(gradients.consume::<Flex>(&ops.node));
        let (x, y, gamma) = (Dense::activation(x), y.map(Dense::activation), Dense::rows(gamma));
        let y = y.as_ref().map(Dense::values);
        let (gamma_gradient, beta_gradient) =
            gradient(g.values_mut(), x.values(), y, channels, &moments, gamma.values(), epsilon, slope);
        let [x_node, gamma_node, beta_node] = ops.parents;
        if let Some(node) = x_node {
            gradients.register::<Flex>(node.id, g.into_activation());
        }
        for (node, sums) in [(gamma_node, gamma_gradient), (beta_node, beta_gradient)] {
            if let Some(node) = node {
                gradients.register::<Flex>(node.id, FlexTensor::from_data(sums.as_slice().into()));
            }
        }
    }
}

impl<C: CheckpointStrategy> BatchNormBackend for Autodiff<Flex, C> {
    fn batch_norm_activation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let ((x, x_node), (gamma, gamma_node), (beta, beta_node)) =
            (x.into_parts(), gamma.into_parts(), beta.into_parts());
        let (y, mean, var) = Flex::batch_norm_activation(x.clone(), gamma.clone(), beta, epsilon, slope);
        let saved = || Saved {
            x,
            gamma,
            y: (slope != 1.0).then(|| y.clone()),
            moments: Moments {
                mean: Dense::rows(mean.clone()).values().to_vec(),
                variance: Dense::rows(var.clone()).values().to_vec(),
            },
            epsilon,
            slope,
        };
        let output = record::<_, C, 3>(BatchNormGradient, [x_node, gamma_node, beta_node], y.clone(), saved);
        (output, Self::FloatTensorPrimitive::new(mean), Self::FloatTensorPrimitive::new(var))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    /// The fused form is off the autodiff graph, where the tests over all operators do not come.
    #[test]
    fn by_given_statistics_it_is_the_composed_form_in_both_orders() {
        let tensor = |count: usize, factor: usize| -> Tensor<1> {
            let values = (0..count).map(|i| ((i * factor) % 211) as f32 / 100.0 - 1.0).collect();
            Tensor::from_data(TensorData::new(values, [count]), &Device::flex())
        };
        for (n, c, h, w, slope) in [(3, 1, 1, 2, 1.0), (1, 5, 7, 3, 0.2), (40, 64, 5, 4, 0.0)] {
            let parameters = || [tensor(c, 7), tensor(c, 11), tensor(c, 13), tensor(c, 17).square() + 0.1];
            let x = || tensor(n * c * h * w, 29);
            let largest = |difference: Tensor<1>| difference.abs().max().into_scalar::<f32>();
            let images = || x().reshape([n, h, w, c]).permute([0, 3, 1, 2]);
            let difference = batch_norm_fixed(images(), parameters(), 1e-5, slope)
                - composed::batch_norm_fixed(images(), parameters(), 1e-5, slope);
            assert!(largest(difference.reshape([n * c * h * w])) <= 1e-5);
            let features = || x().reshape([c, n * h * w]).transpose();
            let difference = batch_norm_fixed(features(), parameters(), 1e-5, slope)
                - composed::batch_norm_fixed(features(), parameters(), 1e-5, slope);
            assert!(largest(difference.reshape([n * c * h * w])) <= 1e-5);
        }
    }
}
