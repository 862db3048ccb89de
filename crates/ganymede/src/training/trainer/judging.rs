//! How good the generator is at a snapshot, and which snapshot was the best.

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
        if let Some(score) = score.filter(|score| self.best.is_none_or(|best| *score < best.score)) {
            self.best = Some(Best { step: Step(self.step), score });
        }
        if score.is_some() {
            self.watch_progress();
        }
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
