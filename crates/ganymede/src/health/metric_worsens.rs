//! The generator's loss improves while its samples get worse.
//!
//! ```text
//! in three evaluations running: score worse than the best by 10 % of it, and mean loss_g since the last evaluation lower
//! than it was at the best
//! ```
//! Neither loss says how good the samples are (Lucic et al. 2018); where they and the metric part ways the metric is right.
//! Needs `--metrics`. Not valid under wasserstein, whose loss_g is known up to a constant that wanders; under the others
//! loss_g reads a level (relativistic: a difference) of logits that the loss itself pins.

use serde::{Deserialize, Serialize};

use super::{
    Evidence, Finding, Kind, Reading, Symptom,
    detector::{Rule, of_rule},
};

pub(super) const KIND: Kind = Kind {
    name: "metric_worsens",
    summary: "the generator's loss improves while the metric gets worse, evaluation after evaluation",
    build: |context| {
        // a relativistic loss is of differences, which a constant does not change
        let has_level = |objective: &dyn crate::objectives::Objective| {
            !objective.is_shift_invariant() || objective.generator_sees_real()
        };
        context.objective.filter(|objective| has_level(*objective)).and_then(|_| of_rule(MetricWorsens))
    },
};

const WORSE: f64 = 0.1;
const EVALUATIONS: u64 = 3;

#[derive(Debug)]
struct MetricWorsens;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    sum: f64,
    count: u64,
    /// The best score, and the mean loss when it was reached.
    best: Option<(f64, f64)>,
    worse: u64,
}

impl Rule for MetricWorsens {
    type Memory = Memory;

    fn judge(&self, memory: &mut Memory, _step: u64, reading: &Reading) -> Symptom {
        if let Some(loss) = reading.get("loss_g") {
            memory.sum += loss;
            memory.count += 1;
        }
        let Some(score) = reading.get("score") else { return Symptom::Unknown };
        let loss = memory.sum / memory.count.max(1) as f64;
        (memory.sum, memory.count) = (0.0, 0);
        let (best, loss_at_best) = match memory.best {
            Some((best, loss)) if score >= best => (best, loss),
            _ => {
                memory.best = Some((score, loss));
                memory.worse = 0;
                return Symptom::Well;
            }
        };
        let evidence = vec![
            Evidence::above("score", score, best + WORSE * best.abs()),
            Evidence::below("mean loss_g", loss, loss_at_best),
        ];
        memory.worse = if evidence.iter().all(Evidence::is_bad) { memory.worse.saturating_add(1) } else { 0 };
        if memory.worse < EVALUATIONS {
            return Symptom::Well;
        }
        Symptom::Ill(Finding::warning(
            evidence,
            "the generator gets better at this discriminator and not at the data",
            "take the best checkpoint (ganymede sample RUN --best), and stop here with --stop auto",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::testing::{onset, watch};

    fn of(objective: &str, loss: impl Fn(u64) -> f64, score: impl Fn(u64) -> f64) -> Option<u64> {
        onset(&watch(&KIND, objective, 1000, |step| {
            let mut numbers = vec![("loss_g", loss(step))];
            numbers.extend((step % 100 == 0).then(|| ("score", score(step))));
            numbers
        }))
    }

    #[test]
    fn a_falling_loss_beside_a_rising_score_is_said_at_the_third_evaluation() {
        let (falling, rising) = (|step: u64| 1.0 - step as f64 * 1e-4, |step: u64| step as f64);
        assert_eq!(of("hinge", falling, rising), Some(400));
        assert_eq!(of("relativistic", falling, rising), Some(400));
        assert_eq!(of("wasserstein", falling, rising), None);
        assert_eq!(of("hinge", |step| step as f64, rising), None);
        assert_eq!(of("hinge", falling, |step| 1000.0 - step as f64), None);
    }
}
