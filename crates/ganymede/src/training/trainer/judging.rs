//! How good the generator is at a snapshot, and which snapshot was the best.
//!
//! ```text
//! measured        the lowest score is the best
//! between two     c >= c of the best + 3 sqrt(c (1 - c) / n): clearly better     c: coverage of the n samples of the probe
//! ```
//! Coverage of so few samples, in pixels, is a cheap stand-in for the metric and a coarse one: it takes over only where the
//! difference is no accident, and the next measurement decides.

use burn::tensor::Tensor;

use super::Trainer;
use crate::{checkpoint::Best, error::Result, features::Samples, random::Step, sampling, training::Observer};

impl Trainer {
    /// Measures the state of a snapshot where that is due, and notes whether it is the best so far.
    ///
    /// A generator that cannot be measured now may be measured later: it is a warning.
    pub(super) fn judge(&mut self, observer: &mut dyn Observer, last: bool) {
        let is_due = |run: &Self| {
            run.config.monitor.as_ref().is_some_and(|how| last || how.is_due(run.step, run.config.snapshot))
        };
        let measured = if is_due(self) { self.measure(observer) } else { Ok(None) };
        let measured = measured.unwrap_or_else(|error| {
            self.warn_of(Some(error), "not measured");
            None
        });
        let score = measured.or_else(|| observer.score(&*self.learner));
        if let Some(score) = score {
            self.watch(&[("score".to_owned(), score)].into_iter().collect());
        }
        let coverage = if self.has_proxy() { self.coverage() } else { Ok(None) };
        let coverage = coverage.unwrap_or_else(|error| {
            self.warn_of(Some(error), "the probe's samples are not looked at");
            None
        });
        self.best = better(self.best, Step(self.step), score, coverage);
        if score.is_some() {
            self.watch_progress();
        }
    }

    /// Whether snapshots lie between two measured ones.
    fn has_proxy(&self) -> bool {
        self.config.monitor.as_ref().is_some_and(|how| how.every > 1 && how.criterion().is_some())
    }

    /// Measures the averaged generator and records it; its score, lower is better, where the metrics give one.
    ///
    /// # Errors
    /// When a metric has no answer for its samples.
    pub(super) fn measure(&mut self, observer: &mut dyn Observer) -> Result<Option<f64>> {
        let (Some(monitor), Some((directory, _))) = (&self.monitor, &self.directory) else { return Ok(None) };
        let card = monitor.measure(self.step, &self.many_samples(monitor.samples())?, &|_, _| {})?;
        let written = directory.append_metrics(&card).err();
        self.warn_of(written, "an evaluation is not written yet");
        observer.on_metrics(self.step, &card);
        let criterion = self.config.monitor.as_ref().and_then(|monitoring| monitoring.criterion());
        Ok(criterion.and_then(|criterion| criterion.score(&card)))
    }

    /// Samples of the averaged generator, of the seeds `0..n`: those that `evaluate` draws of the checkpoint.
    fn many_samples(&self, n: u64) -> Result<Samples> {
        let seeds: Vec<u64> = (0..n).collect();
        let chunks = seeds.chunks(sampling::CHUNK).map(|seeds| self.samples(seeds));
        let labels = self.learner.classes().map(|classes| sampling::in_turn(&seeds, classes));
        Samples::of_tensor(Tensor::cat(chunks.collect(), 0), labels)
    }
}

/// Standard errors by which coverage has to be better where nothing was measured.
const CLEARLY: f64 = 3.0;

/// The best state after the one of `step`, which was measured or not, and whose coverage is known, with its standard error, or
/// not.
fn better(best: Option<Best>, step: Step, score: Option<f64>, coverage: Option<(f64, f64)>) -> Option<Best> {
    let share = coverage.map(|(coverage, _)| coverage);
    match (best, score) {
        (None, Some(score)) => Some(Best { step, score, coverage: share }),
        (Some(best), Some(score)) if score < best.score => Some(Best { step, score, coverage: share }),
        (Some(best), None) => {
            let is_clear = |((now, error), then): &((f64, f64), f64)| *now >= then + CLEARLY * error && now > then;
            let takes_over = coverage.zip(best.coverage).is_some_and(|pair| is_clear(&pair));
            Some(if takes_over { Best { step, coverage: share, ..best } } else { best })
        }
        (best, _) => best,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_measurements_a_clearly_better_coverage_takes_over_and_the_next_measurement_decides() {
        let at = |best, step, score, coverage: f64| better(best, Step(step), score, Some((coverage, 0.02)));
        let measured = at(None, 100, Some(8.0), 0.5);
        assert_eq!(measured.map(|best| (best.step.0, best.score)), Some((100, 8.0)));
        assert_eq!(at(measured, 200, None, 0.54), measured, "two standard errors are none");
        let taken = at(measured, 200, None, 0.6);
        assert_eq!(taken.map(|best| (best.step.0, best.score, best.coverage)), Some((200, 8.0, Some(0.6))));
        assert_eq!(at(taken, 300, Some(8.5), 0.9), taken);
        assert_eq!(at(taken, 300, Some(7.0), 0.6).map(|best| best.step.0), Some(300));
        assert_eq!(better(None, Step(100), None, Some((0.9, 0.0))), None);
        assert_eq!(better(measured, Step(200), None, None), measured);
    }
}
