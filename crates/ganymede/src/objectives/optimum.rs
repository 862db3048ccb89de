//! What the discriminator of an objective converges to, as a function of the two densities.
//!
//! ```text
//! logistic, relativistic      h* = log p - log q          relativistic: up to a constant
//! least squares               h* = p / (p + q)            with targets 1 and 0
//! hinge                       h* = sign(p - q)
//! ```
//! A Wasserstein critic has none in closed form beyond one dimension: only its slope is known, 1 along the transport rays.

/// The optimum over all functions `h`, point by point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimum {
    /// `log p - log q`: the logits are log density ratios, and `sigmoid(h)` is [`Optimum::Share`].
    LogRatio,
    /// `p / (p + q)`.
    Share,
    /// `sign(p - q)`.
    Sign,
}

impl Optimum {
    /// `h*` where `log p - log q` is `log_ratio`.
    pub fn at(self, log_ratio: f64) -> f64 {
        match self {
            Optimum::LogRatio => log_ratio,
            Optimum::Share => super::logistic::sigmoid(log_ratio),
            Optimum::Sign if log_ratio == 0.0 => 0.0,
            Optimum::Sign => log_ratio.signum(),
        }
    }
}
