//! A run of some milliseconds, for the tests of what survives what.

use std::{path::Path, sync::Arc};

use burn::tensor::Device;

use super::{Game, GameSettings, Observer, Outcome, RunDirectory, Trainer};
use crate::{
    config::Config,
    data::{self, Dataset, Split},
    error::Result,
    evaluation::{Metric, Monitoring},
    layers::{Initializer, WeightScale},
    networks::{MlpDiscriminator, MlpGenerator},
    random::{Purpose, Seed},
    storage::simulated::SimulatedDisk,
};

pub(crate) const RUN: &str = "run";
const LATENT: usize = 2;
const WIDTH: usize = 3;

/// Ticks, snapshots and lazy penalties that never fall on the same step but the last.
pub(crate) fn config() -> Config {
    Config {
        data: "ring8".into(),
        network: "mlp".into(),
        penalty: "r1:0.1/3".into(),
        batch: 4,
        steps: 15,
        tick: 4,
        snapshot: 5,
        average_kimg: 0.05,
        ..Config::default()
    }
}

/// The same, measured at every snapshot.
pub(crate) fn measured() -> Config {
    let metrics = vec![Metric::Kid, Metric::Modes];
    Config { monitor: Some(Monitoring { n: 24, ..Monitoring::new(metrics) }), ..config() }
}

pub(crate) fn networks() -> (MlpGenerator, MlpDiscriminator) {
    let initializer = |purpose| Initializer::new(Seed(1), purpose, WeightScale::FanIn, &Device::flex().autodiff());
    (
        MlpGenerator::new(LATENT, [2, 1, 1], WIDTH, 1, &mut initializer(Purpose::GeneratorWeights)),
        MlpDiscriminator::new([2, 1, 1], WIDTH, 1, &mut initializer(Purpose::DiscriminatorWeights)),
    )
}

pub(crate) fn trainer(config: Config) -> Trainer {
    trainer_on(config, Arc::new(data::ring8(Split::default())))
}

pub(crate) fn trainer_on(config: Config, dataset: Arc<dyn Dataset>) -> Trainer {
    let (generator, discriminator) = networks();
    let settings = GameSettings::new(&config.objective, &config.penalty).unwrap();
    let learner = Box::new(Game::new(generator, discriminator, settings).unwrap());
    Trainer::with_learner(config, learner, dataset, Device::flex()).unwrap()
}

/// Begins the run on `disk`, or goes on with it.
pub(crate) fn run(disk: &SimulatedDisk, config: Config, observer: &mut dyn Observer) -> Result<Outcome> {
    let mut trainer = trainer(config);
    trainer.write_to(RunDirectory::on(Arc::new(disk.clone()), RUN))?;
    trainer.run(observer)
}

/// What a run has written, but for what is told to people and has times in it.
pub(crate) fn files(disk: &SimulatedDisk) -> Vec<(String, Vec<u8>)> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let files = disk.snapshot().into_iter().map(|(path, bytes)| (name(&path), bytes));
    files.filter(|(name, _)| !["log.txt", ".lock", ".holder.json"].contains(&name.as_str())).collect()
}

/// Stops at a step.
pub(crate) struct StopAt(pub u64, pub u64);

impl Observer for StopAt {
    fn on_step(&mut self, step: u64) {
        self.1 = step;
    }

    fn wants_to_stop(&self) -> bool {
        self.0 == self.1
    }
}
