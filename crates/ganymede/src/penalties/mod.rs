//! Gradient penalties, one a file, exact with first-order autodiff.
//!
//! ```text
//! P(phi) = E[f(s)],   s = |g|^2,   g = grad_x h(x)
//! dP/dphi = d/dphi E[<g, v>]       with   v = 2 f'(s) g   held constant
//! ```
//! `<g, v>` is the directional derivative of h at x along v, which one forward pass on dual numbers (x, v) gives as its
//! tangent. So: (1) one backward to the input gives g and with it v; (2) one dual forward gives the tangents t; (3) an
//! ordinary backward of `mean(t)` gives the exact gradient of P. No nested autodiff, and no finite difference.
//!
//! The surrogate `mean(t)` has the penalty's gradient but not its value; [`Penalized`] carries both.
//!
//! A new penalty is one file here and one line in [`PENALTIES`].

mod dragan;
mod r1;
mod r2;
mod wgan_gp;

use burn::tensor::Tensor;

pub use dragan::Dragan;
pub use r1::R1;
pub use r2::R2;
pub use wgan_gp::WganGp;

use crate::{
    error::{Error, Result},
    random::{Draws, Purpose},
    signal::Signal,
};

/// Where a penalty is taken.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one lives for one penalty of one step")]
pub enum Points {
    Real,
    Fake,
    At(Tensor<4>),
}

/// A penalty `E[f(|grad h|^2)]` of weight 1, at points of its own choice.
pub trait Penalty: std::fmt::Debug + Send + Sync {
    /// The name that a configuration uses, in kebab case.
    fn name(&self) -> &'static str;

    /// One sentence: what it penalises where, and the source.
    fn summary(&self) -> &'static str;

    /// The weight that its paper uses.
    fn default_weight(&self) -> f64;

    /// What the draws for [`Penalty::points`] are for.
    fn draws_for(&self) -> Purpose {
        Purpose::Interpolation
    }

    /// # Shapes
    /// `real` and `fake` [N, C, H, W], both detached.
    fn points(&self, real: &Tensor<4>, fake: &Tensor<4>, draws: &mut Draws) -> Points;

    /// `(f(s), f'(s))` for squared gradient norms `s`; where `s` is 0, `f'` must be finite.
    ///
    /// # Shapes
    /// [N, 1] -> [N, 1], [N, 1].
    fn value_and_slope(&self, squared_norm: Tensor<2>) -> (Tensor<2>, Tensor<2>);
}

/// Every penalty that has a name.
pub const PENALTIES: &[&dyn Penalty] = &[&R1, &R2, &WganGp, &Dragan];

/// The penalty of that name.
///
/// # Errors
/// [`Error::UnknownName`] with the nearest one.
pub fn by_name(name: &str) -> Result<&'static dyn Penalty> {
    let known = PENALTIES.iter().map(|p| p.name());
    PENALTIES.iter().copied().find(|p| p.name() == name).ok_or_else(|| Error::unknown_name("penalty", name, known))
}

/// A penalty and what a pass of the discriminator at its points gave.
#[derive(Debug)]
pub struct Penalized {
    /// The penalty's value, detached.
    pub value: Tensor<1>,
    /// A scalar whose gradient in the discriminator's parameters is the penalty's. Its value means nothing.
    pub surrogate: Tensor<1>,
    /// The logits at the points: where these are the real or the generated samples, the loss need not compute them again.
    pub logits: Tensor<2>,
}

/// The penalty of weight `weight` at `x`, by the three steps above.
///
/// `frozen` and `tracked` are the same discriminator: `frozen` with parameters that require no gradient, so that the
/// backward to the input computes no gradient of a weight.
///
/// # Shapes
/// `x` [N, C, H, W]; both passes map it to [N, 1].
///
/// # Errors
/// [`Error::Shape`] where the logits are not one a sample.
pub fn penalize<const D: usize>(
    penalty: &dyn Penalty,
    weight: f64,
    x: &Tensor<D>,
    frozen: impl Fn(Signal<D>) -> Signal<2>,
    tracked: impl Fn(Signal<D>) -> Signal<2>,
) -> Result<Penalized> {
    let g = input_gradient(&frozen, x)?;
    let (value, v) = value_and_cotangent(penalty, weight, g);
    let output = tracked(Signal::dual(x.clone().inner().autodiff(), v.autodiff()));
    // a discriminator that lost the tangent, or has none, is flat in x
    let surrogate = output.tangent.unwrap_or_else(|| output.value.zeros_like()).sum();
    Ok(Penalized { value, surrogate, logits: output.value })
}

/// `grad_x h(x)` of each sample, by one first-order backward. The result is not on the autodiff graph.
fn input_gradient<const D: usize>(frozen: impl Fn(Signal<D>) -> Signal<2>, x: &Tensor<D>) -> Result<Tensor<D>> {
    let x = x.clone().inner().autodiff().require_grad();
    let logits = frozen(x.clone().into()).value;
    if logits.dims() != [x.dims()[0], 1] {
        return Err(Error::Shape {
            operation: "gradient penalty",
            expected: format!("logits of shape [{}, 1], one a sample", x.dims()[0]),
            got: logits.dims().to_vec(),
        });
    }
    let gradients = logits.sum().backward();
    Ok(x.grad(&gradients).unwrap_or_else(|| x.clone().inner().zeros_like()))
}

/// The mean of `weight f(|g|^2)` over the batch, and the cotangent `v` of that mean with respect to `g`.
fn value_and_cotangent<const D: usize>(penalty: &dyn Penalty, weight: f64, g: Tensor<D>) -> (Tensor<1>, Tensor<D>) {
    let shape = g.shape();
    let batch = shape[0];
    let g = g.reshape([batch as i64, -1]);
    let (value, slope) = penalty.value_and_slope(g.clone().square().sum_dim(1));
    let v = g * (slope * (2.0 * weight / batch as f64));
    (value.mean() * weight, v.reshape(shape))
}

/// One summand of a configured penalty: which, how strong, how often.
#[derive(Debug, Clone, Copy)]
pub struct PenaltyTerm {
    pub penalty: &'static dyn Penalty,
    pub weight: f64,
    /// Applied on every `every`-th update with `every` times the weight (lazy regularisation, Karras et al. 2020).
    pub every: u64,
}

impl PenaltyTerm {
    /// Whether update number `update` applies it.
    pub fn is_due(&self, update: u64) -> bool {
        update.is_multiple_of(self.every)
    }

    /// The weight of an update that applies it, such that the mean over updates is the configured one.
    pub fn weight_when_due(&self) -> f64 {
        self.weight * self.every as f64
    }
}

/// Reads a sum of penalties: `NAME[:WEIGHT][/EVERY]`, joined by `+`; `none` or nothing is the empty sum.
/// `r1:10/16+r2` is R1 of weight 10 applied lazily every 16 updates, and R2 of its default weight. A `+` before a digit
/// belongs to a number (`r1:1e+2`).
///
/// # Errors
/// [`Error::UnknownName`], or [`Error::Setting`] for a weight that is not positive and finite or an interval of 0.
pub fn parse(text: &str) -> Result<Vec<PenaltyTerm>> {
    if text.is_empty() || text == "none" {
        return Ok(Vec::new());
    }
    summands(text).into_iter().map(parse_term).collect()
}

/// What the `+` between terms joins.
pub(crate) fn summands(text: &str) -> Vec<&str> {
    let mut summands = Vec::new();
    let mut rest = text;
    while let Some(at) = joining_plus(rest) {
        summands.push(rest[..at].trim());
        rest = &rest[at + 1..];
    }
    summands.push(rest.trim());
    summands
}

/// Where the first `+` stands that joins two terms.
fn joining_plus(text: &str) -> Option<usize> {
    let of_a_number = |at: usize| text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    text.match_indices('+').map(|(at, _)| at).find(|at| !of_a_number(*at))
}

fn parse_term(text: &str) -> Result<PenaltyTerm> {
    let (head, every) = match text.split_once('/') {
        Some((head, every)) => (head, Some(every)),
        None => (text, None),
    };
    let (name, weight) = match head.split_once(':') {
        Some((name, weight)) => (name, Some(weight)),
        None => (head, None),
    };
    let penalty = by_name(name)?;
    let setting = |what: &str| format!("penalty '{text}', {what}");
    let weight = match weight {
        None => penalty.default_weight(),
        Some(weight) => weight
            .parse()
            .ok()
            .filter(|w: &f64| w.is_finite() && *w > 0.0)
            .ok_or_else(|| Error::setting(setting("weight"), "a positive number", weight))?,
    };
    let every = match every {
        None => 1,
        Some(every) => every
            .parse()
            .ok()
            .filter(|k| *k > 0)
            .ok_or_else(|| Error::setting(setting("interval"), "a whole number of updates from 1", every))?,
    };
    Ok(PenaltyTerm { penalty, weight, every })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&'static str, f64, u64)> {
        parse(text).unwrap().iter().map(|term| (term.penalty.name(), term.weight, term.every)).collect()
    }

    #[test]
    fn a_sum_is_read_with_weights_and_intervals_or_their_defaults() {
        assert_eq!(read("r1:10/16+r2"), [("r1", 10.0, 16), ("r2", 10.0, 1)]);
        assert_eq!(read("wgan-gp/2 + dragan:0.5"), [("wgan-gp", 10.0, 2), ("dragan", 0.5, 1)]);
        assert!(read("none").is_empty() && read("").is_empty());
    }

    #[test]
    fn a_plus_inside_a_number_does_not_end_the_term() {
        assert_eq!(read("r1:1e+2+r2:+3"), [("r1", 100.0, 1), ("r2", 3.0, 1)]);
    }

    #[test]
    fn weights_that_are_not_positive_and_finite_are_refused() {
        for text in ["r1:0", "r1:-1", "r1:nan", "r1:inf", "r1:ten", "r1:"] {
            let error = parse(text).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains("weight"), "{text}: {error}");
        }
    }

    #[test]
    fn intervals_that_are_not_whole_numbers_from_one_are_refused() {
        for text in ["r1/0", "r1:1/-2", "r1:1/1.5", "r1/"] {
            let error = parse(text).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains("interval"), "{text}: {error}");
        }
    }

    #[test]
    fn an_unknown_penalty_is_refused_with_the_nearest_name() {
        let error = parse("r1+wgan_gp").unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("did you mean 'wgan-gp'?"), "{error}");
        for text in ["r1+", "+r1", "r1++r2"] {
            assert!(matches!(parse(text), Err(Error::UnknownName { .. })), "{text}");
        }
    }

    #[test]
    fn a_lazy_penalty_keeps_its_mean_weight() {
        let term = parse("r1:3/4").unwrap()[0];
        let applied = (0..8).filter(|update| term.is_due(*update)).count() as f64 * term.weight_when_due();
        assert_eq!(applied, 8.0 * 3.0);
    }
}
