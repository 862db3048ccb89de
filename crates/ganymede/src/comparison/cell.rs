//! One cell: trained, then measured.

use std::sync::Arc;

use burn::tensor::Device;

use super::{Cell, Estimate, Protocol, Record, Standing, Watcher, clock::Clock, figures::figures, pace::Pace, record};
use crate::{
    data::{Dataset, OpenOptions},
    error::{Error, Result},
    evaluation::{Card, Monitor, Subject},
    random::Seed,
    training::{Observer, Outcome, Progress, RunDirectory, Trainer},
};

/// Where a cell stands in the whole.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub cell: &'a Cell,
    /// From 1.
    pub number: usize,
    pub of: usize,
    pub estimate: &'a Estimate,
}

/// What became of the training.
pub(super) enum Trained {
    /// All steps, and the seconds that they took.
    Finished(f64),
    Stopped,
    /// A network that is beyond repair.
    Failed {
        seconds: f64,
        reason: String,
    },
}

/// Trains the cell, from where it was.
///
/// # Errors
/// For whatever is no fault of the setting: a disk that is full, a run that another process writes to.
pub(super) fn train(
    place: &Place,
    dataset: Arc<dyn Dataset>,
    device: &Device,
    pace: &mut Pace,
    watcher: &mut dyn Watcher,
) -> Result<Trained> {
    let mut trainer = Trainer::on_dataset(place.cell.config.clone(), dataset, device.clone())?;
    let directory = RunDirectory::at(&place.cell.directory);
    trainer.write_to(directory.clone())?;
    let clock = Clock::of(directory)?;
    let mut observer = CellObserver { place, clock, pace, watcher, failure: None };
    let outcome = trainer.run(&mut observer);
    let (seconds, failure) = (observer.clock.seconds(), observer.failure);
    match (outcome, failure) {
        (Err(error @ Error::NotFinite { .. }), _) => Ok(Trained::Failed { seconds, reason: error.to_string() }),
        (Err(error), _) | (Ok(_), Some(error)) => Err(error),
        (Ok(Outcome::Finished), None) => Ok(Trained::Finished(seconds)),
        (Ok(Outcome::Stopped), None) => Ok(Trained::Stopped),
        (Ok(Outcome::Halted), None) => {
            Ok(Trained::Failed { seconds, reason: trainer.halted().unwrap_or_default().to_owned() })
        }
    }
}

/// Measures the averaged generator of a trained cell.
///
/// # Errors
/// When its checkpoint cannot be read, or a metric has no answer for its samples.
pub(super) fn measure(
    cell: &Cell,
    seconds: f64,
    protocol: &Protocol,
    monitor: &Monitor,
    watcher: &dyn Watcher,
) -> Result<Record> {
    let subject = Subject::open(&cell.directory.to_string_lossy(), &OpenOptions::default(), &Device::flex())?;
    let samples = subject.samples(protocol.n, Seed(0))?;
    let card: Card = monitor.measure(cell.config.steps, &samples, &|done, of| watcher.on_extracted(done, of))?;
    let encoded = serde_json::to_value(&card).map_err(|error| Error::io("encode", &cell.directory)(error.into()))?;
    Ok(record(cell, seconds, protocol, record::Result::Measured { figures: figures(&card), card: encoded }))
}

pub(super) fn record(cell: &Cell, seconds: f64, protocol: &Protocol, result: record::Result) -> Record {
    let Cell { name, seed, config, .. } = cell;
    Record { setting: name.clone(), seed: *seed, steps: config.steps, seconds, protocol: protocol.clone(), result }
}

/// Hears of the run, and tells the watcher of the whole.
struct CellObserver<'a> {
    place: &'a Place<'a>,
    clock: Clock,
    pace: &'a mut Pace,
    watcher: &'a mut dyn Watcher,
    /// A time that could not be written; no run is worth ending for it before it ends by itself.
    failure: Option<Error>,
}

impl Observer for CellObserver<'_> {
    fn on_step(&mut self, step: u64) {
        self.clock.step();
        let Place { cell, number, of, estimate } = *self.place;
        self.pace.advance(estimate.steps(cell, cell.config.steps - 1));
        self.watcher.on_step(&Standing { cell, number, of, step, remaining: self.pace.remaining() });
    }

    fn on_tick(&mut self, progress: &Progress) {
        self.failure = self.clock.write(progress.step).err();
        self.clock.skip();
    }

    fn on_picture(&mut self, _: &std::path::Path) {
        self.clock.skip();
    }

    fn on_metrics(&mut self, step: u64, card: &Card) {
        self.clock.skip();
        self.pace.advance(self.place.estimate.point(self.place.cell));
        self.watcher.on_course(step, card);
    }

    fn on_warning(&mut self, message: &str) {
        self.watcher.on_warning(message);
    }

    fn wants_to_stop(&self) -> bool {
        self.watcher.wants_to_stop()
    }
}
