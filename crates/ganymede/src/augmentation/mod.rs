//! What the discriminator sees in place of a sample, real and generated alike, so that it cannot learn a few images by heart.
//!
//! ```text
//! L_D(h(T x), h(T G(z))),   L_G(h(T G(z)))       T = T_k ... T_1, each with probability p, drawn anew a sample and a pass
//! ```
//! (Zhao et al. 2020, "DiffAugment"; Karras et al. 2020, "ADA".) Every `T` is affine in its sample, so the generator learns
//! through it by ordinary autodiff, and a real sample and a generated one are treated by the same law.
//!
//! **Penalties** are taken at what the discriminator sees: R1 is `gamma/2 E|grad h|^2` with the gradient of `h` at `T x`, in the
//! discriminator's own input. The points of WGAN-GP lie between a `T x` and a `T G(z)`, those of DRAGAN around a `T x`. No
//! penalty is differentiated through `T`, so all of them are as exact as without it.
//!
//! **Leaks.** Samples of the generator would look augmented if other samples, augmented, had the law of `T x`. On laws,
//! `T_i` is `(1 - p) I + p A`, which has an inverse where p < 1/2, whatever `A` is; of these transformations and beyond
//! that, Karras et al. found none that shows up below p = 0.8.
//!
//! A new transformation is one file here and one line in [`TRANSFORMATIONS`].

mod adaptive;
mod colour;
mod cutout;
mod settings;
mod translation;

#[cfg(test)]
mod tests;

use burn::tensor::{Tensor, TensorData};

pub use adaptive::{Adaptive, statistic};
pub use colour::Colour;
pub use cutout::Cutout;
pub use settings::AugmentSettings;
pub use translation::Translation;

use crate::{
    error::{Error, Result},
    random::Draws,
};

/// A random map of images, affine in each of them.
pub trait Transformation: std::fmt::Debug + Send + Sync {
    /// The name that a configuration uses.
    fn name(&self) -> &'static str;

    /// One sentence: what it does, and the source.
    fn summary(&self) -> &'static str;

    /// Transforms the samples that are `chosen`, and leaves the others as they are to the last bit. It takes as many draws
    /// whichever are chosen.
    ///
    /// # Shapes
    /// [N, C, H, W] -> [N, C, H, W], with N `chosen`.
    fn apply(&self, x: Tensor<4>, chosen: &[bool], draws: &mut Draws) -> Tensor<4>;
}

/// Every transformation that has a name, in the order in which they are applied.
pub const TRANSFORMATIONS: &[&dyn Transformation] = &[&Colour, &Translation, &Cutout];

/// Reads a set of names with commas between them; the order does not matter.
///
/// # Errors
/// [`Error::UnknownName`] with the nearest one.
pub fn parse(names: &str) -> Result<Vec<&'static dyn Transformation>> {
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let is_known = |name: &&&str| TRANSFORMATIONS.iter().all(|known| known.name() != **name);
    if let Some(unknown) = names.iter().find(is_known) {
        let known = TRANSFORMATIONS.iter().map(|transformation| transformation.name());
        return Err(Error::unknown_name("transformation", unknown, known));
    }
    Ok(TRANSFORMATIONS.iter().copied().filter(|known| names.contains(&known.name())).collect())
}

/// Applies each of `transformations` to each sample with probability `p`.
///
/// # Shapes
/// [N, C, H, W] -> [N, C, H, W].
pub fn augment(transformations: &[&'static dyn Transformation], p: f64, x: Tensor<4>, draws: &mut Draws) -> Tensor<4> {
    let n = x.dims()[0];
    transformations.iter().fold(x, |x, transformation| {
        let chosen: Vec<bool> = (0..n).map(|_| f64::from(draws.uniform()) < p).collect();
        transformation.apply(x, &chosen, draws)
    })
}

/// Images have pixels side by side; there is nothing to move or to cut out of a point.
///
/// # Errors
/// [`Error::Setting`] for samples of one pixel.
pub(crate) fn check_shape([c, h, w]: [usize; 3]) -> Result<()> {
    if h == 1 || w == 1 {
        let got = format!("samples of {c} x {h} x {w}, which are no images");
        return Err(Error::setting("augment", "none, or images to augment", got));
    }
    Ok(())
}

/// A number for each sample, to be multiplied with it or added to it.
///
/// # Shapes
/// -> [N, 1, 1, 1].
fn each(values: Vec<f32>, like: &Tensor<4>) -> Tensor<4> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n, 1, 1, 1]), (&like.device(), like.dtype()))
}
