//! How a comparison looks while it goes: which run, how far, how long yet. A moving bar in a terminal, a line now and then
//! elsewhere.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use console::style;
use ganymede::{
    comparison::{CellResult, Record, Standing, Table, Watcher},
    evaluation::Card,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    interrupt,
    style::{count, duration, number, warn},
};

/// Where no bar moves, a run says this often how far it is.
const LINE_EVERY: Duration = Duration::from_secs(30);

pub struct View {
    bar: ProgressBar,
    is_quiet: bool,
    /// Whether there is no terminal, so that lines are printed.
    is_plain: bool,
    last_line: Instant,
}

impl View {
    pub fn new(loud: bool) -> Self {
        let is_plain = !console::Term::stdout().is_term();
        let target = if loud && !is_plain { ProgressDrawTarget::stdout() } else { ProgressDrawTarget::hidden() };
        let looks = ProgressStyle::with_template("  {msg}  {bar:24.magenta/dim} {percent:>3} %  {prefix}");
        let looks = looks.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸━");
        let bar = ProgressBar::with_draw_target(Some(1), target).with_style(looks);
        View { bar, is_quiet: !loud, is_plain, last_line: Instant::now() }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, line: &str) {
        if !self.is_quiet {
            // nobody's terminal going away ends a comparison
            self.bar.suspend(|| drop(writeln!(io::stdout(), "{line}")));
        }
    }
}

/// `[3/24] wgan-gp, seed 0`
fn name(standing: &Standing) -> String {
    let Standing { cell, number, of, .. } = standing;
    format!("[{number}/{of}] {}, seed {}", style(&cell.name).cyan(), cell.seed.0)
}

fn left(standing: &Standing) -> String {
    format!("{} left of all", style(duration(standing.remaining)).bold())
}

impl Watcher for View {
    fn on_cell(&mut self, standing: &Standing) {
        if self.is_plain {
            let from = if standing.step > 0 { format!(", from step {}", count(standing.step)) } else { String::new() };
            self.say(&format!("{}{from}, {}", name(standing), left(standing)));
            self.last_line = Instant::now();
        }
        self.bar.set_length(standing.cell.config.steps);
        self.bar.set_position(standing.step);
        self.bar.set_message(name(standing));
        self.bar.set_prefix(left(standing));
    }

    fn on_step(&mut self, standing: &Standing) {
        let steps = standing.cell.config.steps;
        self.bar.set_length(steps);
        self.bar.set_position(standing.step);
        self.bar.set_message(name(standing));
        self.bar.set_prefix(left(standing));
        if self.is_plain && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            self.say(&format!("  step {}/{}  {}", count(standing.step), count(steps), left(standing)));
        }
        if standing.step == steps {
            self.bar.set_message("drawing samples");
        }
    }

    fn on_course(&mut self, step: u64, card: &Card) {
        let figures: Vec<String> = card
            .results
            .iter()
            .map(|(name, measured)| format!("{} {}", style(name).dim(), style(number(measured.value)).cyan()))
            .collect();
        self.say(&format!("  measured at step {}: {}", count(step), figures.join("  ")));
    }

    fn on_extracted(&self, done: usize, of: usize) {
        if done == 1 {
            self.bar.set_message("extracting features");
            self.bar.set_length(of as u64);
        }
        self.bar.set_position(done as u64);
    }

    fn on_record(&mut self, record: &Record, _: &Table) {
        let minutes = duration(Duration::try_from_secs_f64(record.seconds).unwrap_or_default());
        let run = format!("{}, seed {}", style(&record.setting).cyan(), record.seed.0);
        match &record.result {
            CellResult::Measured { figures, .. } => {
                let figures: Vec<String> =
                    figures.iter().map(|(name, value)| format!("{name} {}", style(number(*value)).bold())).collect();
                let steps = style(format!("{} steps in {minutes}", count(record.steps))).dim();
                self.say(&format!("{} {run}: {}   {steps}", style("✓").green().bold(), figures.join("  ")));
            }
            CellResult::Failed(reason) => self.say(&format!("{} {run}: {reason}", style("✗").red().bold())),
        }
    }

    fn on_warning(&mut self, message: &str) {
        self.bar.suspend(|| warn(message));
    }

    fn wants_to_stop(&self) -> bool {
        interrupt::requested()
    }
}
