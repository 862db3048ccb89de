//! What a run does about a fault, and that a run which was stopped on the way does the same.

use std::{path::Path, sync::Arc};

use burn::tensor::Device;

use super::{BurnIn, Observer, Outcome, RunDirectory, Trainer, tiny};
use crate::{
    config::Config,
    data::{Dataset, Split, ring8},
    error::Result,
    health::{Event, HealthSettings, OnFault, Phase},
    storage::simulated::SimulatedDisk,
};

/// A set whose samples are all the same.
#[derive(Debug)]
struct Constant(Arc<dyn Dataset>);

impl Dataset for Constant {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn len(&self) -> usize {
        self.0.len()
    }
    fn shape(&self) -> [usize; 3] {
        self.0.shape()
    }
    fn classes(&self) -> &[String] {
        &[]
    }
    fn read(&self, _: usize, out: &mut [f32]) -> Result<Option<usize>> {
        self.0.read(0, out)
    }
}

fn config(health: HealthSettings) -> Config {
    Config { steps: 40, health, ..tiny::config() }
}

fn on(disk: &SimulatedDisk, health: HealthSettings) -> Trainer {
    let mut trainer = tiny::trainer_on(config(health), Arc::new(Constant(Arc::new(ring8(Split::Train)))));
    trainer.write_to(RunDirectory::on(Arc::new(disk.clone()), tiny::RUN)).unwrap();
    trainer
}

fn said(disk: &SimulatedDisk) -> Vec<Event> {
    let bytes = disk.snapshot().remove(&Path::new(tiny::RUN).join("health.jsonl")).unwrap_or_default();
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_run_that_is_stopped_anywhere_writes_the_same_health_as_one_that_is_not() {
    let health = || HealthSettings { every: 4, ..HealthSettings::default() };
    let unbroken = SimulatedDisk::default();
    on(&unbroken, health()).run(&mut ()).unwrap();
    let events = said(&unbroken);
    assert!(events.iter().any(|event| event.detector == "data_faults" && event.step == 1), "{events:?}");
    for stop in [1, 2, 7, 8, 23] {
        let disk = SimulatedDisk::default();
        on(&disk, health()).run(&mut tiny::StopAt(stop, 0)).unwrap();
        on(&disk, health()).run(&mut ()).unwrap();
        assert!(tiny::files(&disk) == tiny::files(&unbroken), "stopped at {stop}");
    }
}

#[test]
fn a_fault_ends_the_run_where_that_is_asked_for_with_everything_saved() {
    let disk = SimulatedDisk::default();
    let mut trainer = on(&disk, HealthSettings { on_fault: OnFault::Stop, ..HealthSettings::default() });
    assert_eq!(trainer.run(&mut ()).unwrap(), Outcome::Halted);
    assert_eq!((trainer.step(), trainer.halted()), (1, Some("data_faults at step 1")));
    assert!(disk.snapshot().contains_key(&Path::new(tiny::RUN).join("checkpoint-000001.safetensors")));
}

#[test]
fn a_run_goes_back_to_its_first_networks_and_on_with_fresh_steps() {
    struct Hears(Vec<(u64, Phase)>);
    impl Observer for Hears {
        fn on_health(&mut self, event: &Event) {
            self.0.push((event.step, event.phase));
        }
    }
    let disk = SimulatedDisk::default();
    let mut trainer = on(&disk, HealthSettings { on_fault: OnFault::Rollback, ..HealthSettings::default() });
    let first = trainer.checkpoint().tensors;
    let mut hears = Hears(Vec::new());
    trainer.run(&mut hears).unwrap();
    assert_eq!(hears.0.first(), Some(&(1, Phase::Onset)));
    let log = String::from_utf8(disk.snapshot()[&Path::new(tiny::RUN).join("log.txt")].clone()).unwrap();
    assert!(log.contains("back to the networks of step 0, try 1 of 3"), "{log}");
    // the second step was the first of those networks, with the second draws
    let mut by_hand =
        tiny::trainer_on(config(HealthSettings::default()), Arc::new(Constant(Arc::new(ring8(Split::Train)))));
    by_hand.train_step().unwrap();
    by_hand.replace_networks(&first).unwrap();
    while by_hand.step() < 40 {
        by_hand.train_step().unwrap();
    }
    assert!(by_hand.checkpoint().tensors == trainer.checkpoint().tensors);
}

#[test]
fn how_far_an_update_moves_is_said_of_the_rate_that_it_had() {
    // both players' second update, by half the rate and by all of it, from the same weights with the same gradients
    let second = |burn_in| {
        let health = HealthSettings { every: 1, ..HealthSettings::default() };
        let config = Config { burn_in, health, batch: 16, ..Config::preset("ring8").unwrap() };
        let mut trainer = Trainer::new(config, Device::flex()).unwrap();
        let mut report = Default::default();
        for _ in 0..2 {
            report = trainer.train_step().unwrap();
            trainer.examine(&mut report).unwrap();
        }
        report.get("update_d").unwrap()
    };
    let half = second(Some(BurnIn { kimg: 1e-6, rate: Some(0.5), ..BurnIn::default() }));
    let ratio = half / second(None);
    assert!((ratio - 0.5).abs() < 0.02, "{ratio}");
}

#[test]
fn a_run_ends_when_its_metric_has_not_improved_for_long_enough() {
    struct Worse(f64);
    impl Observer for Worse {
        fn score(&mut self, _: &dyn super::Learner) -> Option<f64> {
            self.0 += 1.0;
            Some(self.0)
        }
    }
    let disk = SimulatedDisk::default();
    let health = HealthSettings { stop: Some(15), ..HealthSettings::default() };
    let mut trainer = tiny::trainer(config(health));
    trainer.write_to(RunDirectory::on(Arc::new(disk), tiny::RUN)).unwrap();
    assert_eq!(trainer.run(&mut Worse(0.0)).unwrap(), Outcome::Halted);
    // snapshots every 5 steps, the first of them the best
    assert_eq!(trainer.step(), 20);
    assert!(trainer.halted().unwrap().contains("since step 5"), "{:?}", trainer.halted());
}
