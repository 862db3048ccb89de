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
