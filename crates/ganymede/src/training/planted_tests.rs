//! NaN and infinities planted wherever a step reads or writes, at a hundred steps each: none outlives its step.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use burn::{module::Module, tensor::TensorData};

use super::*;
use crate::{
    data::Split,
    networks::{Discriminator, MlpDiscriminator, Pass},
    random::{Draws, Purpose},
    signal::Signal,
    storage::simulated::SimulatedDisk,
    training::{Game, GameSettings, tiny},
};

const STEPS: usize = 100;
const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// Does steps and plants a fault before each; it must be noticed in that step and leave no trace.
fn assert_noticed(what: &str, trainer: &mut Trainer, mut plant: impl FnMut(&mut Trainer, usize)) {
    for step in 0..STEPS {
        // a look first, so that the faults of this test do not add up to the end of the run
        trainer.guard = Guard::default();
        let before = trainer.look_through().unwrap();
        plant(trainer, step);
        let report = trainer.train_step().unwrap_or_else(|error| panic!("{what}, step {step}: {error}"));
        assert_eq!(report, Report::default(), "{what}, step {step}: not noticed");
        assert!(trainer.guard.skips(step as u64 * 2), "{what}, step {step}: not noted");
        assert!(trainer.learner.save() == *before, "{what}, step {step}: left a trace");
        // and training goes on
        plant_nothing(trainer);
        assert_ne!(trainer.train_step().unwrap(), Report::default(), "{what}, step {step}: skipped for nothing");
    }
}

fn plant_nothing(_: &mut Trainer) {
    MODE.store(SOUND, Ordering::Relaxed);
}

fn plant_in(trainer: &mut Trainer, name: &str, step: usize) {
    let mut tensors = trainer.learner.save();
    let data = &tensors[name];
    let (shape, mut values) = (data.shape().to_vec(), data.try_to_vec::<f32>().unwrap());
    let at = step % values.len();
    values[at] = BAD[step % BAD.len()];
    tensors.insert(name.to_owned(), TensorData::new(values, shape));
    trainer.learner.load(&tensors).unwrap();
}

#[test]
fn every_weight_and_every_moment_is_guarded() {
    let mut trainer = tiny::trainer(Config { penalty: "none".into(), ..tiny::config() });
    trainer.train_step().unwrap();
    // the average is read by no step, but by every look
    let names: Vec<String> = trainer.learner.save().into_keys().collect();
    let read = |name: &&String| !name.starts_with("average.") && !name.ends_with(".updates");
    for name in names.iter().filter(read) {
        trainer.step = 0;
        trainer.good = None;
        assert_noticed(name, &mut trainer, |trainer, step| plant_in(trainer, name, step));
    }
}

/// A set with bad samples.
#[derive(Debug)]
struct Poisoned {
    good: Arc<dyn Dataset>,
    bad: Vec<usize>,
}

impl Dataset for Poisoned {
    fn name(&self) -> &str {
        self.good.name()
    }
    fn len(&self) -> usize {
        self.good.len()
    }
    fn shape(&self) -> [usize; 3] {
        self.good.shape()
    }
    fn classes(&self) -> &[String] {
        self.good.classes()
    }
    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        let class = self.good.read(index, out)?;
        if self.bad.contains(&index) {
            out[index % 2] = BAD[index % BAD.len()];
        }
        Ok(class)
    }
}

fn poisoned(bad: Vec<usize>) -> Arc<Poisoned> {
    Arc::new(Poisoned { good: Arc::new(data::ring8(Split::Train)), bad })
}

/// Batches are read ahead, so that they are bad by their number, not by the time: every other one.
#[test]
fn the_data_are_guarded() {
    let bad = (0..STEPS as u64).map(|step| first_sample_of_batch(2 * step)).collect();
    let mut trainer = tiny::trainer_on(tiny::config(), poisoned(bad));
    assert_noticed("data", &mut trainer, |_, _| {});
}

const SOUND: u8 = 0;
const BAD_ACTIVATION: u8 = 1;
const BAD_GRADIENT: u8 = 2;
static MODE: AtomicU8 = AtomicU8::new(SOUND);

/// A discriminator that can be told to compute a bad number.
#[derive(Module, Debug)]
struct Faulty {
    inner: MlpDiscriminator,
}

impl Discriminator for Faulty {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let Signal { value, tangent } = self.inner.forward(x, pass);
        let value = match MODE.load(Ordering::Relaxed) {
            BAD_ACTIVATION => value * f64::INFINITY,
            // 0, with the derivative 0 / 0
            BAD_GRADIENT => value.clone() + (value * 0.0).sqrt(),
            _ => value,
        };
        Signal { value, tangent }
    }
}

#[test]
fn activations_and_gradients_are_guarded() {
    for (what, mode) in [("activations", BAD_ACTIVATION), ("gradients", BAD_GRADIENT)] {
        let config = Config { penalty: "none".into(), ..tiny::config() };
        let (generator, inner) = tiny::networks();
        let settings = GameSettings::new(&config.objective, &config.penalty).unwrap();
        let learner = Box::new(Game::new(generator, Faulty { inner }, settings).unwrap());
        let dataset = Arc::new(data::ring8(Split::Train));
        let mut trainer = Trainer::with_learner(config, learner, dataset, Device::flex()).unwrap();
        assert_noticed(what, &mut trainer, |_, _| MODE.store(mode, Ordering::Relaxed));
    }
}

#[test]
fn a_bad_number_in_the_average_is_replaced_by_the_good_one_at_the_next_look() {
    let mut trainer = tiny::trainer(tiny::config());
    (0..3).for_each(|_| drop(trainer.train_step().unwrap()));
    let good = trainer.learner.save();
    plant_in(&mut trainer, "average.output.bias", 0);
    assert!(*trainer.look_through().unwrap() == good);
}

#[test]
fn no_bad_number_gets_into_a_checkpoint() {
    let mut trainer = tiny::trainer(tiny::config());
    plant_in(&mut trainer, "average.output.bias", 0);
    let error = trainer.checkpoint().save_on(&SimulatedDisk::default(), "file".as_ref()).unwrap_err();
    assert!(error.to_string().contains("average.output.bias"), "{error}");
}

/// Bad data at the same step every time: the run skips it, and so do the runs that are stopped before and after it.
#[test]
fn a_skipped_step_is_part_of_the_history_that_a_resumed_run_has() {
    let always = vec![first_sample_of_batch(7), first_sample_of_batch(130)];
    let config = Config { steps: 150, snapshot: 60, ..tiny::config() };
    let run = |disk: &SimulatedDisk, observer: &mut dyn Observer| {
        let mut trainer = tiny::trainer_on(config.clone(), poisoned(always.clone()));
        trainer.write_to(RunDirectory::on(Arc::new(disk.clone()), tiny::RUN)).unwrap();
        trainer.run(observer).unwrap()
    };
    let unbroken = SimulatedDisk::default();
    run(&unbroken, &mut ());
    let events = &unbroken.snapshot()[&std::path::Path::new(tiny::RUN).join("events.jsonl")];
    assert_eq!(events.iter().filter(|byte| **byte == b'\n').count(), 2);
    for stop in [7, 8, 9, 129, 131] {
        let disk = SimulatedDisk::default();
        run(&disk, &mut tiny::StopAt(stop, 0));
        run(&disk, &mut ());
        assert!(tiny::files(&disk) == tiny::files(&unbroken), "stopped at {stop}");
    }
}

/// What goes wrong by accident is undone as exactly: the replay ends in the state of a run that skipped the step alone.
#[test]
fn going_back_over_many_steps_is_exact() {
    let dataset = poisoned(vec![first_sample_of_batch(37)]);
    let mut expected = tiny::trainer_on(tiny::config(), dataset);
    let mut trainer = tiny::trainer(tiny::config());
    for step in 0..60 {
        if step == 37 {
            plant_in(&mut trainer, "discriminator.output.weight", 0);
        }
        expected.train_step().unwrap();
        trainer.train_step().unwrap();
    }
    assert!(trainer.learner.save() == expected.learner.save());
}

#[test]
fn the_third_bad_step_in_a_thousand_ends_the_run() {
    let dataset = poisoned([3, 4, 5].map(first_sample_of_batch).to_vec());
    let mut trainer = tiny::trainer_on(tiny::config(), dataset);
    let error = (0..6).find_map(|_| trainer.train_step().err()).unwrap();
    assert!(matches!(error, Error::NotFinite { step: 6, .. }), "{error}");
    assert!(error.to_string().contains("step 4: batch 3 of the data"), "{error}");
}

/// The sample that comes first in a batch of the tiny run.
fn first_sample_of_batch(batch: u64) -> usize {
    let dataset = data::ring8(Split::Train);
    let mut draws = Draws::new(tiny::config().seed, Purpose::Order, 0);
    draws.permutation(dataset.len())[batch as usize * tiny::config().batch] as usize
}
