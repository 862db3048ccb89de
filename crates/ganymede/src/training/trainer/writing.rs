//! What a run leaves behind: lines of statistics, pictures, checkpoints, the log; and what it warns of.
//!
//! A file that cannot be written is a warning: the run is worth more than the file, and the next one may go through.

use std::sync::Arc;

use burn::tensor::Tensor;
use serde::Serialize;

use super::{PREVIEW_COLUMNS, Trainer};
use crate::{
    error::{Error, Result},
    parameters::NamedTensors,
    picture,
    training::{Observer, Progress, Source},
};

/// One line of `stats.jsonl`: numbers that depend on the settings alone, so that a resumed run writes the same ones.
#[derive(Debug, Serialize)]
struct StatsLine<'a> {
    step: u64,
    kimg: f64,
    #[serde(flatten)]
    report: std::collections::BTreeMap<&'a str, f64>,
}

/// How many rows of samples a grid of reconstructions shows, each above its reconstruction.
const RECONSTRUCTED_ROWS: usize = 4;

/// Rows of samples, each with the row below it that was made of it; points are shown as made.
fn below_each_other(samples: &Tensor<4>, made: &Tensor<4>) -> Tensor<4> {
    if samples.dims()[1..] == [2, 1, 1] {
        return made.clone();
    }
    let shown = samples.dims()[0].min(RECONSTRUCTED_ROWS * PREVIEW_COLUMNS);
    let rows = (0..shown).step_by(PREVIEW_COLUMNS).flat_map(|first| {
        let length = PREVIEW_COLUMNS.min(shown - first);
        [samples, made].map(|images| images.clone().narrow(0, first, length))
    });
    Tensor::cat(rows.collect(), 0)
}

impl Trainer {
    pub(super) fn write_first_pictures(&mut self, observer: &mut dyn Observer) -> Result<()> {
        let reals = self.loader.batch(0)?.images.inner();
        self.write_picture("reals.png", &reals, None)?;
        self.write_picture("fakes_init.png", &self.preview(), Some(observer))
    }

    pub(super) fn write_stats(&mut self, progress: &Progress) {
        let Some((directory, _)) = &self.directory else { return };
        let report = progress.report.iter().collect();
        let line = StatsLine { step: progress.step, kimg: progress.kimg, report };
        let failure = directory.append_stats(&line).err();
        self.warn_of(failure, "a line of statistics is not written yet");
        let Progress { step, images_per_second, data_wait, data_share, .. } = progress;
        let (wait, share) = (data_wait.as_secs_f64() * 1e3, data_share * 100.0);
        self.log(&format!(
            "step {step} at {images_per_second:.0} images/s, {wait:.2} ms a step ({share:.1} %) for data"
        ));
    }

    /// Comes before the checkpoint: a run that goes on from the checkpoint will not draw the picture again.
    pub(super) fn write_fakes(&mut self, observer: &mut dyn Observer) -> Result<()> {
        if self.directory.is_none() {
            return Ok(());
        }
        self.write_picture(&format!("fakes{:06}.png", self.step), &self.preview(), Some(observer))?;
        let batch = self.loader.batch(0)?;
        match self.learner.reconstructions(&batch) {
            Some(made) => {
                let rows = below_each_other(&batch.images.inner(), &made);
                self.write_picture(&format!("reconstructions{:06}.png", self.step), &rows, None)
            }
            None => Ok(()),
        }
    }

    pub(super) fn save(&mut self, state: Arc<NamedTensors>) {
        let Some((directory, _)) = &self.directory else { return };
        let directory = directory.clone();
        let failure = self.saver.start(directory, self.checkpoint_of(state)).err();
        self.warn_of(failure, "a save failed");
    }

    fn write_picture(&mut self, name: &str, samples: &Tensor<4>, observer: Option<&mut dyn Observer>) -> Result<()> {
        let Some((directory, _)) = &self.directory else { return Ok(()) };
        match (directory.save_picture(name, &picture::of_samples(samples, PREVIEW_COLUMNS)?), observer) {
            (Err(error), _) => self.warn_of(Some(error), "a picture is missing"),
            (Ok(path), Some(observer)) => observer.on_picture(&path),
            (Ok(_), None) => {}
        }
        Ok(())
    }

    /// A line of the log is not worth the run.
    pub(super) fn log(&mut self, line: &str) {
        if let Some(Err(error)) = self.directory.as_ref().map(|(directory, _)| directory.log(line)) {
            self.warnings.push(format!("the log lacks a line: {error}"));
        }
    }

    pub(super) fn warn(&mut self, message: String) {
        self.log(&message);
        self.warnings.push(message);
    }

    pub(super) fn warn_of(&mut self, failure: Option<Error>, what: &str) {
        if let Some(error) = failure {
            self.warn(format!("step {}: {what}: {error}", self.step));
        }
    }

    pub(super) fn tell(&mut self, observer: &mut dyn Observer) {
        for message in self.warnings.drain(..) {
            observer.on_warning(&message);
        }
    }
}
