//! A value and, where asked, its directional derivative: a network written once on [`Signal`] runs on both.
//!
//! ```text
//! x^ = x + eps t,  eps^2 = 0              a dual number: value x, tangent t
//! affine map         f(x^) = (W x + b) + eps W t
//! activation         a(x^) = a(x) + eps a'(x) t
//! product            x^ y^ = x y + eps (t_x y + x t_y)
//! ```
//! The tangent of a discriminator's logit along `v` is `<grad h(x), v>`, made of ordinary tensor operations, so first-order
//! autodiff can differentiate it in the parameters. That is what makes gradient penalties exact here (see `penalties`).

use burn::tensor::{Tensor, activation};

/// A tensor, with an optional tangent of the same shape.
#[derive(Debug, Clone)]
pub struct Signal<const D: usize> {
    pub value: Tensor<D>,
    pub tangent: Option<Tensor<D>>,
}

impl<const D: usize> From<Tensor<D>> for Signal<D> {
    fn from(value: Tensor<D>) -> Self {
        Signal { value, tangent: None }
    }
}

impl<const D: usize> Signal<D> {
    /// The dual number `value + eps tangent`.
    pub fn dual(value: Tensor<D>, tangent: Tensor<D>) -> Self {
        Signal { value, tangent: Some(tangent) }
    }

    /// The lengths of the axes.
    pub fn dims(&self) -> [usize; D] {
        self.value.dims()
    }

    /// An affine map: `map(x, true)` adds the constant part (the bias), `map(t, false)` leaves it out.
    pub fn affine<const E: usize>(self, map: impl Fn(Tensor<D>, bool) -> Tensor<E>) -> Signal<E> {
        Signal { value: map(self.value, true), tangent: self.tangent.map(|t| map(t, false)) }
    }

    /// A linear map: reshaping, resampling, pooling by means, permuting.
    pub fn linear_map<const E: usize>(self, map: impl Fn(Tensor<D>) -> Tensor<E>) -> Signal<E> {
        self.affine(|x, _| map(x))
    }

    /// An elementwise map and its derivative, both as tensor operations: autodiff may differentiate the derivative again,
    /// as smooth activations need.
    pub fn pointwise(self, map: impl Fn(Tensor<D>) -> Tensor<D>, derivative: impl Fn(Tensor<D>) -> Tensor<D>) -> Self {
        let tangent = self.tangent.map(|t| t * derivative(self.value.clone()));
        Signal { value: map(self.value), tangent }
    }

    /// `max(x, slope x)`; its derivative at 0 is `slope`, as in PyTorch.
    pub fn leaky_relu(self, slope: f64) -> Self {
        let value = match slope {
            0.0 => activation::relu(self.value),
            // burn's own has the derivative 1 at 0, and the tangent would disagree with the gradient
            _ => ganymede_ops::leaky_relu_tangent(self.value.clone(), &self.value, slope),
        };
        let tangent = self.tangent.map(|t| ganymede_ops::leaky_relu_tangent(t, &value, slope));
        Signal { value, tangent }
    }

    pub fn relu(self) -> Self {
        self.leaky_relu(0.0)
    }

    pub fn tanh(self) -> Self {
        self.pointwise(ganymede_ops::tanh, |x| ganymede_ops::tanh(x).square().neg() + 1.0)
    }

    pub fn sigmoid(self) -> Self {
        self.pointwise(activation::sigmoid, |x| {
            let s = activation::sigmoid(x);
            s.clone() * (s.neg() + 1.0)
        })
    }

    /// `x sigmoid(x)`.
    pub fn silu(self) -> Self {
        self.pointwise(activation::silu, |x| {
            let s = activation::sigmoid(x.clone());
            s.clone() + x * s.clone() * (s.neg() + 1.0)
        })
    }

    /// `log(1 + exp(x))`.
    pub fn softplus(self) -> Self {
        self.pointwise(ganymede_ops::softplus, activation::sigmoid)
    }
}

impl<const D: usize> std::ops::Add for Signal<D> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Signal { value: self.value + other.value, tangent: add(self.tangent, other.tangent) }
    }
}

impl<const D: usize> std::ops::Mul for Signal<D> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let left = self.tangent.map(|t| t * other.value.clone());
        let right = other.tangent.map(|t| t * self.value.clone());
        Signal { value: self.value * other.value, tangent: add(left, right) }
    }
}

impl<const D: usize> std::ops::Mul<f64> for Signal<D> {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        self.linear_map(|x| x * factor)
    }
}

impl Signal<4> {
    /// `self + skip`, as the end of a residual block.
    pub fn skip(self, skip: Self) -> Self {
        let tangent = match (self.tangent, skip.tangent) {
            (Some(left), Some(right)) => Some(ganymede_ops::add(left, right)),
            (left, right) => left.or(right),
        };
        Signal { value: ganymede_ops::add(self.value, skip.value), tangent }
    }

    /// `[N, C, H, W] -> [N, C H W]`.
    pub fn flatten(self) -> Signal<2> {
        self.linear_map(ganymede_ops::flatten)
    }
}

impl Signal<2> {
    /// `[N, C H W] -> [N, C, H, W]`.
    pub fn unflatten(self, shape: [usize; 3]) -> Signal<4> {
        self.linear_map(|x| ganymede_ops::unflatten(x, shape))
    }
}

/// A missing tangent is zero.
fn add<const D: usize>(left: Option<Tensor<D>>, right: Option<Tensor<D>>) -> Option<Tensor<D>> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left + right),
        (left, right) => left.or(right),
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use super::*;
    use crate::testing::*;

    /// Value and derivative at -100, -20, -1, 0, 0.5, 20, 100.
    ///
    /// ```python
    /// x = torch.tensor([-100., -20., -1., 0., 0.5, 20., 100.]).double().requires_grad_()
    /// y = f(x); y.sum().backward(); print(y, x.grad)   # f: F.leaky_relu(x, 0.2), F.relu, torch.tanh, torch.sigmoid, ...
    /// ```
    #[track_caller]
    fn assert_activation(activation: impl Fn(Signal<1>) -> Signal<1>, value: [f64; 7], derivative: [f64; 7]) {
        let x = Tensor::<1>::from_data([-100.0, -20.0, -1.0, 0.0, 0.5, 20.0, 100.0], &device()).require_grad();
        let y = activation(Signal::dual(x.clone(), x.ones_like()));
        let gradients = y.value.clone().sum().backward();
        assert_golden(y.value, &value);
        assert_golden(y.tangent.unwrap(), &derivative);
        assert_golden_gradient(&x, &gradients, &derivative);
    }

    #[test]
    fn activations_agree_with_pytorch() {
        assert_activation(
            |x| x.leaky_relu(0.2),
            [-20.0, -4.0, -0.2, 0.0, 0.5, 20.0, 100.0],
            [0.2, 0.2, 0.2, 0.2, 1.0, 1.0, 1.0],
        );
        assert_activation(Signal::relu, [0.0, 0.0, 0.0, 0.0, 0.5, 20.0, 100.0], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_activation(
            Signal::tanh,
            [-1.0, -1.0, -0.761594, 0.0, 0.462117, 1.0, 1.0],
            [0.0, 0.0, 0.419974, 1.0, 0.786448, 0.0, 0.0],
        );
        assert_activation(
            Signal::sigmoid,
            [0.0, 0.0, 0.268941, 0.5, 0.622459, 1.0, 1.0],
            [0.0, 0.0, 0.196612, 0.25, 0.235004, 0.0, 0.0],
        );
        assert_activation(
            Signal::silu,
            [0.0, 0.0, -0.268941, 0.0, 0.311230, 20.0, 100.0],
            [0.0, 0.0, 0.072329, 0.5, 0.739961, 1.0, 1.0],
        );
        assert_activation(
            Signal::softplus,
            [0.0, 0.0, 0.313262, LN_2, 0.974077, 20.0, 100.0],
            [0.0, 0.0, 0.268941, 0.5, 0.622459, 1.0, 1.0],
        );
    }

    #[test]
    fn tangents_are_derivatives() {
        let shape = [3, 4];
        assert_tangent_is_derivative(shape, |x| x.leaky_relu(0.2));
        assert_tangent_is_derivative(shape, Signal::relu);
        assert_tangent_is_derivative(shape, Signal::tanh);
        assert_tangent_is_derivative(shape, Signal::sigmoid);
        assert_tangent_is_derivative(shape, Signal::silu);
        assert_tangent_is_derivative(shape, Signal::softplus);
        assert_tangent_is_derivative(shape, |x| x.clone().tanh() * x.clone() + x * 3.0);
        assert_tangent_is_derivative([2, 3, 2, 1], |x| x.clone().tanh().skip(x));
        assert_tangent_is_derivative([2, 12], |x| x.unflatten([3, 2, 2]).tanh().flatten());
    }

    #[test]
    fn a_missing_tangent_is_zero() {
        let (x, y) = (wave([3], 0.0), wave([3], 1.0));
        let sum = Signal::dual(x.clone(), y.clone()) + x.clone().into();
        assert_eq!(values(sum.tangent.unwrap()), values(y.clone()));
        let product = Signal::from(x.clone()) * Signal::dual(y.clone(), y.clone());
        assert_eq!(values(product.tangent.unwrap()), values(x.clone() * y));
        assert!((Signal::from(x.clone()) * Signal::from(x)).tangent.is_none());
    }
}
