//! The layers, one a file. Each is a burn module that maps [`Signal`](crate::Signal)s, so that a network made of them has
//! values and tangents from one `forward`. An activation that follows a layer belongs to the layer (`.relu()`,
//! `.leaky_relu(0.2)`): the fused operators compute both in one pass. What has no weights (pixel shuffle, resampling, the
//! smooth activations) is a method of the signal.

mod batch_norm;
mod buffer;
mod conditional_batch_norm;
mod conv2d;
mod conv_transpose2d;
mod embedding;
mod grouped_conv2d;
mod initializer;
mod linear;
mod pixel_shuffle;
mod resample;
mod spectral_norm;

pub use batch_norm::BatchNorm;
pub use buffer::Buffer;
pub use conditional_batch_norm::ConditionalBatchNorm;
pub use conv_transpose2d::ConvTranspose2d;
pub use conv2d::Conv2d;
pub use embedding::Embedding;
pub use grouped_conv2d::GroupedConv2d;
pub use initializer::{Initializer, WeightScale};
pub use linear::Linear;
pub use spectral_norm::SpectralNorm;
