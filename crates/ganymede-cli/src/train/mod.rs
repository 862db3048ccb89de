//! `ganymede train`

mod arguments;
mod augmentation;
mod banner;
mod burn_in;
mod dry_run;
mod health;
pub mod opening;
mod progress_view;
mod settings;

use std::{
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use console::style;
use ganymede::{
    data::Unreadable,
    device,
    health::Event,
    objectives, penalties,
    training::{Observer, Outcome, Trainer, legend},
    vae,
};

pub use arguments::{
    Arguments, CapacityName, DataArguments, GameArguments, LengthArguments, NetworkArguments, OptimizerArguments,
};
pub use settings::{config, set_length, set_optimizers};

use crate::{
    failure::Failure,
    interrupt,
    style::{counted, duration, rows, warn},
    threads,
};
use progress_view::ProgressView;
use settings::Plan;

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Plan { config, destination } = settings::plan(arguments)?;
    threads::start(arguments.output.threads)?;
    let device = device::parse(&arguments.output.device)?;
    let loud = !arguments.output.quiet;
    let (dataset, left_out) = opening::open(&config, loud)?;
    let mut trainer = Trainer::on_dataset(config, dataset, device)?;
    if arguments.output.dry_run {
        return dry_run::run(trainer, &mut io::stdout());
    }
    let directory = destination.directory(trainer.dataset().name())?;
    let path = directory.path().to_owned();
    trainer.write_to(directory.clone())?;
    for Unreadable { path, reason } in &left_out {
        directory.log(&format!("left out: {}: {reason}", path.display()))?;
    }
    if loud {
        say(|out| banner::print(out, &trainer, Some(&path)));
    }
    if arguments.output.explain {
        let config = trainer.config();
        let meanings = match &config.vae {
            Some(vae) => vae::legend(vae),
            None => legend(objectives::by_name(&config.objective)?, &penalties::parse(&config.penalty)?),
        };
        say(|out| explain(out, meanings));
    }
    interrupt::watch();
    let (first, started) = (trainer.step(), Instant::now());
    let outcome = if loud {
        let mut view = ProgressView::new(&trainer, !arguments.output.no_picture);
        let outcome = trainer.run(&mut view)?;
        let picture = view.finish();
        let end = End { outcome, steps: trainer.step() - first, time: started.elapsed(), path: &path };
        say(|out| end.print(out, &trainer, picture.as_deref()));
        outcome
    } else {
        let outcome = trainer.run(&mut Silent)?;
        say(|out| writeln!(out, "{}", path.display()));
        outcome
    };
    match outcome {
        Outcome::Finished => Ok(()),
        Outcome::Stopped => Err(Failure::Interrupted),
        Outcome::Halted => Err(Failure::Halted(trainer.halted().unwrap_or_default().to_owned())),
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

impl Observer for Silent {
    fn on_health(&mut self, event: &Event) {
        warn(&event.to_string());
    }

    fn on_warning(&mut self, message: &str) {
        warn(message);
    }

    fn wants_to_stop(&self) -> bool {
        interrupt::requested()
    }
}

fn explain(out: &mut impl Write, meanings: Vec<(&str, String)>) -> io::Result<()> {
    writeln!(out, "{}", style("What the numbers mean").bold())?;
    rows(out, meanings)?;
    writeln!(out)
}

/// How a run ended.
struct End<'a> {
    outcome: Outcome,
    steps: u64,
    time: Duration,
    path: &'a Path,
}

impl End<'_> {
    /// Prints it, where everything is, and what to type next.
    fn print(&self, out: &mut impl Write, trainer: &Trainer, picture: Option<&Path>) -> io::Result<()> {
        let (run, step) = (self.path.display(), trainer.step());
        let sample = ("sample", format!("ganymede sample {run}"));
        let (headline, next) = match self.outcome {
            Outcome::Halted => (
                format!("{} at step {step}, everything saved", style("stopped").red().bold()),
                [("go on all the same", format!("ganymede train --resume {run}")), sample],
            ),
            Outcome::Stopped => (
                format!("{} at step {step}, everything saved", style("stopped").yellow().bold()),
                [("go on", format!("ganymede train --resume {run}")), sample],
            ),
            Outcome::Finished if self.steps == 0 => (
                format!("{} this run has all its {}", style("done").green().bold(), counted(step, "step")),
                [sample, ("longer", format!("ganymede train --resume {run} --steps {}", 2 * step))],
            ),
            Outcome::Finished => {
                let images = (self.steps * trainer.config().images_per_step()) as f64;
                let speed = images / self.time.as_secs_f64().max(1e-9);
                let (steps, time) = (counted(self.steps, "step"), duration(self.time));
                (
                    format!("{} {steps} in {time}, {speed:.0} images/s", style("done").green().bold()),
                    [sample, ("look inside", format!("ganymede info {run}"))],
                )
            }
        };
        writeln!(out, "\n{headline}")?;
        let pictures = picture.map(|picture| ("pictures", picture.display().to_string()));
        let best = trainer.best().map(|best| ("best", crate::best::shown(best, trainer.config())));
        let next = next.map(|(what, command)| (what, style(command).bold().to_string()));
        rows(out, pictures.into_iter().chain(best).chain(next))
    }
}
