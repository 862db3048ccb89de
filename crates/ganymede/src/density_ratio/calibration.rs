//! Calibration of logits on samples that the discriminator has not seen (Platt 1999).
//!
//! ```text
//! h' = a h + b,    (a, b) = argmin  mean softplus(-h'(real)) + mean softplus(h'(fake))
//! ```
//! A discriminator that overfits is too sure of itself; `a < 1` takes that back. Convex, by Newton's method.

use serde::{Deserialize, Serialize};

const ITERATIONS: usize = 50;
const CONVERGED: f64 = 1e-10;
/// Keeps the curvature positive where the logits separate the samples or are all one; small beside any that matters.
const RIDGE: f64 = 1e-6;

/// An increasing line from logits to calibrated logits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub slope: f64,
    pub shift: f64,
}

impl Calibration {
    /// The best line for the logits of samples of both kinds.
    pub fn fit(real: &[f64], fake: &[f64]) -> Self {
        let mut line = Calibration { slope: 1.0, shift: 0.0 };
        let mut loss = line.loss(real, fake);
        for _ in 0..ITERATIONS {
            let step = line.newton_step(real, fake);
            // halved until it descends; Newton's own step overshoots where the sigmoids are flat
            let tried = (0..30).map(|halvings| 0.5f64.powi(halvings)).find_map(|size| {
                let next = Calibration { slope: line.slope - size * step[0], shift: line.shift - size * step[1] };
                let next_loss = next.loss(real, fake);
                (next_loss < loss).then_some((next, next_loss))
            });
            let Some((next, next_loss)) = tried else { break };
            let gain = loss - next_loss;
            (line, loss) = (next, next_loss);
            if gain < CONVERGED {
                break;
            }
        }
        line
    }

    pub fn apply(&self, logit: f64) -> f64 {
        self.slope * logit + self.shift
    }

    /// The discriminator's loss under the calibrated logits.
    pub fn loss(&self, real: &[f64], fake: &[f64]) -> f64 {
        let mean = |logits: &[f64], sign: f64| {
            logits.iter().map(|h| softplus(sign * self.apply(*h))).sum::<f64>() / logits.len().max(1) as f64
        };
        mean(real, -1.0) + mean(fake, 1.0)
    }

    fn newton_step(&self, real: &[f64], fake: &[f64]) -> [f64; 2] {
        let mut gradient = [0.0; 2];
        let mut hessian = [RIDGE, 0.0, RIDGE];
        for (logits, target) in [(real, 1.0), (fake, 0.0)] {
            let weight = 1.0 / logits.len().max(1) as f64;
            for h in logits {
                let p = sigmoid(self.apply(*h));
                let (slope, curvature) = (weight * (p - target), weight * p * (1.0 - p));
                gradient[0] += slope * h;
                gradient[1] += slope;
                hessian[0] += curvature * h * h;
                hessian[1] += curvature * h;
                hessian[2] += curvature;
            }
        }
        let determinant = hessian[0] * hessian[2] - hessian[1] * hessian[1];
        [
            (hessian[2] * gradient[0] - hessian[1] * gradient[1]) / determinant,
            (hessian[0] * gradient[1] - hessian[1] * gradient[0]) / determinant,
        ]
    }
}

pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draws, Purpose, Seed};

    /// Of N(m, 1) against N(-m, 1) the log ratio at x is 2 m x.
    #[test]
    fn logits_that_are_too_sure_are_scaled_back_to_the_log_ratio() {
        let normals = |step, mean: f64| -> Vec<f64> {
            let draws = Draws::new(Seed(2), Purpose::Sample, step).normals(20_000);
            draws.into_iter().map(|normal| mean + f64::from(normal)).collect()
        };
        let (real, fake) = (normals(0, 0.5), normals(1, -0.5));
        let overconfident = |x: &f64| 4.0 * x + 1.0;
        let real: Vec<f64> = real.iter().map(overconfident).collect();
        let fake: Vec<f64> = fake.iter().map(overconfident).collect();
        let line = Calibration::fit(&real, &fake);
        assert!((line.slope - 0.25).abs() < 0.01 && (line.shift + 0.25).abs() < 0.03, "{line:?}");
        assert!(line.loss(&real, &fake) < 2.0 * 2f64.ln());
    }

    #[test]
    fn logits_that_separate_or_say_nothing_stay_finite() {
        for (real, fake) in [([50.0, 60.0], [-50.0, -60.0]), ([1.0, 1.0], [1.0, 1.0])] {
            let line = Calibration::fit(&real, &fake);
            assert!(line.slope.is_finite() && line.shift.is_finite(), "{line:?}");
            assert!(line.loss(&real, &fake).is_finite());
        }
    }
}
