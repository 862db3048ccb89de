//! Runs a grid: every cell that is not done is trained and measured, and after each the table is written anew.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use burn::tensor::Device;

use super::{
    Cell, Estimate, Grid, Record, Table,
    cell::{self, Place, Trained},
    pace::Pace,
    record, report,
};
use crate::{
    data::Dataset,
    error::Result,
    evaluation::{Card, EvaluationOptions, Monitor, open_extractor},
    features::{Samples, extract},
    random::Seed,
    training::{RunDirectory, Trainer},
};

/// The first step fills caches; the median of the others is what a step takes.
const WARM_UP: usize = 1;
const STEPS: usize = 3;
/// Samples a thread whose features are extracted to see what that takes.
const SAMPLES: usize = 4;

/// Where a comparison stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub cell: &'a Cell,
    /// Which cell it is, from 1.
    pub number: usize,
    pub of: usize,
    /// Steps of the cell that are done.
    pub step: u64,
    /// What the rest of all cells takes.
    pub remaining: Duration,
}

/// Watches a comparison and may end it. Every method has a default that does nothing.
pub trait Watcher: Sync {
    /// Before a cell is trained, or goes on.
    fn on_cell(&mut self, _standing: &Standing) {}

    /// After every step of one.
    fn on_step(&mut self, _standing: &Standing) {}

    /// After the generator was measured on the way.
    fn on_course(&mut self, _step: u64, _card: &Card) {}

    /// While features are extracted, from several threads.
    fn on_extracted(&self, _done: usize, _of: usize) {}

    /// A cell is done, by this call or an earlier one.
    fn on_record(&mut self, _record: &Record, _table: &Table) {}

    /// Something that the comparison survives and that somebody should know.
    fn on_warning(&mut self, _message: &str) {}

    /// Asked after every step: whether to save and stop here.
    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// Watches nothing.
impl Watcher for () {}

/// How a comparison ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Finished(Table),
    /// The watcher wanted to stop; everything is saved.
    Stopped,
}

/// Trains and measures every cell that has no record yet.
///
/// # Errors
/// As [`Grid::check`] before anything is done; whatever ends a run or a measurement on the way. What was done until then is
/// on the disk.
pub fn run(
    grid: &Grid,
    dataset: &Arc<dyn Dataset>,
    device: &Device,
    estimate: &Estimate,
    watcher: &mut dyn Watcher,
) -> Result<Outcome> {
    grid.check()?;
    let cells = grid.cells();
    let mut records = Vec::new();
    let mut total = 0.0;
    for cell in &cells {
        match Record::of(cell, grid.protocol())? {
            Some(record) => records.push(record),
            None => total += estimate.cell(grid, cell, steps_done(cell)?),
        }
    }
    let mut pace = Pace::new(total);
    let mut monitors = None;
    for (k, cell) in cells.iter().enumerate() {
        if let Some(record) = Record::of(cell, grid.protocol())? {
            watcher.on_record(&record, &Table::of(grid, &records));
            continue;
        }
        // what is measured against is read and extracted before the first step, for all cells at once
        let monitor = match &monitors {
            Some(monitor) => monitor,
            None => monitors.insert(open_monitor(grid, cell, dataset, &*watcher)?),
        };
        let place = Place { cell, number: k + 1, of: cells.len(), estimate };
        let Place { number, of, .. } = place;
        watcher.on_cell(&Standing { cell, number, of, step: steps_done(cell)?, remaining: pace.remaining() });
        let record = match cell::train(&place, Arc::clone(dataset), device, &mut pace, watcher)? {
            Trained::Stopped => return Ok(Outcome::Stopped),
            Trained::Failed { seconds, reason } => {
                cell::record(cell, seconds, grid.protocol(), record::Result::Failed(reason))
            }
            Trained::Finished(seconds) => cell::measure(cell, seconds, grid.protocol(), monitor, &*watcher)?,
        };
        pace.advance(estimate.end(grid));
        record.save(cell)?;
        records.push(record);
        let table = Table::of(grid, &records);
        report::write(grid, &records, &table)?;
        watcher.on_record(&records[records.len() - 1], &table);
    }
    let table = Table::of(grid, &records);
    // also where nothing was left to do: it may be that only the report is missing
    report::write(grid, &records, &table)?;
    Ok(Outcome::Finished(table))
}

/// The table of the cells that are done.
///
/// # Errors
/// As [`Grid::check`], and when a record cannot be read.
pub fn table_so_far(grid: &Grid) -> Result<Table> {
    grid.check()?;
    let records = grid.cells().iter().map(|cell| Record::of(cell, grid.protocol())).collect::<Result<Vec<_>>>()?;
    Ok(Table::of(grid, &records.into_iter().flatten().collect::<Vec<_>>()))
}

/// What a few steps of each setting and the features of a few samples take on this machine, now.
///
/// # Errors
/// When the networks cannot be built, a step fails, or the weights of the features cannot be read.
pub fn estimate(grid: &Grid, dataset: &Arc<dyn Dataset>, device: &Device) -> Result<Estimate> {
    let cells = grid.cells();
    // those of the first seed
    let step_seconds = cells.iter().take(grid.settings().len()).map(|cell| {
        let mut trainer = Trainer::on_dataset(cell.config.clone(), Arc::clone(dataset), device.clone())?;
        let mut times = Vec::new();
        for _ in 0..WARM_UP + STEPS {
            let started = Instant::now();
            trainer.train_step()?;
            times.push(started.elapsed().as_secs_f64());
        }
        let of_interest = &mut times[WARM_UP..];
        of_interest.sort_by(f64::total_cmp);
        Ok(of_interest[STEPS / 2])
    });
    Ok(Estimate { step_seconds: step_seconds.collect::<Result<_>>()?, sample_seconds: sample_seconds(grid, dataset)? })
}

fn sample_seconds(grid: &Grid, dataset: &Arc<dyn Dataset>) -> Result<f64> {
    let protocol = grid.protocol();
    if !protocol.metrics.iter().any(|metric| metric.needs_features()) {
        return Ok(0.0);
    }
    let extractor = open_extractor(protocol.features.as_deref(), Seed(0), dataset)?;
    let samples = Samples::of_dataset(&**dataset, SAMPLES * rayon::current_num_threads(), Seed(0))?;
    let started = Instant::now();
    extract(&*extractor, &samples, None, &|_, _| {})?;
    Ok(started.elapsed().as_secs_f64() / samples.count() as f64)
}

/// What every cell is measured with at its end. The features that runs need on the way are extracted here as well, where
/// progress can be shown; they are then in the cache.
fn open_monitor(grid: &Grid, cell: &Cell, dataset: &Arc<dyn Dataset>, watcher: &dyn Watcher) -> Result<Monitor> {
    let (protocol, config) = (grid.protocol(), &cell.config);
    let progress = |done: usize, of: usize| watcher.on_extracted(done, of);
    if let Some(monitoring) = &config.monitor {
        let options = EvaluationOptions { metrics: monitoring.metrics.clone(), n: monitoring.n, ..protocol.options() };
        Monitor::of(options, protocol.features.as_deref(), config, dataset, &progress)?;
    }
    Monitor::of(protocol.options(), protocol.features.as_deref(), config, dataset, &progress)
}

/// The steps that the run of a cell has behind it.
fn steps_done(cell: &Cell) -> Result<u64> {
    let directory = RunDirectory::at(&cell.directory);
    if directory.config()?.is_none() {
        return Ok(0);
    }
    Ok(directory.newest_step()?.map_or(0, |step| step.0))
}
