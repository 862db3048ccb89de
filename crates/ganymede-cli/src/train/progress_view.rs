//! How a run looks while it goes: a moving bar in a terminal, a line a tick elsewhere.
//! What cannot be printed is not printed; the run goes on.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use console::style;
use ganymede::{
    evaluation::Card,
    health::{Event, Phase, Severity},
    training::{Observer, PREVIEW_COLUMNS, PROBED, Progress, Report, Trainer},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    interrupt,
    style::{duration, line_width, number, warn},
    terminal_picture::{self, Content, Support},
};

/// Prints a run's progress to standard output.
pub struct ProgressView {
    /// Only in a terminal.
    bar: Option<ProgressBar>,
    pictures: Support,
    content: Content,
    step: u64,
    newest_picture: Option<PathBuf>,
}

impl ProgressView {
    /// A view of what `trainer` has still to do.
    pub fn new(trainer: &Trainer, pictures: bool) -> Self {
        let content = match trainer.data().shape {
            [2, 1, 1] => Content::Plot,
            _ => Content::Grid { columns: PREVIEW_COLUMNS as u32 },
        };
        let is_terminal = console::Term::stdout().is_term();
        ProgressView {
            bar: is_terminal.then(|| bar(trainer.step(), trainer.config().steps)),
            pictures: if pictures { terminal_picture::support() } else { Support::None },
            content,
            step: trainer.step(),
            newest_picture: None,
        }
    }

    /// Stops the bar where it is, goes to a line below it, and gives the last picture that was written.
    pub fn finish(mut self) -> Option<PathBuf> {
        if let Some(bar) = self.bar.take() {
            bar.abandon();
            let _ = writeln!(io::stdout());
        }
        self.newest_picture.take()
    }

    /// Runs `print` where a moving bar does not get in its way.
    fn aside(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Observer for ProgressView {
    fn on_step(&mut self, step: u64) {
        self.step = step;
        if let Some(bar) = &self.bar {
            bar.set_position(step);
        }
    }

    fn on_tick(&mut self, progress: &Progress) {
        let speed = format!("{:.0} images/s", progress.images_per_second);
        let left = duration(progress.remaining);
        match &self.bar {
            Some(bar) => {
                let left = if progress.step == progress.steps {
                    String::new()
                } else {
                    format!("   {} left", style(left).bold())
                };
                bar.set_message(speed + &left);
                bar.set_prefix(coloured(&progress.report, line_width()));
            }
            None => {
                let Progress { step, steps, kimg, .. } = progress;
                let line =
                    format!("step {step}/{steps}  kimg {kimg:.1}  {speed}  {left} left{}", plain(&progress.report));
                let _ = writeln!(io::stdout(), "{line}");
            }
        }
    }

    fn on_picture(&mut self, path: &Path) {
        self.newest_picture = Some(path.to_owned());
        // the first picture is of noise
        if self.bar.is_none() || self.step == 0 {
            return;
        }
        let mut shown = Ok(());
        self.aside(|| {
            let _ = writeln!(io::stdout(), "  {} {}", style("step").dim(), style(self.step).bold());
            shown = terminal_picture::show(path, self.content, self.pictures);
        });
        if let Err(error) = shown {
            self.pictures = Support::None;
            self.on_warning(&format!("this terminal shows no pictures: {error}"));
        }
    }

    fn on_metrics(&mut self, step: u64, card: &Card) {
        let figures = card.results.iter().fold(String::new(), |mut line, (name, measured)| {
            let _ = write!(line, "   {} {}", style(name).dim(), style(number(measured.value)).cyan());
            line
        });
        self.aside(|| {
            let _ = writeln!(io::stdout(), "  {} {}{figures}", style("measured at step").dim(), style(step).bold());
        });
    }

    fn on_health(&mut self, event: &Event) {
        self.aside(|| {
            let mark = match (event.phase, event.severity) {
                (Phase::Over, _) => style("health:").for_stderr().green(),
                (_, Severity::Warning) => style("health:").for_stderr().yellow(),
                (_, Severity::Fault) => style("health:").for_stderr().red(),
            };
            eprintln!("{} {event}", mark.bold());
        });
    }

    fn on_warning(&mut self, message: &str) {
        self.aside(|| warn(message));
    }

    fn wants_to_stop(&self) -> bool {
        interrupt::requested()
    }
}

impl Drop for ProgressView {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}

fn bar(step: u64, steps: u64) -> ProgressBar {
    // what stands beside the bar has to fit on its line
    let width = if line_width() < 90 { 16 } else { 32 };
    let template = format!("  {{bar:{width}.magenta/dim}} {{percent:>3}}%  {{pos}}/{{len}}   {{msg}}\n  {{prefix}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stdout())
        .with_style(style.progress_chars("━╸━"))
        .with_position(step);
    bar.set_message("measuring the speed");
    bar
}

/// The numbers of every step; those of a probe are for the detectors, and in `stats.jsonl`.
fn shown(report: &Report) -> impl Iterator<Item = (&str, f64)> {
    report.iter().filter(|(name, _)| PROBED.iter().all(|(probed, _)| probed != name))
}

/// The numbers on as many lines as they need.
fn coloured(report: &Report, width: usize) -> String {
    const GAP: &str = "   ";
    let mut lines = String::new();
    let mut room = width;
    for (name, value) in shown(report) {
        let value = number(value);
        let length = name.len() + 1 + value.len() + GAP.len();
        if length > room {
            lines.push_str("\n  ");
            room = width;
        }
        room = room.saturating_sub(length);
        let _ = write!(lines, "{} {}{GAP}", style(name).dim(), style(value).cyan());
    }
    lines
}

fn plain(report: &Report) -> String {
    shown(report).fold(String::new(), |mut line, (name, value)| {
        let _ = write!(line, "  {name} {}", number(value));
        line
    })
}
