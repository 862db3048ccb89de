//! The data: one source a file, all read through [`Dataset`] and opened by name or path with [`open()`].
//!
//! Pictures from files are [`ImageSet`]s, decoded once and held as bytes, or stay where they are and are decoded when they are
//! read, where they are too many; [`Shapes`] and the densities ([`Points`]) are drawn when they are read, each sample a pure
//! function of its index.

mod check;
mod cifar;
mod class_index;
mod colour;
mod density;
mod download;
mod event;
mod folder;
pub(crate) mod form;
mod grid25;
pub(crate) mod hold_out;
mod idx;
mod image_set;
mod labels;
mod loader;
mod mirrored;
mod mode_coverage;
mod open;
mod pack;
mod pictures;
mod points;
mod read_ahead;
mod ring8;
pub mod shapes;
mod size;
mod split;
mod stacked_mnist;
mod swiss_roll;
mod two_moons;
mod zip;

use burn::tensor::Tensor;

pub use check::{Bad, Checkup, Count, Picture, check, contact_sheet};
pub use cifar::open_cifar;
pub use class_index::ClassIndex;
pub use colour::Colour;
pub use density::Mixture;
pub use event::{Event, Progress, Unreadable};
pub use folder::open_folder;
pub use form::{Fit, Form};
pub use grid25::grid25;
pub use idx::open_idx;
pub use image_set::ImageSet;
pub use loader::Loader;
pub use mode_coverage::{ModeCoverage, mode_coverage};
pub use open::{OpenOptions, known_names, open};
pub use pack::{Packed, pack};
pub use pictures::PictureOptions;
pub use points::Points;
pub use ring8::ring8;
pub use shapes::Shapes;
pub use size::Size;
pub use split::Split;
pub use stacked_mnist::StackedMnist;
pub use swiss_roll::swiss_roll;
pub use two_moons::two_moons;
pub use zip::open_zip;

use crate::error::{Error, Result};

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

    /// The class of sample `index`.
    ///
    /// # Errors
    /// When the sample cannot be read.
    fn label(&self, index: usize) -> Result<Option<usize>> {
        self.read(index, &mut vec![0.0; self.shape().iter().product()])
    }

    /// What each channel is a sample of, where the channels are independent draws of other data.
    fn channels(&self) -> Option<&dyn Dataset> {
        None
    }

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

    /// The modes, for densities that have separate ones.
    fn modes(&self) -> Option<Modes> {
        None
    }
}

/// The separate modes of a density, all of one width and weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Modes {
    pub centres: Vec<[f32; 2]>,
    /// The standard deviation of each mode along each axis.
    pub deviation: f32,
    /// The share of all samples that a mode must hold to count as covered.
    pub threshold: f64,
}

/// Checks what is handed to [`Dataset::read`].
fn check_read(set: &dyn Dataset, index: usize, out: &[f32]) -> Result<()> {
    if index >= set.len() {
        return Err(Error::setting("index", format!("below {}, the samples of '{}'", set.len(), set.name()), index));
    }
    let [c, h, w] = set.shape();
    if out.len() != c * h * w {
        return Err(Error::Shape {
            operation: "Dataset::read",
            expected: format!("room for {c}x{h}x{w} numbers"),
            got: vec![out.len()],
        });
    }
    Ok(())
}
