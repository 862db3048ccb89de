//! The training loop: steps, ticks, snapshots.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use burn::tensor::{Device, Tensor};
use serde::Serialize;

use super::{Game, GameSettings, Learner, Observer, Outcome, Progress, Report, RunDirectory, Source, TrainingStep};
use crate::{
    checkpoint::{Checkpoint, DataInfo},
    config::Config,
    data::{self, Dataset, Loader},
    error::{Error, Result},
    networks, objectives, penalties, picture,
    random::Step,
    sampling,
};

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
    directory: Option<RunDirectory>,
}

/// One line of `stats.jsonl`: numbers that depend on the settings alone, so that a resumed run writes the same ones.
#[derive(Debug, Serialize)]
struct StatsLine<'a> {
    step: u64,
    kimg: f64,
    #[serde(flatten)]
    report: std::collections::BTreeMap<&'a str, f64>,
}

impl Trainer {
    /// Opens the data and builds the networks that `config` names.
    ///
    /// # Errors
    /// When a setting makes no sense, the data cannot be opened, or the network cannot serve them.
    pub fn new(config: Config, device: Device) -> Result<Self> {
        config.validate()?;
        let options = data::OpenOptions { size: config.size, channels: config.channels, ..Default::default() };
        let dataset = data::open(&config.data, &options)?;
        Self::on_dataset(config, dataset, device)
    }

    /// As [`Trainer::new`], on data that are open already.
    ///
    /// # Errors
    /// As [`Trainer::new`].
    pub fn on_dataset(config: Config, dataset: Arc<dyn Dataset>, device: Device) -> Result<Self> {
        config.validate()?;
        let device = device.autodiff();
        let (generator, discriminator) = networks::build(&config, dataset.shape(), &device)?;
        let settings = GameSettings {
            objective: objectives::by_name(&config.objective)?,
            penalties: penalties::parse(&config.penalty)?,
            clip: config.clip,
            n_critic: config.n_critic,
            latent: config.latent,
            generator: config.generator,
            discriminator: config.discriminator,
        };
        let learner = Box::new(Game::new(generator, discriminator, settings)?);
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
        let device = device.autodiff();
        let loader = Loader::new(dataset, config.batch, config.seed, &device)?;
        Ok(Trainer { config, data, learner, loader, device, step: 0, directory: None })
    }

    /// Writes statistics, pictures and checkpoints to `directory` from now on. Where it holds a run of the same settings,
    /// training goes on from that run's newest checkpoint.
    ///
    /// # Errors
    /// When the directory holds something else, cannot be written, or its checkpoint cannot be loaded.
    pub fn write_to(&mut self, directory: RunDirectory) -> Result<()> {
        directory.claim(&self.config)?;
        match directory.newest_checkpoint()? {
            Some(path) => {
                self.load(&path)?;
                directory.truncate_stats(self.step)?;
                directory.log(&format!("resumed at step {} from {}", self.step, path.display()))?;
            }
            None => {
                directory.truncate_stats(0)?;
                directory.log(&format!("started: {} on {}", self.config.objective, self.config.data))?;
            }
        }
        self.directory = Some(directory);
        Ok(())
    }

    fn load(&mut self, path: &Path) -> Result<()> {
        let checkpoint = Checkpoint::load(path)?;
        let changed: Vec<String> =
            self.config.differences(&checkpoint.config).iter().map(ToString::to_string).collect();
        if checkpoint.data != self.data {
            let got = format!("{:?} with {} classes", checkpoint.data.shape, checkpoint.data.classes.len());
            return Err(Error::checkpoint(path, format!("it was trained on other data: {got}")));
        }
        self.learner.load(&checkpoint.tensors).map_err(|error| {
            let settings = if changed.is_empty() { String::new() } else { format!(" ({})", changed.join("; ")) };
            Error::checkpoint(path, format!("{error}{settings}"))
        })?;
        self.step = checkpoint.step.0;
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

    /// Trains to the end, or until the observer wants to stop, and saves.
    ///
    /// # Errors
    /// When the data cannot be read, a number is no longer finite, or a file cannot be written.
    pub fn run(&mut self, observer: &mut dyn Observer) -> Result<Outcome> {
        if self.step == 0 {
            self.write_first_pictures(observer)?;
        }
        let mut tick = Tick::start();
        while self.step < self.config.steps {
            let report = self.train_step()?;
            tick.add(&report);
            observer.on_step(self.step);
            let last = self.step == self.config.steps;
            if self.step.is_multiple_of(self.config.tick) || last {
                let progress = tick.finish(&self.config, self.step);
                self.write_stats(&progress)?;
                observer.on_tick(&progress);
                tick = Tick::start();
            }
            let stop = observer.wants_to_stop() && !last;
            if self.step.is_multiple_of(self.config.snapshot) || last || stop {
                self.write_snapshot(observer)?;
            }
            if stop {
                self.log(&format!("stopped at step {}", self.step))?;
                return Ok(Outcome::Stopped);
            }
        }
        self.log(&format!("finished at step {}", self.step))?;
        Ok(Outcome::Finished)
    }

    /// Does one step.
    ///
    /// # Errors
    /// When the data cannot be read, or a number is no longer finite.
    pub fn train_step(&mut self) -> Result<Report> {
        let step = TrainingStep {
            seed: self.config.seed,
            step: Step(self.step),
            rate_factor: self.config.schedule.factor(self.step, self.config.steps),
            average_keep: self.config.average_keep(self.step),
        };
        let report = self.learner.step(step, &self.loader)?;
        if let Some((quantity, value)) = report.not_finite() {
            return Err(Error::NotFinite {
                step: self.step,
                quantity: quantity.to_owned(),
                value,
                advice: "lower the learning rates, or add a gradient penalty such as r1".into(),
            });
        }
        self.step += 1;
        Ok(report)
    }

    /// Samples of the averaged generator, from the latents that every picture of a run shows.
    ///
    /// # Shapes
    /// -> [n, C, H, W].
    pub fn preview(&self) -> Tensor<4> {
        let n = if self.data.shape == [2, 1, 1] { PREVIEW_POINTS } else { PREVIEW_IMAGES };
        self.samples(&(0..n).collect::<Vec<u64>>())
    }

    /// Samples of the averaged generator, one for each seed.
    ///
    /// # Shapes
    /// -> [seeds, C, H, W].
    pub fn samples(&self, seeds: &[u64]) -> Tensor<4> {
        let z = sampling::latents(self.config.latent, seeds, self.learner.latent_size(), &self.device);
        self.learner.sample(z, None)
    }

    /// The state of the run.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            config: self.config.clone(),
            data: self.data.clone(),
            step: Step(self.step),
            tensors: self.learner.save(),
        }
    }

    fn write_first_pictures(&self, observer: &mut dyn Observer) -> Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let reals = self.loader.batch(0)?.images.inner();
        directory.save_picture("reals.png", &picture::of_samples(&reals, PREVIEW_COLUMNS)?)?;
        let fakes = picture::of_samples(&self.preview(), PREVIEW_COLUMNS)?;
        observer.on_picture(&directory.save_picture("fakes_init.png", &fakes)?);
        Ok(())
    }

    fn write_stats(&self, progress: &Progress) -> Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let report = progress.report.iter().collect();
        directory.append_stats(&StatsLine { step: progress.step, kimg: progress.kimg, report })?;
        directory.log(&format!("step {} at {:.0} images/s", progress.step, progress.images_per_second))
    }

    fn write_snapshot(&self, observer: &mut dyn Observer) -> Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        directory.save_checkpoint(&self.checkpoint())?;
        let fakes = picture::of_samples(&self.preview(), PREVIEW_COLUMNS)?;
        observer.on_picture(&directory.save_picture(&format!("fakes{:06}.png", self.step), &fakes)?);
        Ok(())
    }

    fn log(&self, line: &str) -> Result<()> {
        self.directory.as_ref().map_or(Ok(()), |directory| directory.log(line))
    }
}

/// The steps since the last line of statistics.
struct Tick {
    started: Instant,
    steps: u64,
    /// Each number's sum and count, in the order of first appearance: a lazy penalty does not appear in every step.
    sums: Vec<(String, f64, u64)>,
}

impl Tick {
    fn start() -> Self {
        Tick { started: Instant::now(), steps: 0, sums: Vec::new() }
    }

    fn add(&mut self, report: &Report) {
        self.steps += 1;
        for (name, value) in report.iter() {
            match self.sums.iter_mut().find(|(known, ..)| known == name) {
                Some((_, sum, count)) => {
                    *sum += value;
                    *count += 1;
                }
                None => self.sums.push((name.to_owned(), value, 1)),
            }
        }
    }

    fn finish(&self, config: &Config, step: u64) -> Progress {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-9);
        let mut report = Report::default();
        for (name, sum, count) in &self.sums {
            report.push(name.as_str(), sum / *count as f64);
        }
        Progress {
            step,
            steps: config.steps,
            kimg: (step * config.images_per_step()) as f64 / 1000.0,
            images_per_second: (self.steps * config.images_per_step()) as f64 / seconds,
            remaining: Duration::from_secs_f64((config.steps - step) as f64 * seconds / self.steps.max(1) as f64),
            report,
        }
    }
}
