//! `ganymede lab [NAME...]`, and the page of `ganymede lab --live`

mod live;

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use console::style;
use ganymede::{
    Error,
    lab::{self, EXPERIMENTS, Experiment, Outcome, Settings},
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    failure::Failure,
    style::{counted, duration, rows},
    threads,
};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede lab                          every statement, on five seeds, minutes
  ganymede lab thin-support             why a GAN whose samples miss the data does not train
  ganymede lab --quick --out quick      fewer cases and one seed
  ganymede lab --list
  ganymede lab --live                   a game in front of you, in the browser

Exit codes: 0 all confirmed, 1 a statement is not confirmed, 2 wrong usage")]
pub struct Arguments {
    /// The experiments, by name; all of them where none is named [see --list]
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Where report.html, report.json and the pictures go
    #[arg(long, value_name = "DIR", default_value = "lab-report")]
    out: PathBuf,

    /// Fewer cases and one seed; the tolerances stay
    #[arg(long)]
    quick: bool,

    /// How many seeds every check must hold on [default: 5, quick 1]
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,

    /// List the experiments, a sentence each
    #[arg(long)]
    list: bool,

    /// Serve a page on this machine where a game of known densities is played in front of you
    #[arg(long, conflicts_with_all = ["names", "quick", "seeds", "list"])]
    live: bool,

    /// The port of that page [default: 8017, or any that is free]
    #[arg(long, value_name = "PORT", requires = "live")]
    port: Option<u16>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.live {
        return live::run(arguments.port);
    }
    let mut out = io::stdout();
    if arguments.list {
        let entries = EXPERIMENTS.iter().map(|e| (e.name(), format!("{} ({})", e.title(), e.theorem())));
        return Ok(rows(&mut out, entries)?);
    }
    if let Some(seeds) = arguments.seeds.filter(|n| !(1..=1000).contains(n)) {
        return Err(Error::setting("seeds", "a whole number from 1 to 1000", seeds).into());
    }
    let chosen = chosen(&arguments.names)?;
    threads::start(None)?;
    let settings = Settings::new(arguments.quick, arguments.seeds);
    let outcomes = chosen
        .into_iter()
        .map(|experiment| {
            let outcome = watched(experiment, &settings)?;
            print_outcome(&mut out, &outcome)?;
            Ok(outcome)
        })
        .collect::<Result<Vec<Outcome>, Failure>>()?;
    let path = lab::write_report(&outcomes, &settings, &arguments.out)?;

    let total: Duration = outcomes.iter().map(|outcome| outcome.time).sum();
    let refuted: Vec<&str> =
        outcomes.iter().filter(|o| !o.findings.is_confirmed()).map(|o| o.experiment.name()).collect();
    let of = counted(outcomes.len() as u64, "statement");
    writeln!(out, "\n{} of {of} confirmed in {}", outcomes.len() - refuted.len(), duration(total))?;
    writeln!(out, "report: {}", path.display())?;
    match refuted.is_empty() {
        true => Ok(()),
        false => Err(Failure::NotConfirmed(refuted.join(", "))),
    }
}

/// The experiments of those names, `all` and no name being every one.
fn chosen(names: &[String]) -> Result<Vec<&'static dyn Experiment>, Error> {
    if names.is_empty() || names.iter().any(|name| name == "all") {
        return Ok(EXPERIMENTS.to_vec());
    }
    names.iter().map(|name| lab::by_name(name)).collect()
}

/// Runs it behind a progress bar.
fn watched(experiment: &'static dyn Experiment, settings: &Settings) -> Result<Outcome, Error> {
    const PARTS: u64 = 1000;
    let bar = ProgressBar::new(PARTS).with_message(experiment.name());
    if let Ok(looks) = ProgressStyle::with_template("{msg:24} {bar:30} {percent:>3} %  {elapsed}") {
        bar.set_style(looks);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let outcome = lab::run(experiment, settings, &|share| bar.set_position((share * PARTS as f64) as u64));
    bar.finish_and_clear();
    outcome
}

fn print_outcome(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let (experiment, findings) = (outcome.experiment, &outcome.findings);
    writeln!(
        out,
        "{} {} {} {}",
        verdict(findings.is_confirmed()),
        style(experiment.name()).bold(),
        style(format!("{}, {}", experiment.theorem(), duration(outcome.time))).dim(),
        experiment.title(),
    )?;
    let width = findings.checks.iter().map(|check| console::measure_text_width(&check.name)).max().unwrap_or(0);
    for check in &findings.checks {
        let name = console::pad_str(&check.name, width, console::Alignment::Left, None);
        let (expected, measured) = (check.expected_text(), check.measured_text());
        writeln!(out, "  {} {name}  {measured:>22}  {}", verdict(check.holds()), style(expected).dim())?;
    }
    Ok(())
}

fn verdict(holds: bool) -> impl std::fmt::Display {
    if holds { style("✓").green().bold() } else { style("✗").red().bold() }
}
