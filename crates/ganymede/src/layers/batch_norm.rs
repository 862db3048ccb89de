//! Batch normalisation (Ioffe & Szegedy 2015).
//!
//! ```text
//! train   y = a(gamma (x - mean) / sqrt(var + eps) + beta)        mean, biased var of the batch, per channel
//!         running <- (1 - momentum) running + momentum batch      the unbiased variance, as in PyTorch
//! eval    the same with the running statistics;  tangent: a'(.) gamma t / sqrt(var + eps)
//! ```

use burn::{
    module::{Module, Param},
    tensor::{Tensor, module},
};

use super::{Buffer, Initializer};
use crate::{networks::Mode, signal::Signal};

const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

#[derive(Module, Debug)]
pub struct BatchNorm {
    pub gamma: Param<Tensor<1>>,
    pub beta: Param<Tensor<1>>,
    pub running_mean: Buffer<1>,
    pub running_var: Buffer<1>,
    slope: f64,
}

impl BatchNorm {
    pub fn new(channels: usize, init: &mut Initializer) -> Self {
        BatchNorm {
            gamma: init.ones([channels]),
            beta: init.zeros([channels]),
            running_mean: Buffer::new(Tensor::zeros([channels], init.device())),
            running_var: Buffer::new(Tensor::ones([channels], init.device())),
            slope: 1.0,
        }
    }

    /// With a leaky ReLU on the output.
    pub fn leaky_relu(self, slope: f64) -> Self {
        BatchNorm { slope, ..self }
    }

    /// With a ReLU on the output.
    pub fn relu(self) -> Self {
        self.leaky_relu(0.0)
    }

    /// # Shapes
    /// [N, C, ...] -> [N, C, ...].
    ///
    /// # Panics
    /// With a tangent in training mode: there the samples of a batch depend on each other, and a penalty on the gradient
    /// at one sample has no meaning.
    pub fn forward<const D: usize>(&self, x: Signal<D>, mode: Mode) -> Signal<D> {
        match mode {
            Mode::Train => {
                assert!(x.tangent.is_none(), "BatchNorm: no tangent in training mode, its samples are coupled");
                self.forward_train(x.value).into()
            }
            Mode::Eval => self.forward_eval(x),
        }
    }

    fn forward_train<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let dims = x.dims();
        let count = (dims.iter().product::<usize>() / dims[1].max(1)) as f64;
        let (y, mean, var) = ganymede_ops::batch_norm(x, self.gamma.val(), self.beta.val(), EPSILON, self.slope);
        let unbiased = var * (count / (count - 1.0).max(1.0));
        self.running_mean.set(self.running_mean.get() * (1.0 - MOMENTUM) + mean * MOMENTUM);
        self.running_var.set(self.running_var.get() * (1.0 - MOMENTUM) + unbiased * MOMENTUM);
        y
    }

    fn forward_eval<const D: usize>(&self, x: Signal<D>) -> Signal<D> {
        let (mean, var) = (self.running_mean.get(), self.running_var.get());
        let y = x.affine(|x, constant| {
            let (beta, mean) = if constant {
                (self.beta.val(), mean.clone())
            } else {
                (self.beta.val().zeros_like(), mean.zeros_like())
            };
            module::batch_norm(x, self.gamma.val(), beta, mean, var.clone(), EPSILON)
        });
        if self.slope == 1.0 { y } else { y.leaky_relu(self.slope) }
    }
}
