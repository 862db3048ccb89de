//! Likelihoods `p(x|z)` of a decoder's output, one a file.
//!
//! A new likelihood is one file here and one line in [`LIKELIHOODS`].

mod bernoulli;
mod discretised_logistic;
mod gaussian;
mod gaussian_learned;
#[cfg(test)]
mod tests;

use burn::tensor::Tensor;

pub use bernoulli::Bernoulli;
pub use discretised_logistic::DiscretisedLogistic;
pub use gaussian::Gaussian;
pub use gaussian_learned::GaussianLearned;

use crate::error::{Error, Result};

/// What a decoder makes of latents.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Before the tanh that bounds images.
    pub unbounded: Tensor<4>,
    /// After it: the sample itself.
    pub mean: Tensor<4>,
}

/// The scale of a likelihood, one number for all pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    None,
    Fixed(f64),
    /// Learnt with the networks, from this on.
    Learned(f64),
}

/// A density, or probability, of samples given what the decoder made.
pub trait Likelihood: std::fmt::Debug + Send + Sync {
    /// The name that a configuration uses, in kebab case.
    fn name(&self) -> &'static str;

    /// One sentence: what it is, over what, and the source.
    fn summary(&self) -> &'static str;

    /// Its scale where none is asked for.
    fn scale(&self) -> Scale;

    /// Whether it is one of values in [-1, 1] alone.
    fn is_for_images(&self) -> bool;

    /// The logarithm of each value's density or probability, in nats.
    ///
    /// # Shapes
    /// `x` [N, C, H, W], `log_scale` [1, 1, 1, 1] (0 where there is no scale) -> [N, C, H, W].
    fn log_density(&self, x: &Tensor<4>, decoded: Decoded, log_scale: Tensor<4>) -> Tensor<4>;
}

/// Every likelihood that has a name.
pub const LIKELIHOODS: &[&dyn Likelihood] = &[&Bernoulli, &Gaussian, &GaussianLearned, &DiscretisedLogistic];

/// Reads `NAME[:SCALE]`: `gaussian:0.1` has the standard deviation 0.1, `gaussian-learned:0.1` starts from it.
///
/// # Errors
/// [`Error::UnknownName`], or [`Error::Setting`] for a scale that is not positive and finite or that the likelihood does not have.
pub fn parse(text: &str) -> Result<(&'static dyn Likelihood, Scale)> {
    let (name, scale) = text.split_once(':').map_or((text, None), |(name, scale)| (name, Some(scale)));
    let known = LIKELIHOODS.iter().map(|likelihood| likelihood.name());
    let likelihood = LIKELIHOODS
        .iter()
        .copied()
        .find(|likelihood| likelihood.name() == name)
        .ok_or_else(|| Error::unknown_name("likelihood", name, known))?;
    let Some(scale) = scale else { return Ok((likelihood, likelihood.scale())) };
    let setting = || format!("likelihood '{text}', scale");
    let value = scale.parse().ok().filter(|scale: &f64| scale.is_finite() && *scale > 0.0);
    let value = value.ok_or_else(|| Error::setting(setting(), "a positive number", scale))?;
    match likelihood.scale() {
        Scale::None => Err(Error::setting(setting(), format!("none: '{name}' has no scale"), scale)),
        Scale::Fixed(_) => Ok((likelihood, Scale::Fixed(value))),
        Scale::Learned(_) => Ok((likelihood, Scale::Learned(value))),
    }
}
