//! `ganymede bench health`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use console::style;
use ganymede::{
    Config, Error,
    bench::health::{self, Cost, Images, Options, Table},
    health::{Event, Severity},
    random::Seed,
    training::{Observer, RunDirectory},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::{
    failure::Failure,
    interrupt,
    seeds::Seeds,
    style::{count, duration, rows},
};

/// Steps over which the cost of watching is measured: four looks at the spectra of the weights.
const COST_STEPS: u64 = 400;
const QUICK_COST_STEPS: u64 = 50;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "With health")]
pub struct Arguments {
    /// Seeds of the planted faults, and from the first on those of the healthy runs [default: 300-319, quick 300-301]
    #[arg(long, value_name = "LIST")]
    seeds: Option<Seeds>,

    /// Two seeds, and two short healthy runs
    #[arg(long)]
    quick: bool,

    /// Only these faults, with commas, and no healthy runs; none for the healthy runs alone
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    faults: Vec<String>,

    /// The preset of the healthy runs on images
    #[arg(long, value_name = "NAME", default_value = "shapes")]
    healthy_images: String,

    /// Steps of the healthy runs on images [default: 10,000, like those of points]
    #[arg(long, value_name = "N")]
    healthy_steps: Option<u64>,

    /// In place of the bench: one run with this fault in it, of the first of the seeds, kept in --out to be looked at with
    /// `ganymede diagnose`
    #[arg(long, value_name = "NAME", requires = "out", conflicts_with_all = ["faults", "quick"])]
    plant: Option<String>,

    /// Where the run of --plant is kept
    #[arg(long, value_name = "DIR", requires = "plant")]
    out: Option<PathBuf>,

    /// Steps of the run of --plant [default: as in the bench]
    #[arg(long, value_name = "N", requires = "plant", value_parser = clap::value_parser!(u64).range(1..))]
    plant_steps: Option<u64>,
}

/// In place of a fault: none of them.
const NONE: &str = "none";

/// Runs the bench and prints its tables; fails where they do not say what they should.
pub fn run(arguments: &Arguments, as_json: bool) -> Result<(), Failure> {
    if let (Some(name), Some(out)) = (&arguments.plant, &arguments.out) {
        return plant(name, out, arguments);
    }
    let healthy_only = arguments.faults == [NONE];
    for name in arguments.faults.iter().filter(|_| !healthy_only) {
        if health::names().all(|known| known != name) {
            return Err(Error::unknown_name("planted fault", name, health::names()).into());
        }
    }
    let by_default = health::FIRST_SEED..health::FIRST_SEED + if arguments.quick { 2 } else { 20 };
    let seeds = arguments.seeds.as_ref().map_or_else(|| by_default.collect(), |seeds| seeds.0.clone());
    let all = arguments.faults.is_empty() || healthy_only;
    let only = match arguments.faults.as_slice() {
        [] => None,
        _ if healthy_only => Some(Vec::new()),
        named => Some(named.to_vec()),
    };
    let images = Images { preset: arguments.healthy_images.clone(), steps: arguments.healthy_steps };
    let options = Options {
        seeds: seeds.into_iter().map(Seed).collect(),
        only,
        quick: arguments.quick,
        healthy: all.then_some(images),
    };
    let started = Instant::now();
    let costs = if all { costs(arguments.quick)? } else { Vec::new() };
    let table = watched(&options)?;
    let mut out = io::stdout();
    if as_json {
        let costs: Vec<_> = costs.iter().map(|cost| json!({ "cost": cost, "share": cost.share() })).collect();
        writeln!(out, "{}", json!({ "task": "health", "table": table, "costs": costs }))?;
    } else {
        print(&mut out, &table, &costs)?;
        writeln!(out, "\n{}", duration(started.elapsed()))?;
    }
    match table.holds() || arguments.quick {
        true => Ok(()),
        false => Err(Failure::NotConfirmed("what the detectors should see; the table says where".into())),
    }
}

/// Says what is said of the run.
struct Listener;

impl Observer for Listener {
    fn on_health(&mut self, event: &Event) {
        println!("{event}");
    }

    fn wants_to_stop(&self) -> bool {
        interrupt::requested()
    }
}

fn plant(name: &str, out: &Path, arguments: &Arguments) -> Result<(), Failure> {
    interrupt::watch();
    let first = arguments.seeds.as_ref().and_then(|seeds| seeds.0.first().copied()).unwrap_or(health::FIRST_SEED);
    let directory = RunDirectory::at(out);
    if directory.config()?.is_some() {
        let advice = "name another directory with --out";
        return Err(Failure::usage(format!("{}: there is a run here already", out.display()), advice));
    }
    health::plant(name, Seed(first), arguments.plant_steps, directory, &mut Listener)?;
    println!("{}; next: ganymede diagnose {}", out.display(), out.display());
    Ok(())
}

fn costs(quick: bool) -> Result<Vec<Cost>, Error> {
    let steps = if quick { QUICK_COST_STEPS } else { COST_STEPS };
    let presets = ["shapes", "ring8"].into_iter();
    presets.map(|preset| health::cost(&Config::preset(preset)?, steps)).collect()
}

fn watched(options: &Options) -> Result<Table, Error> {
    const PARTS: u64 = 1000;
    let bar = ProgressBar::new(PARTS).with_message("health");
    if let Ok(looks) = ProgressStyle::with_template("{msg:24} {bar:30} {percent:>3} %  {elapsed}") {
        bar.set_style(looks);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let table = health::run(options, &|share| bar.set_position((share * PARTS as f64) as u64));
    bar.finish_and_clear();
    table
}

fn print(out: &mut impl Write, table: &Table, costs: &[Cost]) -> io::Result<()> {
    writeln!(
        out,
        "| fault | runs | seen in 50 steps | steps, median and longest | right cause | verdicts | cured by | cured |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for one in &table.faults {
        let delay = one.delay.map_or("-".to_owned(), |(median, longest)| format!("{median}, {longest}"));
        let verdicts: Vec<String> = one.verdicts.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let cells = [
            one.fault.to_owned(),
            one.runs.to_string(),
            one.in_time.to_string(),
            delay,
            one.right.to_string(),
            verdicts.join(", "),
            one.cure.to_owned(),
            one.cured.to_string(),
        ];
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    if !table.healthy.is_empty() {
        let of = table.healthy.len();
        writeln!(out, "\n{} of {of} healthy runs with a false alarm", style(table.false_alarms()).bold())?;
        let runs = table.healthy.iter().map(|said| {
            let alarms: Vec<String> = said
                .alarms
                .iter()
                .map(|event| {
                    let mark = if event.severity == Severity::Warning { " (warning)" } else { "" };
                    format!("{} at {}{mark}", event.detector, event.step)
                })
                .collect();
            let alarms = if alarms.is_empty() { "quiet".to_owned() } else { alarms.join(", ") };
            let name = format!(
                "{} {} {}, seed {}, {} steps",
                said.data,
                said.objective,
                said.penalty,
                said.seed.0,
                count(said.steps)
            );
            (name, alarms)
        });
        rows(out, runs)?;
    }
    for cost in costs {
        let Cost { network, batch, step, watching, .. } = cost;
        let share = 100.0 * cost.share();
        writeln!(out, "watching {network}, batch {batch}: {watching:.3} ms a step of {step:.2} ms, {share:.1} %")?;
    }
    Ok(())
}
