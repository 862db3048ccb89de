//! The hot operators of adversarial training, each with its own backward pass.
//!
//! Every function takes and returns ordinary `burn` tensors and means the same on every backend: 32-bit floats on burn's
//! CPU backend run through the fused kernels here, everything else through the composed form (`composed`), which is also
//! the definition that the tests hold the kernels to. `slope` is that of a leaky ReLU applied to the result,
//! `a(z) = z` for `z > 0` and `slope * z` otherwise: 1 is the identity, 0 is ReLU.
//!
//! How the kernels get their speed:
//! - **Layout.** Images travel as `[N, H, W, C]` and features as `[features, N]` in memory, behind burn's strided views of
//!   the usual shape (`layout`), so that every matrix product reads and writes along contiguous memory.
//! - **Fusion.** Bias, activation and their gradients are done on values that are still in cache.
//! - **Nothing that is not asked for.** Gradients of untracked inputs are not computed, nor is what they need kept.
//! - **Memory stays mapped.** Large results come from a pool (`buffers`) instead of fresh pages.
//!
//! Work is cut into pieces by the shapes alone, never by the number of threads, and partial sums are added in a fixed
//! order: results are the same bits on any number of threads.

mod activation;
mod add;
#[cfg(test)]
mod agreement;
mod batch_norm;
mod buffers;
mod channels;
#[cfg(test)]
mod check_cost;
#[doc(hidden)]
pub mod composed;
mod conv;
mod conv_kernels;
mod conv_weights;
mod finite;
mod flatten;
mod grouped_conv;
mod im2col;
pub mod inference;
mod layout;
mod linear;
mod matrix;
mod moments;
mod optimizer;
mod pixel_shuffle;
mod record;
mod resample;
mod simd;
mod softplus;
mod tanh;
mod transpose;

pub use activation::leaky_relu_tangent;
pub use add::add;
pub use batch_norm::{batch_norm, batch_norm_fixed};
pub use conv::{conv_transpose2d, conv2d};
pub use finite::{all_finite, is_finite, squared_norm};
pub use flatten::{flatten, unflatten};
pub use grouped_conv::grouped_conv2d;
pub use linear::linear;
pub use optimizer::{AdamUpdate, lerp};
pub use pixel_shuffle::pixel_shuffle;
pub use resample::{double, halve};
pub use softplus::softplus;
pub use tanh::tanh;
