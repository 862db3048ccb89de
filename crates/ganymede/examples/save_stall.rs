//! How long training waits for a snapshot, and how long one takes to reach the disk meanwhile.
//!
//! ```text
//! cargo run --release --example save_stall [DIRECTORY]
//! ```
//! The directory says which disk; a temporary one where none is given.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use ganymede::{
    Config, picture,
    prelude::*,
    training::{Observer, PREVIEW_COLUMNS},
};

const STEPS: u64 = 120;
const SNAPSHOT: u64 = 20;
const REPEATS: usize = 5;

/// When each step ended.
#[derive(Default)]
struct Clock(Vec<Instant>);

impl Observer for Clock {
    fn on_step(&mut self, _: u64) {
        self.0.push(Instant::now());
    }
}

fn main() -> ganymede::Result<()> {
    let temporary = tempfile::tempdir().map_err(ganymede::Error::io("create", "a directory".as_ref()))?;
    let directory = std::env::args().nth(1).map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let config = Config {
        data: "shapes".into(),
        size: Some(ganymede::data::Size::square(32)),
        network: "dcgan32".into(),
        steps: STEPS,
        snapshot: SNAPSHOT,
        tick: STEPS,
        ..Config::default()
    };
    let mut trainer = Trainer::new(config, Device::flex())?;
    trainer.write_to(RunDirectory::at(directory.join("run")))?;
    let mut clock = Clock::default();
    trainer.run(&mut clock)?;

    // the time between two steps' ends holds the snapshot that comes after the first of them
    let gaps = clock.0.windows(2).zip(1u64..).map(|(pair, step)| (step, pair[1] - pair[0]));
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for (step, gap) in gaps.skip(1) {
        if step.is_multiple_of(SNAPSHOT) { with.push(gap) } else { without.push(gap) }
    }
    let (step, snapshot) = (median(&mut without), median(&mut with));
    let copy = timed(|| {
        std::hint::black_box(trainer.checkpoint());
        Ok(())
    })?;
    let draw = timed(|| {
        let picture = picture::of_samples(&trainer.preview(), PREVIEW_COLUMNS)?;
        picture::save_png(&picture, &directory.join("once.png"))
    })?;
    let checkpoint = trainer.checkpoint();
    let save = timed(|| checkpoint.save(&directory.join("once.safetensors")))?;
    println!("a step of dcgan32 at batch 64             {step:>10.2?}");
    println!("one with a snapshot before it             {snapshot:>10.2?}");
    println!("training waits for a snapshot             {:>10.2?}", snapshot.saturating_sub(step));
    println!("  the copy that is saved                  {copy:>10.2?}");
    println!("  the picture                             {draw:>10.2?}");
    println!("a save, were training to wait for it      {save:>10.2?}");
    Ok(())
}

fn timed(mut work: impl FnMut() -> ganymede::Result<()>) -> ganymede::Result<Duration> {
    let times: ganymede::Result<Vec<Duration>> = (0..REPEATS)
        .map(|_| {
            let started = Instant::now();
            work().map(|()| started.elapsed())
        })
        .collect();
    times.map(|mut times| median(&mut times))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
