//! `ganymede diagnose RUN`

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use console::style;
use ganymede::{
    Error,
    diagnosis::{self, Deep, DeepOptions, Diagnosis, Records},
    health::Severity,
    random::Seed,
};
use indicatif::ProgressBar;

use crate::{
    failure::Failure,
    style::{count, number, rows},
    threads,
};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede diagnose runs/00000-shapes-non-saturating             what happened when, with a page of plots
  ganymede diagnose runs/00000-shapes-non-saturating --deep      and how far it is from its equilibrium and from the data
  ganymede diagnose runs/00000-shapes-non-saturating --json | jq .verdict

Works on runs of any age, also on those that died: of a run that nobody watched the detectors read the statistics now.")]
pub struct Arguments {
    /// The directory of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Measure the best and the newest checkpoint: duality gap, divergence from held-out data, memorisation; minutes
    #[arg(long)]
    deep: bool,

    /// Samples that --deep looks at
    #[arg(long, value_name = "N", default_value_t = 5000, requires = "deep")]
    n: usize,

    /// The seed of what --deep draws
    #[arg(long, value_name = "N", default_value_t = 0, requires = "deep")]
    seed: u64,

    /// Where report.html, diagnosis.json and the plots go [default: diagnosis/ in the run]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.n == 0 {
        return Err(Error::setting("n", "a whole number from 1", 0).into());
    }
    let records = Records::read(&arguments.run)?;
    let deep = if arguments.deep { Some(watched(&records, arguments)?) } else { None };
    let diagnosis = Diagnosis::of(&records, deep);
    let directory = arguments.out.clone().unwrap_or_else(|| arguments.run.join("diagnosis"));
    let page = diagnosis::write(&records, &diagnosis, &directory)?;
    let mut out = io::stdout();
    if arguments.json {
        let text = serde_json::to_string_pretty(&diagnosis).map_err(io::Error::from)?;
        return Ok(writeln!(out, "{text}")?);
    }
    print(&mut out, &diagnosis)?;
    writeln!(out, "\nreport: {}", page.display())?;
    Ok(())
}

/// Looks deep behind a spinner that says at what.
fn watched(records: &Records, arguments: &Arguments) -> Result<Deep, Failure> {
    threads::start(None)?;
    let options = DeepOptions { samples: arguments.n, seed: Seed(arguments.seed), ..DeepOptions::default() };
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(200));
    let deep = diagnosis::look_deep(records, options, &|what| spinner.set_message(what.to_owned()));
    spinner.finish_and_clear();
    Ok(deep?)
}

fn print(out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
    let headline = diagnosis.headline();
    match &diagnosis.verdict {
        None => writeln!(out, "{} {headline}\n", style("✓").green().bold())?,
        Some(event) => {
            writeln!(out, "{} {}", style("✗").red().bold(), style(headline).bold())?;
            let evidence: Vec<String> = event.evidence.iter().map(ToString::to_string).collect();
            let told =
                [("evidence", evidence.join(", ")), ("cause", event.cause.clone()), ("advice", event.advice.clone())];
            rows(out, told.into_iter().filter(|(_, text)| !text.is_empty()))?;
            writeln!(out)?;
        }
    }
    let mut about = vec![
        ("steps", format!("{} of {}", count(diagnosis.steps_done), count(diagnosis.steps))),
        ("ended", diagnosis.ending.to_string()),
    ];
    if let (Some(best), Some(figure), Some(share)) = (diagnosis.best, &diagnosis.figure, diagnosis.share_after_best()) {
        let after = format!("{:.0} % of the steps came after it", 100.0 * share);
        about.push(("best", format!("{figure} {} at step {}; {after}", number(best.figure), count(best.step))));
    }
    if diagnosis.is_replayed {
        about.push(("watched", "by nobody; the detectors looked at the statistics now".into()));
    }
    rows(out, about)?;
    if diagnosis.episodes.len() + diagnosis.skipped.len() > 0 {
        writeln!(out, "\n{}", style("what happened when").bold())?;
        for episode in &diagnosis.episodes {
            let name = style(&episode.onset.detector);
            let name = if episode.onset.severity == Severity::Fault { name.red() } else { name.yellow() };
            writeln!(out, "  {} {name}: {}", episode.span(), episode.onset.cause)?;
        }
        for skipped in &diagnosis.skipped {
            writeln!(out, "  step {} left out: {} is {}", skipped.step, skipped.quantity, skipped.value)?;
        }
    }
    if let Some(deep) = &diagnosis.deep {
        print_deep(out, deep)?;
    }
    Ok(())
}

fn print_deep(out: &mut impl Write, deep: &Deep) -> io::Result<()> {
    for look in &deep.looks {
        writeln!(out, "\n{}", style(format!("checkpoint of step {}", count(look.step))).bold())?;
        let mut measured = Vec::new();
        if let Some(gap) = &look.gap {
            measured.push(("duality gap", format!("{}, 0 only at an equilibrium", number(gap.gap))));
        }
        if let Some(ratio) = &look.ratio {
            measured.push(("KL(q‖p)", format!("{} nats, against held-out data", number(ratio.kl))));
            measured.push(("JSD", format!("{} nats at least, of log 2 = 0.693", number(ratio.jsd))));
            let accuracy = format!("{:.1} % of held-out samples, p = {:.1e}", 100.0 * ratio.accuracy, ratio.p_value);
            measured.push(("told apart", accuracy));
        }
        if let Some(memorisation) = &look.memorisation {
            let text = "far below 0 it copies, far above it underfits";
            measured.push(("memorisation z", format!("{}, {text}", number(memorisation.z))));
        }
        rows(out, measured)?;
        look.notes.iter().try_for_each(|note| writeln!(out, "  {note}"))?;
    }
    Ok(())
}
