//! The hot operators of adversarial training, each with its own backward pass.
//!
//! Every function takes and returns ordinary `burn` tensors and means the same on every backend. `slope` is that of a
//! leaky ReLU applied to the result, `a(z) = z` for `z > 0` and `slope * z` otherwise: 1 is the identity, 0 is ReLU.

mod adam;
mod composed;

pub use adam::{AdamUpdate, lerp};
pub use composed::*;
