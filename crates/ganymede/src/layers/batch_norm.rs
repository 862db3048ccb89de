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
        let [gamma, beta] = [&self.gamma, &self.beta].map(Param::val);
        normalized(x, mode, gamma, beta, [&self.running_mean, &self.running_var], self.slope)
    }
}

/// The layer itself, which moves the running mean and variance when it trains.
pub(super) fn normalized<const D: usize>(
    x: Signal<D>,
    mode: Mode,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    running: [&Buffer<1>; 2],
    slope: f64,
) -> Signal<D> {
    match mode {
        Mode::Train => {
            assert!(x.tangent.is_none(), "BatchNorm: no tangent in training mode, its samples are coupled");
            by_batch(x.value, gamma, beta, running, slope).into()
        }
        Mode::Eval => by_running(x, gamma, beta, running, slope),
    }
}

fn by_batch<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    [running_mean, running_var]: [&Buffer<1>; 2],
    slope: f64,
) -> Tensor<D> {
    let dims = x.dims();
    let count = (dims.iter().product::<usize>() / dims[1].max(1)) as f64;
    let (y, mean, var) = ganymede_ops::batch_norm(x, gamma, beta, EPSILON, slope);
    let unbiased = var * (count / (count - 1.0).max(1.0));
    running_mean.set(running_mean.get() * (1.0 - MOMENTUM) + mean * MOMENTUM);
    running_var.set(running_var.get() * (1.0 - MOMENTUM) + unbiased * MOMENTUM);
    y
}

fn by_running<const D: usize>(
    x: Signal<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    running: [&Buffer<1>; 2],
    slope: f64,
) -> Signal<D> {
    let [mean, var] = running.map(Buffer::get);
    if x.tangent.is_none() {
        return ganymede_ops::batch_norm_fixed(x.value, [gamma, beta, mean, var], EPSILON, slope).into();
    }
    let y = x.affine(|x, constant| {
        let (beta, mean) = if constant { (beta.clone(), mean.clone()) } else { (beta.zeros_like(), mean.zeros_like()) };
        module::batch_norm(x, gamma.clone(), beta, mean, var.clone(), EPSILON)
    });
    if slope == 1.0 { y } else { y.leaky_relu(slope) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parameters::cast, testing::*};
    use burn::tensor::DType;

    fn layer() -> BatchNorm {
        let mut layer = BatchNorm::new(2, &mut initializer()).relu();
        layer.gamma = parameter([2], 1.0);
        layer.beta = parameter([2], 2.0);
        layer
    }

    /// ```python
    /// x, g, b = leaf(3, 2, 2, 1), leaf(2, phase=1.), leaf(2, phase=2.)
    /// mean, var = torch.zeros(2).double(), torch.ones(2).double()
    /// y = F.relu(F.batch_norm(x, mean, var, g, b, training=True)); probe(y); print(y, x.grad, g.grad, b.grad, mean, var)
    /// x.grad = g.grad = b.grad = None
    /// y = F.relu(F.batch_norm(x, mean, var, g, b, training=False)); probe(y); print(y, x.grad, g.grad, b.grad)
    /// ```
    #[test]
    fn it_agrees_with_pytorch_in_training_and_after() {
        let layer = layer();
        let x = leaf([3, 2, 2, 1], 0.0);
        let y = layer.forward(x.clone().into(), Mode::Train).value;
        let gradients = probe(&y);
        assert_golden(
            y,
            &[
                0.904612, 2.201018, 1.251958, 1.110420, 1.578733, 0.198705, 0.000000, 0.000000, 0.000000, 0.938448,
                0.871641, 1.255106,
            ],
        );
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                0.453751, -0.193154, -0.053407, -0.091612, -0.399472, 0.219708, 0.014424, -0.047312, -0.519404,
                0.438570, 0.235629, -0.057721,
            ],
        );
        assert_golden_gradient(&layer.gamma.val(), &gradients, &[-1.361089, -2.471155]);
        assert_golden_gradient(&layer.beta.val(), &gradients, &[-0.513744, -3.378073]);
        assert_golden(layer.running_mean.get(), &[0.000233, 0.027330]);
        assert_golden(layer.running_var.get(), &[0.920981, 0.988021]);

        let y = layer.forward(x.clone().into(), Mode::Eval).value;
        let gradients = probe(&y);
        assert_golden(
            y,
            &[
                0.909093, 1.473958, 1.383251, 1.261298, 1.202818, 0.601519, 0.000000, 0.000000, 0.355585, 0.923836,
                1.055559, 1.385963,
            ],
        );
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                0.123737, -0.464572, -0.949369, -0.923642, -0.407374, 0.188622, 0.000000, 0.000000, 0.643936, 0.109124,
                -0.542744, -0.954390,
            ],
        );
        assert_golden_gradient(&layer.gamma.val(), &gradients, &[-1.077425, -2.965135]);
        assert_golden_gradient(&layer.beta.val(), &gradients, &[0.220653, -3.378073]);
    }

    #[test]
    fn its_tangent_outside_training_is_the_derivative() {
        let layer = layer();
        layer.forward(wave([3, 2, 2, 1], 0.5).into(), Mode::Train);
        let layer = cast(layer, DType::F64);
        assert_tangent_is_derivative([4, 2], |x| layer.forward(x, Mode::Eval));
        assert_tangent_is_derivative([4, 2, 3, 1], |x| layer.forward(x, Mode::Eval));
    }

    #[test]
    #[should_panic(expected = "no tangent in training mode")]
    fn a_tangent_in_training_is_refused() {
        let x = wave([3, 2], 0.0);
        layer().forward(Signal::dual(x.clone(), x), Mode::Train);
    }

    /// An averaged generator is a clone of the live one: it must not move with it, nor the live one with it.
    #[test]
    fn a_clone_has_running_statistics_of_its_own() {
        let live = layer();
        let average = live.clone().no_grad();
        live.forward(wave([3, 2], 0.0).into(), Mode::Train);
        assert_eq!(values(average.running_mean.get()), [0.0, 0.0]);
        let moved = values(live.running_mean.get());
        assert_ne!(moved, [0.0, 0.0]);
        average.forward(wave([3, 2], 1.0).into(), Mode::Train);
        assert_eq!(values(live.running_mean.get()), moved);
    }
}
