//! The training loop: steps, ticks, snapshots.

mod judging;
mod watching;
mod writing;

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::{
    Guard, Learner, Observer, Outcome, Report, RunDirectory, Tick, TrainingStep,
    checkpoints::Resumed,
    guard::{self, Skipped},
    lock::RunLock,
    model,
    saver::Saver,
};
use crate::{
    checkpoint::{Best, Checkpoint, DataInfo},
    config::Config,
    data::{self, ClassIndex, Dataset, Loader},
    error::{Error, Result},
    evaluation::Monitor,
    health::Context,
    networks::ClassSampling,
    parameters::NamedTensors,
    random::Step,
    sampling,
};
use watching::Watch;

pub(crate) use watching::WatchState;

/// How many images a grid shows, and how many points a plot.
const PREVIEW_IMAGES: u64 = 64;
const PREVIEW_POINTS: u64 = 2000;
/// How many images a row of a grid shows.
pub const PREVIEW_COLUMNS: usize = 8;

/// A run: a learner, its data, and where both stand.
pub struct Trainer {
    config: Config,
    data: DataInfo,
    learner: Box<dyn Learner>,
    loader: Loader,
    device: Device,
    /// Steps done.
    step: u64,
    tick: Tick,
    guard: Guard,
    best: Option<Best>,
    /// Where the settings ask for one, and there is a directory to keep its record.
    monitor: Option<Monitor>,
    watch: Watch,
    /// The last state that was looked through, and the steps done by then.
    good: Option<(u64, Arc<NamedTensors>)>,
    /// Dropped before the lock: it may still be writing.
    saver: Saver,
    directory: Option<(RunDirectory, RunLock)>,
    /// What the observer has not been told yet.
    warnings: Vec<String>,
}

impl Trainer {
    /// Opens the data and builds the networks that `config` names.
    ///
    /// # Errors
    /// When a setting makes no sense, the data cannot be opened, or the network cannot serve them.
    pub fn new(config: Config, device: Device) -> Result<Self> {
        config.validate()?;
        let dataset = data::open(&config.data, &config.open_options())?;
        Self::on_dataset(config, dataset, device)
    }

    /// As [`Trainer::new`], on data that are open already.
    ///
    /// # Errors
    /// As [`Trainer::new`].
    pub fn on_dataset(config: Config, dataset: Arc<dyn Dataset>, device: Device) -> Result<Self> {
        config.validate()?;
        let device = device.autodiff();
        let learner = model::learner(&config, &*dataset, &device)?;
        Self::with_learner(config, learner, dataset, device)
    }

    /// A run of any learner, such as a game between networks of the program's own.
    ///
    /// # Errors
    /// When a setting makes no sense, or a batch is larger than the data.
    pub fn with_learner(
        config: Config,
        learner: Box<dyn Learner>,
        dataset: Arc<dyn Dataset>,
        device: Device,
    ) -> Result<Self> {
        let data = DataInfo { shape: dataset.shape(), classes: dataset.classes().to_vec() };
        let watch = Watch::new(Context::of(&config, data.shape)?);
        let device = device.autodiff();
        let mut loader = Loader::new(Arc::clone(&dataset), config.batch, config.seed, &device)?;
        if let Some(conditional) = &config.conditional {
            let index = ClassIndex::of(&*dataset)?;
            if conditional.sampling == ClassSampling::Balanced {
                loader = loader.balanced(index);
            }
        }
        Ok(Trainer {
            config,
            data,
            learner,
            loader,
            device,
            step: 0,
            tick: Tick::start(),
            guard: Guard::default(),
            best: None,
            monitor: None,
            watch,
            good: None,
            saver: Saver::default(),
            directory: None,
            warnings: Vec::new(),
        })
    }

    /// Writes statistics, pictures and checkpoints to `directory` from now on. Where it holds a run of the same settings,
    /// training goes on from that run's newest checkpoint that is whole.
    ///
    /// # Errors
    /// When another process writes there, the directory holds something else or cannot be written, none of its checkpoints
    /// can be loaded, or what the run is to be measured by cannot be opened.
    pub fn write_to(&mut self, directory: RunDirectory) -> Result<()> {
        let open = |monitoring| Monitor::open(monitoring, &self.config, self.loader.shared());
        self.monitor = self.config.monitor.as_ref().map(open).transpose()?;
        let lock = directory.claim(&self.config)?;
        if let Some(holder) = &lock.taken_over {
            directory.log(&format!("taken over: {holder} ended without a word"))?;
        }
        let resumed = directory.resume()?;
        let saved = resumed.as_ref().map(|resumed| resumed.checkpoint.step.0);
        match resumed {
            Some(resumed) => {
                for lost in &resumed.lost {
                    directory.log(lost)?;
                    self.warnings.push(lost.clone());
                }
                directory.log(&format!("resumed at step {}", resumed.checkpoint.step.0))?;
                self.load(resumed)?;
            }
            None => directory.log(&format!("started: {} on {}", self.config.model_name(), self.config.data))?,
        }
        directory.truncate_journals(saved)?;
        self.directory = Some((directory, lock));
        Ok(())
    }

    fn load(&mut self, Resumed { path, checkpoint, .. }: Resumed) -> Result<()> {
        let changed: Vec<String> =
            self.config.differences(&checkpoint.config).iter().map(ToString::to_string).collect();
        if checkpoint.data != self.data {
            let got = format!("{:?} with {} classes", checkpoint.data.shape, checkpoint.data.classes.len());
            return Err(Error::checkpoint(path, format!("it was trained on other data: {got}")));
        }
        self.keep_the_first();
        self.watch.restore(&checkpoint.watch);
        self.learner.load(&checkpoint.tensors).map_err(|error| {
            let settings = if changed.is_empty() { String::new() } else { format!(" ({})", changed.join("; ")) };
            Error::checkpoint(path, format!("{error}{settings}"))
        })?;
        self.step = checkpoint.step.0;
        self.tick = checkpoint.tick;
        self.guard = checkpoint.guard;
        self.best = checkpoint.best;
        self.good = Some((self.step, checkpoint.tensors));
        Ok(())
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn data(&self) -> &DataInfo {
        &self.data
    }

    pub fn learner(&self) -> &dyn Learner {
        &*self.learner
    }

    pub fn dataset(&self) -> &dyn Dataset {
        self.loader.dataset()
    }

    /// Steps done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The best state so far, where states are scored; its checkpoint is kept.
    pub fn best(&self) -> Option<Best> {
        self.best
    }

    /// Why the run has ended before its time, where its health settings ended it.
    pub fn halted(&self) -> Option<&str> {
        self.watch.halted.as_deref()
    }

    /// Trains to the end, or until the observer wants to stop or the health settings do, and saves.
    ///
    /// A file that cannot be written is a warning while there is another chance to write it, and an error at the end.
    ///
    /// # Errors
    /// When the data cannot be read, too many steps had to be skipped, or the last state cannot be saved.
    pub fn run(&mut self, observer: &mut dyn Observer) -> Result<Outcome> {
        if self.step == 0 && self.directory.is_some() {
            self.write_first_pictures(observer)?;
            // what cannot be measured is better known now than at the first snapshot
            self.measure(observer)?;
        }
        self.keep_the_first();
        while self.step < self.config.steps {
            let mut report = self.train_step()?;
            self.examine(&mut report)?;
            self.tick.add(&report);
            observer.on_step(self.step);
            let last = self.step == self.config.steps;
            if self.step.is_multiple_of(self.config.tick) || last {
                let progress = self.tick.progress(&self.config, self.step, self.loader.waited());
                self.tick = Tick::start();
                self.write_stats(&progress);
                observer.on_tick(&progress);
            }
            self.react(observer)?;
            let stop = (observer.wants_to_stop() || self.watch.halted.is_some()) && !last;
            // a stop leaves no picture, which the run would not have drawn had it gone on
            let is_snapshot = self.step.is_multiple_of(self.config.snapshot) || last;
            if is_snapshot || stop {
                let state = self.look_through()?;
                if is_snapshot {
                    self.write_fakes(observer)?;
                    self.judge(observer, last);
                }
                self.save(state);
            }
            // the metrics of a snapshot may have ended the run as well; it is saved
            self.react(observer)?;
            let stop = (stop || self.watch.halted.is_some()) && !last;
            if stop || last {
                self.saver.wait()?;
            }
            let failure = self.saver.failure();
            self.warn_of(failure, "a save failed");
            self.tell(observer);
            if stop {
                let reason = self.watch.halted.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
                self.log(&format!("stopped at step {}{reason}", self.step));
                return Ok(if self.watch.halted.is_some() { Outcome::Halted } else { Outcome::Stopped });
            }
        }
        self.log(&format!("finished at step {}", self.step));
        Ok(Outcome::Finished)
    }

    /// Does one step. A step with a number that is not finite is left out, and its report is empty.
    ///
    /// # Errors
    /// When the data cannot be read, or too many steps had to be left out.
    pub fn train_step(&mut self) -> Result<Report> {
        let is_due = |(at, _): &(u64, _)| self.step >= at + guard::LOOK_EVERY;
        if self.good.as_ref().is_none_or(is_due) {
            self.look_through()?;
        }
        let report = match self.attempt(self.step) {
            Ok(report) => report,
            Err(Error::NotFinite { quantity, value, .. }) => {
                // a tensor of the state is nearer to the cause than what was computed from it
                let tensor = self.learner.not_finite().map(|name| format!("{quantity}, with tensor '{name}'"));
                self.skip(tensor.unwrap_or(quantity), value)?;
                self.go_back()?;
                Report::default()
            }
            Err(error) => return Err(error),
        };
        self.step += 1;
        Ok(report)
    }

    fn attempt(&mut self, step: u64) -> Result<Report> {
        let circumstances = TrainingStep {
            seed: self.config.seed,
            step: Step(step),
            rate_factor: self.config.rate_factor(step),
            average_keep: self.config.average_keep(step),
        };
        let report = self.learner.step(circumstances, &self.loader)?;
        match report.not_finite() {
            Some((name, value)) => Err(Error::not_finite(step, name, value)),
            None => Ok(report),
        }
    }

    /// Looks through the whole state: no step has to notice what is wrong with a tensor that it does not read.
    fn look_through(&mut self) -> Result<Arc<NamedTensors>> {
        if let Some(name) = self.learner.not_finite() {
            if self.good.is_none() {
                return Err(Error::not_finite(self.step, format!("tensor '{name}'"), f64::NAN));
            }
            self.warn(format!("step {}: tensor '{name}' was not finite; back to the last good state", self.step));
            self.go_back()?;
            if let Some(name) = self.learner.not_finite() {
                return Err(Error::not_finite(self.step, format!("tensor '{name}'"), f64::NAN));
            }
        }
        // the old one goes before the new one comes, for each is as large as the networks and the optimizers together
        self.good = None;
        let state = Arc::new(self.learner.save());
        self.good = Some((self.step, Arc::clone(&state)));
        Ok(state)
    }

    fn skip(&mut self, quantity: String, value: f64) -> Result<()> {
        let skipped = Skipped { step: self.step + 1, quantity, value: value.to_string() };
        self.warn(format!("skipped {skipped}"));
        if let Some((directory, _)) = &self.directory {
            let written = directory.append_event(&skipped).err();
            self.warn_of(written, "an event is not written yet");
        }
        self.watch_skipped(&skipped.quantity, &skipped.value);
        self.guard.skip(skipped)
    }

    /// Goes back to the last good state, and from there does the steps up to this one again.
    fn go_back(&mut self) -> Result<()> {
        let Some((from, state)) = self.good.clone() else { return Ok(()) };
        self.learner.load(&state)?;
        for step in (from..self.step).filter(|step| !self.guard.skips(*step)).collect::<Vec<_>>() {
            self.attempt(step)?;
        }
        Ok(())
    }

    /// Samples of the averaged generator, from the latents that every picture of a run shows: a model of classes shows one
    /// class a row, with the same latents in each.
    ///
    /// # Shapes
    /// -> [n, C, H, W].
    pub fn preview(&self) -> Tensor<4> {
        if let Some(classes) = self.learner.classes() {
            let (seeds, labels) = sampling::class_rows(classes.min(PREVIEW_COLUMNS * 2), PREVIEW_COLUMNS);
            return self.learner.sample(self.latents(&seeds), Some(&labels));
        }
        let n = if self.data.shape == [2, 1, 1] { PREVIEW_POINTS } else { PREVIEW_IMAGES };
        self.samples(&(0..n).collect::<Vec<u64>>())
    }

    /// Samples of the averaged generator, one for each seed; where it takes labels, of the classes in turn.
    ///
    /// # Shapes
    /// -> [seeds, C, H, W].
    pub fn samples(&self, seeds: &[u64]) -> Tensor<4> {
        let labels = self.learner.classes().map(|classes| sampling::in_turn(seeds, classes));
        self.learner.sample(self.latents(seeds), labels.as_deref())
    }

    fn latents(&self, seeds: &[u64]) -> Tensor<2> {
        sampling::latents(self.config.latent, seeds, self.learner.latent_size(), &self.device)
    }

    /// The state of the run.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint_of(Arc::new(self.learner.save()))
    }

    fn checkpoint_of(&self, tensors: Arc<NamedTensors>) -> Checkpoint {
        Checkpoint {
            config: self.config.clone(),
            data: self.data.clone(),
            step: Step(self.step),
            tick: self.tick.clone(),
            guard: self.guard.clone(),
            best: self.best,
            watch: self.watch.state(),
            tensors,
        }
    }
}

#[cfg(test)]
#[path = "planted_tests.rs"]
mod planted_tests;
