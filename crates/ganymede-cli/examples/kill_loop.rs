//! Kills a tiny run at random moments as `kill -9` does, lets it go on, and compares every file with those of a run that was
//! never killed.
//!
//! ```text
//! cargo run --release --example kill_loop -- 1000
//! ```
//! Every other kill waits for a checkpoint to be in the middle of being written. The killed run and the one that goes on
//! have one thread or two in turn; the run that is never killed has one.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    process::{Command, ExitCode},
    thread,
    time::{Duration, Instant},
};

use ganymede::{
    Config,
    evaluation::{Metric, Monitoring},
    prelude::Device,
    random::{Draws, Purpose, Seed},
    training::{RunDirectory, Trainer},
};

/// Where the child finds the directory of its run.
pub const DIRECTORY: &str = "GANYMEDE_KILL_LOOP";
/// These tell people when what happened; all other files must be the same.
const NOT_COMPARED: [&str; 3] = ["log.txt", ".lock", ".holder.json"];

/// What became of the killed runs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub kills: usize,
    /// Kills that came while a checkpoint was being written.
    pub inside_a_save: usize,
    /// Killed runs that ended with the same files as the one that was not.
    pub identical: usize,
}

/// The run: about a millisecond a step, measured and saved every ten.
pub fn train(directory: &Path) -> ganymede::Result<()> {
    let config = Config {
        data: "ring8".into(),
        network: "mlp".into(),
        penalty: "r1:0.1/4".into(),
        batch: 16,
        steps: 64,
        tick: 7,
        snapshot: 10,
        average_kimg: 0.2,
        monitor: Some(Monitoring { n: 50, ..Monitoring::new(vec![Metric::Kid, Metric::Modes]) }),
        ..Config::default()
    };
    let mut trainer = Trainer::new(config, Device::flex())?;
    trainer.write_to(RunDirectory::at(directory))?;
    trainer.run(&mut ()).map(drop)
}

/// Kills `kills` runs of the child that `command` starts, and lets each go on to its end.
pub fn kill(kills: usize, command: impl Fn() -> Command) -> io::Result<Tally> {
    let home = tempfile::tempdir()?;
    let child = |run: &str, threads: usize| {
        let mut command = command();
        command.env(DIRECTORY, home.path().join(run)).env("RAYON_NUM_THREADS", threads.to_string());
        command
    };
    let started = Instant::now();
    finish(child("unbroken", 1))?;
    let whole = started.elapsed();
    let expected = files(&home.path().join("unbroken"))?;

    let mut draws = Draws::new(Seed(0), Purpose::Data, 0);
    let mut tally = Tally::default();
    while tally.kills < kills {
        let (run, directory) = ("killed", home.path().join("killed"));
        let threads = 1 + tally.kills % 2;
        let mut victim = child(run, threads).spawn()?;
        thread::sleep(whole.mul_f32(draws.uniform()));
        if tally.kills.is_multiple_of(2) {
            while !is_saving(&directory) && victim.try_wait()?.is_none() {
                thread::sleep(Duration::from_micros(50));
            }
        }
        let was_running = victim.try_wait()?.is_none();
        victim.kill()?;
        victim.wait()?;
        if was_running {
            tally.kills += 1;
            tally.inside_a_save += usize::from(is_saving(&directory));
            finish(child(run, 3 - threads))?;
            tally.identical += usize::from(files(&directory)? == expected);
        }
        fs::remove_dir_all(&directory).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
    }
    Ok(tally)
}

fn finish(mut command: Command) -> io::Result<()> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("the run ended with {status}"))) }
}

/// Whether a checkpoint is written and not yet renamed.
fn is_saving(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(".checkpoint-"))
}

fn files(directory: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let entries = fs::read_dir(directory)?.map(|entry| {
        let entry = entry?;
        Ok((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?))
    });
    let files: io::Result<BTreeMap<_, _>> = entries.collect();
    files.map(|files| files.into_iter().filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str())).collect())
}

fn main() -> ExitCode {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return match train(directory.as_ref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let kills = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    match std::env::current_exe().and_then(|this| kill(kills, || Command::new(&this))) {
        Ok(Tally { kills, inside_a_save, identical }) => {
            println!(
                "{identical} of {kills} killed runs ended with the same files; {inside_a_save} kills were inside a save"
            );
            ExitCode::from(u8::from(identical != kills))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
