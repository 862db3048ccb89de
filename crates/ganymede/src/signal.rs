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
        let value = if slope == 0.0 { activation::relu(self.value) } else { activation::leaky_relu(self.value, slope) };
        let tangent = self.tangent.map(|t| ganymede_ops::leaky_relu_tangent(t, &value, slope));
        Signal { value, tangent }
    }

    pub fn relu(self) -> Self {
        self.leaky_relu(0.0)
    }

    pub fn tanh(self) -> Self {
        self.pointwise(Tensor::tanh, |x| x.tanh().square().neg() + 1.0)
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
