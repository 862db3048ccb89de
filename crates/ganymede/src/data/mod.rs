//! The data: one source a file, all read through [`Dataset`].

mod loader;

use burn::tensor::Tensor;

pub use loader::Loader;

use crate::error::Result;

/// Samples that can be read by number, in any order and from any thread.
pub trait Dataset: std::fmt::Debug + Send + Sync {
    /// What the set is called in messages and directory names, such as `fashion-mnist`.
    fn name(&self) -> &str;

    /// How many samples there are. Procedural sets name a number that makes an epoch.
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// [C, H, W] of every sample.
    fn shape(&self) -> [usize; 3];

    /// The names of the classes; none where the samples have no labels.
    fn classes(&self) -> &[String];

    /// Writes sample `index` to `out`, C·H·W numbers in row-major order, images in [-1, 1]; returns its class.
    ///
    /// # Errors
    /// When the sample cannot be read.
    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>>;

    /// The density that the samples are drawn from, where it is known.
    fn density(&self) -> Option<&dyn Density> {
        None
    }
}

/// A known probability density over samples.
pub trait Density: std::fmt::Debug + Send + Sync {
    /// # Shapes
    /// `x` [N, 2, 1, 1] -> the natural logarithm of the density at each point, N of them.
    fn log_density(&self, x: Tensor<4>) -> Vec<f64>;

    /// The centres of the modes and their common standard deviation, for densities that have separate modes.
    fn modes(&self) -> Option<(Vec<[f32; 2]>, f32)> {
        None
    }
}
