//! Class-conditional batch normalisation (Dumoulin et al. 2017; de Vries et al. 2017).
//!
//! ```text
//! y = a(gamma_c (x - mean) / sqrt(var + eps) + beta_c)       c the sample's class, a row of gains and of biases each
//! tangent, outside training: a'(.) gamma_c t / sqrt(var + eps)
//! ```
//! Mean and variance are those of the whole batch, whatever its classes, or the running ones, as in
//! [`BatchNorm`](super::BatchNorm).

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};

use super::{Buffer, Initializer, batch_norm::normalized};
use crate::{networks::Pass, signal::Signal};

/// Batch normalisation with a row of gains and a row of biases for each class.
#[derive(Module, Debug)]
pub struct ConditionalBatchNorm {
    /// [classes, channels].
    pub gamma: Param<Tensor<2>>,
    /// [classes, channels].
    pub beta: Param<Tensor<2>>,
    pub running_mean: Buffer<1>,
    pub running_var: Buffer<1>,
    slope: f64,
}

impl ConditionalBatchNorm {
    pub fn new(channels: usize, classes: usize, init: &mut Initializer) -> Self {
        ConditionalBatchNorm {
            gamma: init.ones([classes, channels]),
            beta: init.zeros([classes, channels]),
            running_mean: Buffer::new(Tensor::zeros([channels], init.device())),
            running_var: Buffer::new(Tensor::ones([channels], init.device())),
            slope: 1.0,
        }
    }

    /// With a ReLU on the output.
    pub fn relu(self) -> Self {
        ConditionalBatchNorm { slope: 0.0, ..self }
    }

    /// # Shapes
    /// [N, C, ...] -> [N, C, ...].
    ///
    /// # Panics
    /// With a tangent in training mode, as [`BatchNorm::forward`](super::BatchNorm::forward); and as
    /// [`Pass::class_weights`].
    pub fn forward<const D: usize>(&self, x: Signal<D>, pass: &Pass) -> Signal<D> {
        let mut shape = [1; D];
        shape[..2].copy_from_slice(&x.dims()[..2]);
        let [gain, bias] = [&self.gamma, &self.beta].map(|table| pass.class_rows(table.val()).reshape(shape));
        let channel = self.running_mean.get();
        let (one, zero) = (channel.ones_like(), channel.zeros_like());
        let x = normalized(x, pass.mode, one, zero, [&self.running_mean, &self.running_var], 1.0);
        let y = x.affine(|x, constant| {
            let scaled = x * gain.clone();
            if constant { scaled + bias.clone() } else { scaled }
        });
        if self.slope == 1.0 { y } else { y.leaky_relu(self.slope) }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::DType;

    use super::*;
    use crate::{layers::BatchNorm, networks::Mode, parameters::cast, testing::*};

    fn layer() -> ConditionalBatchNorm {
        let mut layer = ConditionalBatchNorm::new(2, 3, &mut initializer()).relu();
        layer.gamma = parameter([3, 2], 1.0);
        layer.beta = parameter([3, 2], 2.0);
        layer
    }

    /// ```python
    /// x, g, b, y = leaf(4, 2, 2, 1), leaf(3, 2, phase=1.), leaf(3, 2, phase=2.), torch.tensor([2, 0, 0, 1])
    /// mean, var = torch.zeros(2).double(), torch.ones(2).double()
    /// def cbn(training):
    ///     h = F.batch_norm(x, mean, var, training=training); r = lambda t: F.embedding(y, t)[:, :, None, None]
    ///     return F.relu(h * r(g) + r(b))
    /// h = cbn(True); probe(h); print(h, x.grad, g.grad, b.grad, mean, var); print(cbn(False))
    /// ```
    #[test]
    fn it_agrees_with_pytorch_in_training_and_after() {
        let layer = layer();
        let x = leaf([4, 2, 2, 1], 0.0);
        let labels = [2, 0, 0, 1];
        let y = layer.forward(x.clone().into(), &Pass::train().with_labels(Some(&labels))).value;
        let gradients = probe(&y);
        assert_golden(y, GOLDEN[0]);
        assert_golden_gradient(&x, &gradients, GOLDEN[1]);
        assert_golden_gradient(&layer.gamma.val(), &gradients, GOLDEN[2]);
        assert_golden_gradient(&layer.beta.val(), &gradients, GOLDEN[3]);
        assert_golden(layer.running_mean.get(), GOLDEN[4]);
        assert_golden(layer.running_var.get(), GOLDEN[5]);
        let y = layer.forward(x.into(), &Pass::eval().with_labels(Some(&labels))).value;
        assert_golden(y, GOLDEN[6]);
    }
    const GOLDEN: [&[f64]; 7] = [
        &[
            0.000000, 0.000000, 0.000000, 0.000000, 1.249292, 0.000000, 0.000000, 0.000000, 0.000000, 0.669344,
            1.139046, 1.526832, 0.777642, 0.000000, 0.000000, 0.000000,
        ],
        &[
            0.146579, 0.576436, 0.454425, 0.423771, -0.476746, -0.087483, -0.011259, -0.039064, -0.274637, 0.384645,
            -0.264947, -0.665033, -0.628293, 0.359499, 0.115403, -0.013296,
        ],
        &[-0.223211, -1.451031, -1.406198, 0.000000, 0.000000, 0.000000],
        &[-0.340148, -1.500656, -0.919329, 0.000000, 0.000000, 0.000000],
        &[0.014846, 0.004920],
        &[0.924356, 0.981972],
        &[
            0.000000, 0.000000, 0.000000, 0.000000, 1.189492, 0.589292, 0.000000, 0.000000, 0.343807, 0.911020,
            1.079917, 1.411337, 0.334431, 0.000000, 0.000000, 0.000000,
        ],
    ];

    #[test]
    fn with_equal_rows_it_is_plain_batch_normalisation() {
        let mut layer = layer();
        let mut plain = BatchNorm::new(2, &mut initializer()).relu();
        plain.gamma = parameter([2], 1.0);
        plain.beta = parameter([2], 2.0);
        let rows = |row: &Param<Tensor<1>>| {
            let rows = row.val().inner().reshape([1, 2]).repeat_dim(0, 3);
            Param::from_tensor(Tensor::from_inner(rows))
        };
        layer.gamma = rows(&plain.gamma);
        layer.beta = rows(&plain.beta);
        let x = wave([5, 2, 3, 2], 0.0);
        let got = values(layer.forward(x.clone().into(), &Pass::train().with_labels(Some(&[0, 1, 2, 1, 0]))).value);
        let expected = values(plain.forward(x.into(), Mode::Train).value);
        assert!(got.iter().zip(&expected).all(|(got, expected)| (got - expected).abs() < 1e-5));
    }

    #[test]
    fn a_sample_does_not_see_the_rows_of_other_classes() {
        let layer = layer();
        let (x, labels) = (wave([2, 2], 0.0), [0, 1]);
        let before = values(layer.forward(x.clone().into(), &Pass::eval().with_labels(Some(&labels))).value);
        let other = layer.clone();
        let first = Tensor::<2>::from_data([[9.0, 9.0], [0.0, 0.0], [0.0, 0.0]], &device().inner());
        let changed = other.beta.val().inner() + first;
        let changed = ConditionalBatchNorm { beta: Param::from_tensor(Tensor::from_inner(changed)), ..other };
        let after = values(changed.forward(x.into(), &Pass::eval().with_labels(Some(&labels))).value);
        assert_eq!(before[2..], after[2..]);
        assert_ne!(before[..2], after[..2]);
    }

    #[test]
    fn its_tangent_outside_training_is_the_derivative() {
        let layer = cast(layer(), DType::F64);
        let labels = [2, 0, 1, 1];
        let pass = Pass::eval().with_labels(Some(&labels));
        assert_tangent_is_derivative([4, 2], |x| layer.forward(x, &pass));
        assert_tangent_is_derivative([4, 2, 3, 1], |x| layer.forward(x, &pass));
    }
}
