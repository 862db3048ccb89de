//! `ganymede train --dry-run`: what a run would be, measured on a few real steps that leave nothing behind.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use console::style;
use ganymede::{parameters::NamedTensors, training::Trainer};

use super::banner;
use crate::{
    failure::Failure,
    style::{bytes, count, counted, duration, rows},
};

/// The first step fills caches; the median of the others is what a step takes.
const WARM_UP: usize = 1;
const MEASURED: usize = 5;

pub fn run(mut trainer: Trainer, out: &mut impl Write) -> Result<(), Failure> {
    banner::print(out, &trainer, None)?;
    for (name, tensors) in trainer.learner().networks() {
        let total = counted(banner::trained(&tensors), "parameter");
        writeln!(out, "{} {}", style(name).bold(), style(total).dim())?;
        let names = tensors.iter().map(|tensor| tensor.name.len()).max().unwrap_or(0);
        for tensor in &tensors {
            let kind = if tensor.trained { "" } else { "  not trained" };
            let shape = tensor.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ");
            let size = count(tensor.size() as u64);
            writeln!(out, "  {:names$}  {shape:>20}  {size:>12}{}", tensor.name, style(kind).dim())?;
        }
        writeln!(out)?;
    }

    let mut times = Vec::new();
    for _ in 0..WARM_UP + MEASURED {
        let started = Instant::now();
        trainer.train_step()?;
        times.push(started.elapsed());
    }
    let step = median(&mut times[WARM_UP..]);

    writeln!(out, "{}", style("memory").bold())?;
    let state = trainer.learner().save();
    let under = |prefix: &str| bytes(size_under(&state, prefix));
    rows(
        out,
        [
            ("weights", bytes(size_under(&state, "") - size_under(&state, "adam.") - size_under(&state, "average"))),
            ("Adam's moments", under("adam.")),
            ("average", under("average")),
            (
                "peak",
                peak_memory().map_or("not known on this system".into(), |peak| {
                    format!("{} resident, measured in {} steps", bytes(peak), WARM_UP + MEASURED)
                }),
            ),
        ],
    )?;
    writeln!(out, "\n{}", style("time").bold())?;
    let steps = trainer.config().steps;
    let images = trainer.config().images_per_step() as f64 / step.as_secs_f64().max(1e-9);
    let whole = Duration::try_from_secs_f64(step.as_secs_f64() * steps as f64).unwrap_or(Duration::MAX);
    rows(
        out,
        [
            ("a step", format!("{:.1} ms, {images:.0} images/s (median of {MEASURED})", step.as_secs_f64() * 1e3)),
            ("the run", format!("{} for {}", style(duration(whole)).bold(), counted(steps, "step"))),
        ],
    )?;
    writeln!(out, "\nNothing was written. The same command without --dry-run trains.")?;
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn size_under(tensors: &NamedTensors, prefix: &str) -> u64 {
    let under = tensors.iter().filter(|(name, _)| name.starts_with(prefix));
    under.map(|(_, data)| data.as_bytes().len() as u64).sum()
}

/// The most memory that this process ever held, where the system says it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
