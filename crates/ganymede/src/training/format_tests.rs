//! Checkpoints that were written by this version of the format load and continue for ever.

use std::path::PathBuf;

use burn::tensor::DType;

use super::{RunDirectory, Trainer, tiny};
use crate::{checkpoint::Checkpoint, config::Config, storage::simulated::SimulatedDisk};

/// The tiny run of version 1, stopped in the middle of a tick, and six steps later.
const STEPS: [u64; 2] = [7, 13];

fn kept(step: u64) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/version1-{step:06}.safetensors"))
}

fn config() -> Config {
    Config { steps: STEPS[1], snapshot: STEPS[1], ..tiny::config() }
}

#[test]
#[ignore = "writes the files that the other test reads; for a new version of the format only"]
fn write_the_kept_checkpoints() {
    let mut trainer = tiny::trainer(config());
    let directory = RunDirectory::on(std::sync::Arc::new(SimulatedDisk::default()), tiny::RUN);
    trainer.write_to(directory).unwrap();
    trainer.run(&mut tiny::StopAt(STEPS[0], 0)).unwrap();
    trainer.checkpoint().save(&kept(STEPS[0])).unwrap();
    trainer.run(&mut ()).unwrap();
    trainer.checkpoint().save(&kept(STEPS[1])).unwrap();
}

/// Bits differ between kinds of processors, so the continuation is compared within rounding; that it is exact on one
/// machine is what `crash_tests` show.
#[test]
fn a_kept_checkpoint_loads_and_continues() {
    let [start, end] = STEPS.map(|step| Checkpoint::load(&kept(step)).unwrap());
    assert_eq!(start.config, config());
    let disk = SimulatedDisk::default();
    let bytes = std::fs::read(kept(STEPS[0])).unwrap();
    let directory = RunDirectory::on(std::sync::Arc::new(disk.clone()), tiny::RUN);
    disk.put(&directory.file("checkpoint-000007.safetensors"), &bytes);
    let mut trainer: Trainer = tiny::trainer(config());
    trainer.write_to(directory).unwrap();
    assert_eq!((trainer.step(), &trainer.checkpoint().tensors), (STEPS[0], &start.tensors));
    trainer.run(&mut ()).unwrap();
    let reached = trainer.checkpoint();
    assert!(reached.tensors.keys().eq(end.tensors.keys()));
    for (name, expected) in end.tensors.iter().filter(|(_, data)| data.dtype() == DType::F32) {
        for (got, expected) in reached.tensors[name].iter::<f32>().zip(expected.iter::<f32>()) {
            assert!((got - expected).abs() <= 1e-5, "{name}: {got} for {expected}");
        }
    }
}
