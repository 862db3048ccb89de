//! Checkpoints that were written by this version of the format load and continue for ever.

use std::path::PathBuf;

use burn::tensor::DType;

use super::{RunDirectory, Trainer, tiny};
use crate::{checkpoint::Checkpoint, config::Config, parameters::NamedTensors, storage::simulated::SimulatedDisk};

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

/// The BLAKE3 of every tensor of the continued run, as it is on processors with AVX-512. Other processors split a product
/// differently and are held to [`ROUNDING`] of the kept state alone.
///
/// A kernel that rounds otherwise than before changes it knowingly, and nothing else does:
/// `GANYMEDE_BLESS=1 cargo nextest run --release --workspace a_kept_checkpoint`. The kept checkpoints never change.
const CONTINUED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/version1-000013.blake3");
const ROUNDING: f32 = 1e-5;

#[test]
fn a_kept_checkpoint_loads_and_continues_exactly() {
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
            assert!((got - expected).abs() <= ROUNDING, "{name}: {got} for {expected}");
        }
    }
    let digest = digest(&reached.tensors);
    if std::env::var_os("GANYMEDE_BLESS").is_some() {
        std::fs::write(CONTINUED, format!("{digest}\n")).unwrap();
    }
    let expected = std::fs::read_to_string(CONTINUED).unwrap();
    assert!(!has_avx512() || digest == expected.trim(), "expected {expected}, got {digest}");
}

fn digest(tensors: &NamedTensors) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, data) in tensors {
        hasher.update(name.as_bytes()).update(data.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx512() -> bool {
    false
}
