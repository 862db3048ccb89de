//! What a run survives: every promise of `docs/reliability.md` about kills, errors of the disk, power cuts and damage.

use std::{io, path::Path};

use super::{
    checkpoints,
    tiny::{self, RUN, StopAt, files},
};
use crate::{
    checkpoint::Checkpoint,
    error::Error,
    random::{Draws, Purpose, Seed},
    storage::{
        Storage,
        simulated::{SimulatedDisk, Verdict},
    },
};

/// ENOSPC, EIO, EACCES, EINTR.
const ERRORS: [i32; 4] = [28, 5, 13, 4];
const POWER_CUTS: u64 = 10_000;
const MUTATIONS: u64 = 20_000;

fn unbroken() -> Vec<(String, Vec<u8>)> {
    let disk = SimulatedDisk::default();
    tiny::run(&disk, tiny::measured(), &mut ()).unwrap();
    files(&disk)
}

fn calls_of_a_run() -> usize {
    let disk = SimulatedDisk::default();
    disk.clear_plan();
    tiny::run(&disk, tiny::measured(), &mut ()).unwrap();
    disk.calls()
}

fn assert_same_files(disk: &SimulatedDisk, expected: &[(String, Vec<u8>)], case: &str) {
    let got = files(disk);
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&got), names(expected), "{case}");
    for ((name, got), (_, expected)) in got.iter().zip(expected) {
        assert!(got == expected, "{case}: {name} differs");
    }
}

/// Runs until the process is stopped at call `k`, then starts the next process.
fn run_and_stop_at(disk: &SimulatedDisk, k: usize) {
    disk.set_plan(move |call| if call == k { Verdict::Stops } else { Verdict::Done });
    // whether the run notices depends on the call
    let _ = tiny::run(disk, tiny::measured(), &mut ());
    disk.restart();
}

#[test]
fn the_same_run_writes_the_same_bytes() {
    assert_eq!(unbroken(), unbroken());
}

#[test]
fn a_run_stopped_in_the_middle_of_a_tick_writes_the_same_files() {
    let expected = unbroken();
    for stop in 1..15 {
        let disk = SimulatedDisk::default();
        tiny::run(&disk, tiny::measured(), &mut StopAt(stop, 0)).unwrap();
        tiny::run(&disk, tiny::measured(), &mut ()).unwrap();
        assert_same_files(&disk, &expected, &format!("stopped at {stop}"));
    }
}

#[test]
fn a_run_that_is_killed_at_any_call_and_again_while_it_recovers_ends_with_the_same_files() {
    let (expected, calls) = (unbroken(), calls_of_a_run());
    for k in 0..calls {
        let disk = SimulatedDisk::default();
        run_and_stop_at(&disk, k);
        run_and_stop_at(&disk, k * 7 % calls);
        tiny::run(&disk, tiny::measured(), &mut ()).unwrap_or_else(|error| panic!("killed at call {k}: {error}"));
        assert_same_files(&disk, &expected, &format!("killed at call {k}"));
    }
}

#[test]
fn a_run_that_loses_power_at_any_call_ends_with_the_same_files() {
    let (expected, calls) = (unbroken(), calls_of_a_run());
    for k in 0..calls {
        let disk = SimulatedDisk::default();
        run_and_stop_at(&disk, k);
        disk.cut_power(&mut Draws::new(Seed(0), Purpose::Data, k as u64));
        tiny::run(&disk, tiny::measured(), &mut ()).unwrap_or_else(|error| panic!("power cut at call {k}: {error}"));
        assert_same_files(&disk, &expected, &format!("power cut at call {k}"));
    }
}

#[test]
fn an_error_at_any_call_is_a_typed_error_or_a_warning_and_never_costs_a_checkpoint() {
    let (expected, calls) = (unbroken(), calls_of_a_run());
    // a picture or an older checkpoint that could not be written is not written again
    let owed = |name: &str| name.ends_with(".jsonl") || name == checkpoints::name(15);
    for error in ERRORS {
        for (k, for_good) in (0..calls).flat_map(|k| [(k, false), (k, true)]) {
            let case = format!("error {error} at call {k}{}", if for_good { " and ever after" } else { "" });
            let disk = SimulatedDisk::default();
            disk.set_plan(move |call| match call {
                call if call == k || (for_good && call > k) => Verdict::Fails(error),
                _ => Verdict::Done,
            });
            let outcome = tiny::run(&disk, tiny::measured(), &mut ());
            assert!(matches!(outcome, Ok(_) | Err(Error::Io { .. })), "{case}: {outcome:?}");
            disk.restart();
            let before = checkpoints::list(&disk, Path::new(RUN)).unwrap();
            for (_, path) in &before {
                Checkpoint::verify(&disk, path).unwrap_or_else(|error| panic!("{case}: {error}"));
            }
            tiny::run(&disk, tiny::measured(), &mut ()).unwrap_or_else(|error| panic!("{case}, resumed: {error}"));
            for (name, bytes) in expected.iter().filter(|(name, _)| owed(name)) {
                assert!(disk.snapshot()[&Path::new(RUN).join(name)] == *bytes, "{case}: {name} differs");
            }
            assert!(files(&disk).iter().all(|(name, _)| !name.ends_with(".tmp")), "{case}: a temporary file is left");
        }
    }
}

#[test]
fn short_writes_change_nothing() {
    let expected = unbroken();
    let disk = SimulatedDisk::default();
    disk.set_plan(|_| Verdict::Short);
    tiny::run(&disk, tiny::measured(), &mut ()).unwrap();
    assert_same_files(&disk, &expected, "short writes");
}

/// Ten thousand power cuts in the middle of a save: the old state or the new one, and the new one once `save` returned.
#[test]
fn a_power_cut_leaves_the_old_checkpoint_or_the_new_one_whole() {
    let (old, new) = two_checkpoints();
    let path = Path::new(RUN).join(checkpoints::name(new.step.0));
    let directory = Path::new(RUN);
    let mut seen = [0; 2];
    for cut in 0..POWER_CUTS {
        let disk = SimulatedDisk::default();
        disk.put(&directory.join(checkpoints::name(old.step.0)), &bytes_of(&old));
        let draws = &mut Draws::new(Seed(1), Purpose::Data, cut);
        let stop = draws.below(14);
        disk.set_plan(move |call| if call == stop { Verdict::Stops } else { Verdict::Done });
        let saved = checkpoints::save(&disk, directory, &new).is_ok();
        disk.cut_power(draws);
        let resumed = checkpoints::newest_whole(&disk, directory).unwrap().unwrap();
        let is_new = resumed.path == path;
        assert_eq!(resumed.checkpoint.tensors, if is_new { &new } else { &old }.tensors.clone(), "cut {cut}");
        assert!(is_new || !saved, "cut {cut}: saved, and lost");
        assert!(resumed.lost.is_empty(), "cut {cut}: {:?}", resumed.lost);
        seen[usize::from(is_new)] += 1;
    }
    assert!(seen.iter().all(|count| *count > 100), "old and new: {seen:?}");
}

#[test]
fn every_flipped_byte_and_every_truncation_of_a_checkpoint_is_found() {
    let (old, _) = two_checkpoints();
    let whole = bytes_of(&old);
    let (disk, path) = (SimulatedDisk::default(), Path::new(RUN).join("checkpoint-000005.safetensors"));
    let damaged = |bytes: &[u8]| {
        disk.put(&path, bytes);
        matches!(Checkpoint::load_from(&disk, &path), Err(Error::Damaged { .. }))
    };
    assert!(!damaged(&whole));
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        assert!(damaged(&bytes), "byte {at}");
        assert!(damaged(&whole[..at]), "cut to {at} bytes");
    }
}

#[test]
fn a_run_falls_back_from_a_damaged_checkpoint_and_says_what_it_does_again() {
    let expected = unbroken();
    let disk = SimulatedDisk::default();
    tiny::run(&disk, tiny::measured(), &mut ()).unwrap();
    let path = Path::new(RUN).join("checkpoint-000015.safetensors");
    let mut bytes = disk.snapshot()[&path].clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    disk.put(&path, &bytes);
    tiny::run(&disk, tiny::measured(), &mut ()).unwrap();
    let log = String::from_utf8(disk.snapshot()[&Path::new(RUN).join("log.txt")].clone()).unwrap();
    assert!(log.contains("the 5 steps from 10 to 15 are done again"), "{log}");
    let aside = path.with_extension("safetensors.damaged");
    assert_eq!(disk.read(&aside, u64::MAX).unwrap(), bytes);
    disk.remove(&aside).unwrap();
    assert_same_files(&disk, &expected, "after the fall back");
}

#[test]
fn where_no_checkpoint_is_whole_nothing_is_begun_again_in_silence() {
    let disk = SimulatedDisk::default();
    tiny::run(&disk, tiny::measured(), &mut ()).unwrap();
    for (_, path) in checkpoints::list(&disk, Path::new(RUN)).unwrap() {
        disk.put(&path, b"zeros");
    }
    let error = tiny::run(&disk, tiny::measured(), &mut ()).unwrap_err();
    assert!(matches!(&error, Error::Run { reason, .. } if reason.contains("checkpoints can be read")), "{error}");
}

#[test]
fn a_second_process_is_told_who_holds_the_directory() {
    let disk = SimulatedDisk::default();
    let mut first = tiny::trainer(tiny::measured());
    let directory = || super::RunDirectory::on(std::sync::Arc::new(disk.clone()), RUN);
    first.write_to(directory()).unwrap();
    let error = tiny::trainer(tiny::measured()).write_to(directory()).unwrap_err().to_string();
    assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    tiny::trainer(tiny::measured()).write_to(directory()).unwrap();
}

#[test]
fn the_directory_of_a_process_that_was_killed_is_taken_over_by_the_next_which_says_so() {
    let disk = SimulatedDisk::default();
    run_and_stop_at(&disk, calls_of_a_run() / 2);
    tiny::run(&disk, tiny::measured(), &mut ()).unwrap();
    let log = String::from_utf8(disk.snapshot()[&Path::new(RUN).join("log.txt")].clone()).unwrap();
    assert!(log.contains(&format!("taken over: process {}", std::process::id())), "{log}");
    assert!(!disk.snapshot().contains_key(&Path::new(RUN).join(".holder.json")));
}

#[test]
fn every_snapshot_is_measured_and_the_best_is_kept_however_the_run_is_stopped() {
    let config = crate::Config { steps: 40, ..tiny::measured() };
    let (whole, parts) = (SimulatedDisk::default(), SimulatedDisk::default());
    tiny::run(&whole, config.clone(), &mut ()).unwrap();
    for stop in [3, 11, 22] {
        tiny::run(&parts, config.clone(), &mut StopAt(stop, 0)).unwrap();
    }
    tiny::run(&parts, config, &mut ()).unwrap();
    assert!(files(&whole) == files(&parts));

    let lines = String::from_utf8(whole.snapshot()[&Path::new(RUN).join("metrics.jsonl")].clone()).unwrap();
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kid = |line: &serde_json::Value| line["results"]["kid"]["value"].as_f64().unwrap();
    let steps: Vec<u64> = lines.iter().map(|line| line["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [0, 5, 10, 15, 20, 25, 30, 35, 40]);
    // the state before the first step has no checkpoint to keep
    let lowest = lines[1..].iter().min_by(|a, b| kid(a).total_cmp(&kid(b))).unwrap();
    let path = Path::new(RUN).join(checkpoints::name(lowest["step"].as_u64().unwrap()));
    let newest = Checkpoint::load_from(&whole, &Path::new(RUN).join(checkpoints::name(40))).unwrap();
    let best = newest.best.unwrap();
    assert_eq!((lowest["step"].as_u64(), best.score), (Some(best.step.0), kid(lowest)));
    Checkpoint::verify(&whole, &path).unwrap();
}

#[test]
fn the_best_and_every_second_checkpoint_are_kept_beside_the_last_two() {
    struct BestAt15(u64);
    impl super::Observer for BestAt15 {
        fn on_step(&mut self, step: u64) {
            self.0 = step;
        }
        fn score(&mut self, _: &dyn super::Learner) -> Option<f64> {
            Some(self.0.abs_diff(15) as f64)
        }
    }
    let disk = SimulatedDisk::default();
    let config = crate::Config { steps: 35, keep_every: 2, ..tiny::config() };
    tiny::run(&disk, config, &mut BestAt15(0)).unwrap();
    let steps: Vec<u64> = checkpoints::list(&disk, Path::new(RUN)).unwrap().into_iter().map(|(step, _)| step).collect();
    assert_eq!(steps, [10, 15, 20, 30, 35]);
}

/// A real disk that is really full, where this process may mount one.
#[test]
fn a_full_disk_costs_nothing_but_the_saves_that_it_has_no_room_for() {
    let disk = tempfile::tempdir().unwrap();
    let mount = |arguments: &[&str]| {
        let status = std::process::Command::new(arguments[0]).args(&arguments[1..]).arg(disk.path()).status();
        status.is_ok_and(|status| status.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs"]) {
        eprintln!("skipped: this process may not mount a tmpfs");
        return;
    }
    let filler = disk.path().join("filler");
    std::fs::write(&filler, vec![0; 200 << 10]).unwrap();
    let run = || {
        let mut trainer = tiny::trainer(tiny::measured());
        trainer.write_to(super::RunDirectory::at(disk.path().join(RUN)))?;
        trainer.run(&mut ())
    };
    let full = run();
    std::fs::remove_file(&filler).unwrap();
    let resumed = run();
    let last = std::fs::read(disk.path().join(RUN).join(checkpoints::name(15)));
    assert!(mount(&["umount"]));
    assert!(matches!(full, Ok(_) | Err(Error::Io { .. })), "{full:?}");
    resumed.unwrap();
    let expected = unbroken();
    assert!(expected.iter().any(|(name, bytes)| *name == checkpoints::name(15) && *bytes == *last.as_ref().unwrap()));
}

/// Whatever stands in a file whose digest is right, reading it ends in a value or an error.
#[test]
fn a_checkpoint_of_any_content_is_read_or_refused() {
    let (old, _) = two_checkpoints();
    let whole = bytes_of(&old);
    for mutation in 0..MUTATIONS {
        let draws = &mut Draws::new(Seed(2), Purpose::Data, mutation);
        let mut bytes = whole.clone();
        for _ in 0..1 + draws.below(4) {
            let at = draws.below(bytes.len());
            match draws.below(4) {
                0 => bytes[at] = draws.below(256) as u8,
                1 => bytes[at] = *b"0123456789\"{}[],:-e"[..].get(draws.below(19)).unwrap(),
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        if let Ok(signed) = crate::checkpoint::sign(bytes) {
            // a tensor that the run does not know, a step of 10^19: refused by whoever uses it
            let _ = Checkpoint::from_bytes(&signed);
        }
    }
}

/// The states of a run after five and after ten steps.
fn two_checkpoints() -> (Checkpoint, Checkpoint) {
    let mut trainer = tiny::trainer(tiny::measured());
    let mut after_five_steps = || {
        (0..5).for_each(|_| drop(trainer.train_step().unwrap()));
        trainer.checkpoint()
    };
    (after_five_steps(), after_five_steps())
}

fn bytes_of(checkpoint: &Checkpoint) -> Vec<u8> {
    let (disk, path) = (SimulatedDisk::default(), Path::new("file"));
    checkpoint.save_on(&disk, path).unwrap();
    disk.read(path, u64::MAX).unwrap_or_else(|error: io::Error| panic!("{error}"))
}
