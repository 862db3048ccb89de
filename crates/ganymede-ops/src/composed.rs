//! The operators as compositions of burn's own: the definition, and the form for every backend without a fused one.

use burn::tensor::{
    Tensor, activation,
    module::{self, batch_norm_train},
    ops::{ConvOptions, ConvTransposeOptions},
};

/// `a(x w + b)`.
///
/// # Shapes
/// `x` [N, in], `weight` [in, out], `bias` [out] -> [N, out].
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>, slope: f64) -> Tensor<2> {
    leaky_relu(module::linear(x, weight, bias), slope)
}

/// `a(conv(x, w) + b)`, square stride and zero padding.
///
/// # Shapes
/// `x` [N, in, H, W], `weight` [out, in, k, k], `bias` [out] -> [N, out, (H + 2p - k)/s + 1, (W + 2p - k)/s + 1].
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
    slope: f64,
) -> Tensor<4> {
    let options = ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1);
    leaky_relu(module::conv2d(x, weight, bias, options), slope)
}

/// `a(conv(x, w) + b)` in groups, stride 1 and zero padding.
///
/// # Shapes
/// `x` [N, in, H, W], `weight` [out, in / groups, k, k], `bias` [out] -> [N, out, H + 2p - k + 1, W + 2p - k + 1].
pub fn grouped_conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    groups: usize,
    padding: usize,
    slope: f64,
) -> Tensor<4> {
    let options = ConvOptions::new([1, 1], [padding; 2], [1, 1], groups);
    leaky_relu(module::conv2d(x, weight, bias, options), slope)
}

/// `a(conv^T(x, w) + b)`, square stride and zero padding.
///
/// # Shapes
/// `x` [N, in, H, W], `weight` [in, out, k, k], `bias` [out] -> [N, out, (H - 1)s - 2p + k, (W - 1)s - 2p + k].
pub fn conv_transpose2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
    slope: f64,
) -> Tensor<4> {
    let options = ConvTransposeOptions::new([stride; 2], [padding; 2], [0, 0], [1, 1], 1);
    leaky_relu(module::conv_transpose2d(x, weight, bias, options), slope)
}

/// Batch normalisation by the batch's own statistics, `a(gamma (x - mean) / sqrt(var + eps) + beta)`.
/// Returns the output, and the mean and the biased variance of each channel, both detached.
///
/// # Shapes
/// `x` [N, C, ...], `gamma` and `beta` [C] -> [N, C, ...], [C], [C].
pub fn batch_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    slope: f64,
) -> (Tensor<D>, Tensor<1>, Tensor<1>) {
    let result = batch_norm_train(x, gamma, beta, epsilon);
    (leaky_relu(result.output, slope), result.mean.detach(), result.variance.detach())
}

/// Batch normalisation by the given statistics, `a(gamma (x - mean) / sqrt(var + eps) + beta)`.
///
/// # Shapes
/// `x` [N, C, ...], the others [C] -> [N, C, ...].
pub fn batch_norm_fixed<const D: usize>(
    x: Tensor<D>,
    [gamma, beta, mean, var]: [Tensor<1>; 4],
    epsilon: f64,
    slope: f64,
) -> Tensor<D> {
    let y = module::batch_norm(x, gamma, beta, mean, var, epsilon);
    leaky_relu_tangent(y.clone(), &y, slope)
}

/// `[N, C, H, W] -> [N, C H W]`.
pub fn flatten(x: Tensor<4>) -> Tensor<2> {
    x.flatten(1, 3)
}

/// `[N, C H W] -> [N, C, H, W]`.
pub fn unflatten(x: Tensor<2>, [channels, height, width]: [usize; 3]) -> Tensor<4> {
    let batch = x.dims()[0];
    x.reshape([batch, channels, height, width])
}

/// Channels become pixels.
///
/// # Shapes
/// `x` [N, C r², H, W] -> [N, C, r H, r W] for the factor r.
pub fn pixel_shuffle(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let channels = channels / (factor * factor);
    x.reshape([batch, channels, factor, factor, height, width]).permute([0, 1, 4, 2, 5, 3]).reshape([
        batch,
        channels,
        height * factor,
        width * factor,
    ])
}

/// Half as large through the filter [1, 2, 1] / 4.
///
/// # Shapes
/// `x` [N, C, 2H, 2W] -> [N, C, H, W].
pub fn halve(x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let (planes, filter) = planes(x, 1.0);
    let options = ConvOptions::new([2, 2], [1, 1], [1, 1], 1);
    module::conv2d(planes, filter, None, options).reshape([batch, channels, height / 2, width / 2])
}

/// Twice as large, 4 times the adjoint of [`halve`].
///
/// # Shapes
/// `x` [N, C, H, W] -> [N, C, 2H, 2W].
pub fn double(x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let (planes, filter) = planes(x, 4.0);
    let options = ConvTransposeOptions::new([2, 2], [1, 1], [1, 1], [1, 1], 1);
    module::conv_transpose2d(planes, filter, None, options).reshape([batch, channels, 2 * height, 2 * width])
}

/// Each channel of each image as an image of its own, and the filter [1, 2, 1] / 4 along both axes.
fn planes(x: Tensor<4>, factor: f32) -> (Tensor<4>, Tensor<4>) {
    let [batch, channels, height, width] = x.dims();
    let filter = [1.0, 2.0, 1.0, 2.0, 4.0, 2.0, 1.0, 2.0, 1.0].map(|f: f32| f * factor / 16.0);
    let filter = Tensor::<1>::from_data(filter, (&x.device(), x.dtype())).reshape([1, 1, 3, 3]);
    (x.reshape([batch * channels, 1, height, width]), filter)
}

/// `a + b`.
///
/// # Shapes
/// [N, C, H, W] both, and the sum.
pub fn add(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    a + b
}

/// `tanh(x)`.
pub fn tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.tanh()
}

/// A tangent carried through a leaky ReLU: `t` where the activation's output `y` is positive, `slope * t` elsewhere.
///
/// # Shapes
/// `t` and `y` of one shape, which is the result's.
pub fn leaky_relu_tangent<const D: usize>(t: Tensor<D>, y: &Tensor<D>, slope: f64) -> Tensor<D> {
    if slope == 1.0 {
        return t;
    }
    let rejected = y.clone().detach().lower_equal_elem(0);
    t.clone().mask_where(rejected, t * slope)
}

/// `log(1 + exp(x))`: the one softplus, used by every loss. The value is exact to rounding over the whole range, and the
/// gradient is the sigmoid itself (composed of maximum, exponential and logarithm it would be 0 at x = 0 and cancel in the tail).
pub fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let fixed = x.clone().detach();
    let slope = activation::sigmoid(fixed.clone());
    let value = activation::relu(fixed.clone()) + fixed.clone().abs().neg().exp().log1p();
    value + slope * (x - fixed)
}

fn leaky_relu<const D: usize>(x: Tensor<D>, slope: f64) -> Tensor<D> {
    if slope == 1.0 {
        x
    } else if slope == 0.0 {
        activation::relu(x)
    } else {
        activation::leaky_relu(x, slope)
    }
}
