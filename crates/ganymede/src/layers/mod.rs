//! The layers, one a file. Each is a burn module that maps [`Signal`](crate::Signal)s, so that a network made of them has
//! values and tangents from one `forward`. An activation that follows a layer belongs to the layer (`.relu()`,
//! `.leaky_relu(0.2)`): the fused operators compute both in one pass.

mod batch_norm;
mod buffer;
mod conv2d;
mod initializer;
mod linear;

pub use batch_norm::BatchNorm;
pub use buffer::Buffer;
pub use conv2d::Conv2d;
pub use initializer::{Initializer, WeightScale};
pub use linear::Linear;
