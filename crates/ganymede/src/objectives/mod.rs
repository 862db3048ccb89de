//! The objectives: one pure file each, logits in, named terms out.
//!
//! `h` is a logit, `D = sigmoid(h)`; the sign convention is that `h > 0` says real. Every loss is written on logits, and no
//! probability is formed inside one. What a generated sample feels is its *force* `g'(h)` times `dh/dtheta`.
//!
//! A new objective is one file here and one line in [`OBJECTIVES`].

mod hinge;
mod least_squares;
mod logistic;
mod minimax;
mod non_saturating;
mod optimum;
mod relativistic;
mod reverse_kl;
mod terms;
mod wasserstein;

#[cfg(test)]
mod tests;

use burn::tensor::Tensor;

pub use hinge::Hinge;
pub use least_squares::LeastSquares;
pub use minimax::Minimax;
pub use non_saturating::NonSaturating;
pub use optimum::Optimum;
pub use relativistic::Relativistic;
pub use reverse_kl::ReverseKl;
pub use terms::Terms;
pub use wasserstein::Wasserstein;

use crate::error::{Error, Result};

/// An adversarial objective.
pub trait Objective: std::fmt::Debug + Send + Sync {
    /// The name that a configuration uses, in kebab case.
    fn name(&self) -> &'static str;

    /// One sentence: what it minimises, and the source.
    fn summary(&self) -> &'static str;

    /// The discriminator's loss, lower is better for it.
    ///
    /// # Shapes
    /// `real` and `fake` [N, 1] -> scalar terms.
    fn discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms;

    /// The generator's loss, lower is better for it. `real` are logits of real samples, which only relativistic
    /// objectives look at.
    ///
    /// # Shapes
    /// `real` and `fake` [N, 1] -> scalar terms.
    fn generator(&self, real: Tensor<2>, fake: Tensor<2>) -> Terms;

    /// Whether [`Objective::generator`] reads the logits of real samples, so that they are computed for it.
    fn generator_sees_real(&self) -> bool {
        false
    }

    /// The force `g'(h)` on a generated sample of logit `h`, the closed form of the generator's gradient. For relativistic
    /// objectives `h` is how far the generated sample's logit lies above that of its real partner.
    fn force(&self, h: f64) -> f64;

    /// Whether adding a constant to every logit changes the discriminator's loss and every gradient not at all, so that only
    /// differences of logits have a meaning.
    fn is_shift_invariant(&self) -> bool {
        false
    }

    /// What `h` converges to when the discriminator is trained on and on; nothing where no closed form is known. Where the
    /// objective is shift invariant it is known up to a constant.
    fn optimum(&self) -> Option<Optimum> {
        None
    }

    /// The range in which each reported number is at home, for `--explain`.
    fn legend(&self) -> Legend;
}

/// What the two losses are, and where they lie when the game goes well.
#[derive(Debug, Clone, Copy)]
pub struct Legend {
    pub discriminator: &'static str,
    pub generator: &'static str,
}

/// Every objective that has a name.
pub const OBJECTIVES: &[&dyn Objective] =
    &[&NonSaturating, &Minimax, &ReverseKl, &Wasserstein, &LeastSquares, &Hinge, &Relativistic];

/// The objective of that name.
///
/// # Errors
/// [`Error::UnknownName`] with the nearest one.
pub fn by_name(name: &str) -> Result<&'static dyn Objective> {
    let known = OBJECTIVES.iter().map(|o| o.name());
    OBJECTIVES.iter().copied().find(|o| o.name() == name).ok_or_else(|| Error::unknown_name("objective", name, known))
}
