//! Spectral normalisation (Miyato et al. 2018): a layer's weight divided by its largest singular value.
//!
//! ```text
//! W / sigma,   sigma = u^T W v          u, v held constant: d sigma / dW = u v^T
//! one iteration of the power method     v <- W^T u / |W^T u|,   u <- W v / |W v|
//! ```
//! A forward pass only reads u and v. They advance once an update, by [`Discriminator::before_update`]: so the two passes of
//! a gradient penalty, and those of real and generated samples, are passes of the same function.
//!
//! [`Discriminator::before_update`]: crate::networks::Discriminator::before_update

use burn::{module::Module, tensor::Tensor};

use super::{Buffer, Initializer};

/// Iterations at the start, so that the first update meets a usable sigma (PyTorch's number).
const FIRST_ITERATIONS: usize = 15;
/// Keeps the vectors finite when the weight is zero.
const EPSILON: f64 = 1e-12;

/// The singular vectors of a weight, read as a matrix [rows, columns] of its first axis against all others.
#[derive(Module, Debug)]
pub struct SpectralNorm {
    pub u: Buffer<1>,
    pub v: Buffer<1>,
}

impl SpectralNorm {
    pub fn new<const D: usize>(weight: Tensor<D>, init: &mut Initializer) -> Self {
        let [rows, columns] = matrix(weight.clone()).dims();
        let norm =
            SpectralNorm { u: Buffer::new(init.starting_vector(rows)), v: Buffer::new(init.starting_vector(columns)) };
        for _ in 0..FIRST_ITERATIONS {
            norm.advance(weight.clone());
        }
        norm
    }

    /// One iteration of the power method towards the largest singular value of `weight`.
    pub fn advance<const D: usize>(&self, weight: Tensor<D>) {
        let weight = matrix(weight.detach());
        let v = normalized(row(self.u.get()).matmul(weight.clone()));
        let u = normalized(v.clone().matmul(weight.transpose()));
        self.u.set(u.flatten(0, 1));
        self.v.set(v.flatten(0, 1));
    }

    /// `weight / sigma`.
    ///
    /// # Shapes
    /// Those of `weight`, of which the vectors were made.
    pub fn normalize<const D: usize>(&self, weight: Tensor<D>) -> Tensor<D> {
        let left = row(self.u.get()).matmul(matrix(weight.clone()));
        let sigma = (left * row(self.v.get())).sum();
        weight / sigma.reshape([1; D])
    }
}

fn matrix<const D: usize>(weight: Tensor<D>) -> Tensor<2> {
    let rows = weight.dims()[0];
    weight.reshape([rows as i64, -1])
}

fn row(vector: Tensor<1>) -> Tensor<2> {
    vector.unsqueeze()
}

fn normalized(vector: Tensor<2>) -> Tensor<2> {
    let length = vector.clone().square().sum_dim(1).sqrt().clamp_min(EPSILON);
    vector / length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        layers::{Conv2d, Linear},
        testing::*,
    };

    fn after_one_iteration<const D: usize>(weight: Tensor<D>) -> SpectralNorm {
        let [rows, columns] = matrix(weight.clone()).dims();
        let norm = SpectralNorm { u: Buffer::new(wave([rows], 2.0)), v: Buffer::new(wave([columns], 0.0)) };
        norm.advance(weight);
        norm
    }

    /// ```python
    /// from torch.nn.utils.parametrizations import spectral_norm
    /// def advance(w, u): v = F.normalize(w.T @ u, dim=0); return F.normalize(w @ v, dim=0), v
    /// def run(layer, w, u, v, x):
    ///     layer.weight.data = w; layer = spectral_norm(layer).eval(); p = layer.parametrizations.weight
    ///     p[0]._u, p[0]._v = u, v; y = layer(x); probe(y); print(y, x.grad, p.original.grad)
    /// w = wave(3, 4, phase=1.); u, v = advance(w, wave(3, phase=2.)); print(u, v)
    /// run(torch.nn.Linear(3, 4, bias=False), w.T, v, u, leaf(2, 3))     # its weight is the transpose of ours
    /// ```
    #[test]
    fn a_linear_layer_agrees_with_pytorch() {
        let mut layer = Linear::new(3, 4, &mut initializer()).without_bias();
        layer.weight = parameter([3, 4], 1.0);
        let norm = after_one_iteration(layer.weight.val());
        assert_golden(norm.u.get(), &[0.815762, -0.541189, 0.204078]);
        assert_golden(norm.v.get(), &[0.731463, 0.459916, -0.027937, -0.502651]);
        layer.spectral_norm = Some(norm);
        let x = leaf([2, 3], 0.0);
        let y = layer.forward(x.clone().into()).value;
        let gradients = probe(&y);
        assert_golden(y, &[-0.068910, 0.164700, 0.320849, 0.326098, 0.325823, 0.182025, -0.047382, -0.254504]);
        assert_golden_gradient(&x, &gradients, &[-0.860133, 1.279537, -1.551083, 0.316249, -0.791134, 1.174599]);
        assert_golden_gradient(
            &layer.weight.val(),
            &gradients,
            &[
                0.205762, 0.475549, 0.521677, 0.322453, -0.398028, -0.430974, -0.261227, 0.031379, 0.369593, -0.390217,
                -0.966501, -1.088225,
            ],
        );
    }

    /// ```python
    /// w = wave(3, 2, 2, 2, phase=1.); u, v = advance(w.flatten(1), wave(3, phase=2.)); print(u, v)
    /// run(torch.nn.Conv2d(2, 3, 2, bias=False), w, u, v, leaf(1, 2, 3, 3))
    /// ```
    #[test]
    fn a_convolution_agrees_with_pytorch() {
        let mut layer = Conv2d::new(2, 3, 2, &mut initializer()).without_bias();
        layer.weight = parameter([3, 2, 2, 2], 1.0);
        let norm = after_one_iteration(layer.weight.val());
        assert_golden(norm.u.get(), &[0.754198, 0.621972, 0.210563]);
        assert_golden(
            norm.v.get(),
            &[0.396467, 0.473233, 0.327430, 0.027632, -0.285162, -0.463840, -0.424367, -0.185307],
        );
        layer.spectral_norm = Some(norm);
        let x = leaf([1, 2, 3, 3], 0.0);
        let y = layer.forward(x.clone().into()).value;
        let gradients = probe(&y);
        assert_golden(
            y,
            &[
                -0.104634, 0.078456, 0.265184, 0.181000, 0.034546, 0.195642, 0.209303, 0.055443, 0.158220, 0.225010,
                0.059472, -0.095001,
            ],
        );
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                -0.103953, -0.157535, -0.108499, -0.033073, -0.067459, -0.049783, -0.116854, -0.183096, -0.115148,
                0.136546, 0.204525, 0.138252, 0.039767, 0.074744, 0.057637, 0.147187, 0.231861, 0.148518,
            ],
        );
        assert_golden_gradient(
            &layer.weight.val(),
            &gradients,
            &[
                -0.526864, -0.149578, 0.607624, 0.630388, -0.525012, -0.145391, 0.606603, 0.625580, 0.418840,
                -0.059049, -0.718072, -0.590105, 0.404890, -0.076593, -0.723374, -0.584251, -0.254498, 0.270305,
                0.752083, 0.482183, -0.243677, 0.280463, 0.748080, 0.471708,
            ],
        );
    }

    #[test]
    fn its_largest_singular_value_becomes_one() {
        // singular values 3 and 1, whatever the rotation
        let (cos, sin) = (0.8, 0.6);
        let weight = Tensor::<2>::from_data([[3.0 * cos, -sin], [3.0 * sin, cos]], &device());
        let norm = SpectralNorm::new(weight.clone(), &mut initializer());
        let normalized = values(norm.normalize(weight));
        for (got, expected) in normalized.into_iter().zip([cos, -sin / 3.0, sin, cos / 3.0]) {
            assert!((got - expected).abs() < 1e-5, "expected {expected}, got {got}");
        }
    }

    #[test]
    fn only_before_update_advances_the_iteration() {
        let mut layer = Conv2d::new(2, 3, 2, &mut initializer()).spectral_norm(&mut initializer());
        layer.weight = parameter([3, 2, 2, 2], 1.0);
        let u = || values(layer.spectral_norm.as_ref().unwrap().u.get());
        let start = u();
        layer.forward(wave([1, 2, 3, 3], 0.0).into());
        assert_eq!(u(), start);
        layer.before_update();
        assert_ne!(u(), start);
    }

    #[test]
    fn a_zero_weight_stays_finite() {
        let weight = Tensor::<2>::zeros([2, 3], &device());
        let norm = SpectralNorm::new(weight.clone(), &mut initializer());
        norm.advance(weight);
        assert_eq!(values(norm.u.get()), [0.0, 0.0]);
    }
}
