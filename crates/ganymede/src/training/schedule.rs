//! How the learning rates move over a run.
//!
//! ```text
//! constant   1
//! linear     1 - t/T
//! cosine     (1 + cos(pi t/T)) / 2
//! ```

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    #[default]
    Constant,
    Linear,
    Cosine,
}

impl Schedule {
    /// What the learning rate of step `step` of `steps` is multiplied by.
    pub fn factor(self, step: u64, steps: u64) -> f64 {
        let t = step as f64 / steps.max(1) as f64;
        match self {
            Schedule::Constant => 1.0,
            Schedule::Linear => (1.0 - t).max(0.0),
            Schedule::Cosine => 0.5 * (1.0 + libm::cos(std::f64::consts::PI * t.min(1.0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn every_schedule_starts_at_one_and_the_falling_ones_end_at_zero() {
        for schedule in [Schedule::Constant, Schedule::Linear, Schedule::Cosine] {
            assert_eq!(schedule.factor(0, 10), 1.0);
        }
        for schedule in [Schedule::Linear, Schedule::Cosine] {
            assert!((schedule.factor(5, 10) - 0.5).abs() < 1e-12);
            assert!(schedule.factor(10, 10).abs() < 1e-12);
        }
    }
}
