//! `ganymede train`

mod arguments;
mod banner;
mod dry_run;
mod opening;
mod progress_view;
mod settings;

use std::{
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use console::style;
use ganymede::{
    Device, objectives, penalties,
    training::{Outcome, Trainer, legend},
};

pub use arguments::Arguments;

use crate::{
    failure::Failure,
    interrupt,
    style::{counted, duration, rows},
};
use progress_view::ProgressView;
use settings::Plan;

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Plan { config, destination } = settings::plan(arguments)?;
    use_threads(arguments.output.threads)?;
    let loud = !arguments.output.quiet;
    let dataset = opening::open(&config, loud)?;
    let mut trainer = Trainer::on_dataset(config, dataset, Device::flex())?;
    if arguments.output.dry_run {
        return dry_run::run(trainer, &mut io::stdout());
    }
    let directory = destination.directory(trainer.dataset().name())?;
    let path = directory.path().to_owned();
    trainer.write_to(directory)?;
    if loud {
        say(|out| banner::print(out, &trainer, Some(&path)));
    }
    if arguments.output.explain {
        let terms = penalties::parse(&trainer.config().penalty)?;
        let meanings = legend(objectives::by_name(&trainer.config().objective)?, &terms);
        say(|out| explain(out, meanings));
    }
    interrupt::watch();
    let (first, started) = (trainer.step(), Instant::now());
    let outcome = if loud {
        let mut view = ProgressView::new(&trainer, !arguments.output.no_picture);
        trainer.run(&mut view)?
    } else {
        trainer.run(&mut Silent)?
    };
    if loud {
        say(|out| print_end(out, &trainer, &path, outcome, trainer.step() - first, started.elapsed()));
    } else {
        say(|out| writeln!(out, "{}", path.display()));
    }
    match outcome {
        Outcome::Finished => Ok(()),
        Outcome::Stopped => Err(Failure::Interrupted),
    }
}

/// Prints what `write` writes. Nobody's terminal going away ends a training run: what cannot be printed is not printed.
fn say(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) {
    let mut text = Vec::new();
    if write(&mut text).is_ok() {
        let _ = io::stdout().write_all(&text);
    }
}

/// Watches only for a wish to stop.
struct Silent;

impl ganymede::training::Observer for Silent {
    fn wants_to_stop(&self) -> bool {
        interrupt::requested()
    }
}

fn use_threads(threads: Option<usize>) -> Result<(), Failure> {
    let Some(threads) = threads else { return Ok(()) };
    if threads == 0 {
        return Err(ganymede::Error::setting("threads", "a whole number from 1", 0).into());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| Failure::usage(format!("cannot start {threads} threads: {error}"), "ask for fewer"))
}

fn explain(out: &mut impl Write, meanings: Vec<(&str, String)>) -> io::Result<()> {
    writeln!(out, "{}", style("What the numbers mean").bold())?;
    rows(out, meanings)?;
    writeln!(out)
}

/// How it ended, where everything is, and what to type next.
fn print_end(
    out: &mut impl Write,
    trainer: &Trainer,
    path: &Path,
    outcome: Outcome,
    steps: u64,
    time: Duration,
) -> io::Result<()> {
    let run = path.display();
    let images = (steps * trainer.config().images_per_step()) as f64 / time.as_secs_f64().max(1e-9);
    let did = format!("{} in {}, {images:.0} images/s", counted(steps, "step"), duration(time));
    let pictures = format!("{run}/fakes{:06}.png", trainer.step());
    let (headline, next) = match outcome {
        Outcome::Stopped => (
            format!("{} at step {}, everything saved", style("stopped").yellow().bold(), trainer.step()),
            vec![("go on", format!("ganymede train --resume {run}"))],
        ),
        Outcome::Finished if steps == 0 => (
            format!("{} this run has all its {}", style("done").green().bold(), counted(trainer.step(), "step")),
            vec![
                ("sample", format!("ganymede sample {run}")),
                ("longer", format!("ganymede train --resume {run} --steps {}", 2 * trainer.step())),
            ],
        ),
        Outcome::Finished => (
            format!("{} {did}", style("done").green().bold()),
            vec![("sample", format!("ganymede sample {run}")), ("look inside", format!("ganymede info {run}"))],
        ),
    };
    writeln!(out, "\n{headline}")?;
    rows(out, [("pictures", pictures)])?;
    rows(out, next.into_iter().map(|(what, command)| (what, style(command).bold().to_string())))
}
