//! `ganymede sample RUN --refine reject|mh`: only samples that a density ratio accepts.

use std::{
    io::{self, Write},
    path::Path,
};

use console::style;
use ganymede::{
    data,
    density_ratio::{Kept, Method, Refiner},
    features::Samples,
    random::Seed,
    sampling::Sampler,
};
use indicatif::{ProgressBar, ProgressStyle};

use super::Arguments;
use crate::{
    failure::Failure,
    style::{count, number, rows},
};

/// Seeds, from 0 on, whose samples the instrument of the run accepts; `n` of them.
pub fn seeds(
    arguments: &Arguments,
    method: Method,
    model: &Path,
    sampler: &Sampler,
    n: u64,
) -> Result<Vec<u64>, Failure> {
    if arguments.trunc != 1.0 {
        let message = "--refine weighs the generator's own samples, and --trunc makes others";
        return Err(Failure::usage(message, "leave one of the two out"));
    }
    let config = &sampler.config;
    let dataset = data::open(&config.data, &config.open_options())?;
    let real = Samples::of_dataset(&*dataset, Refiner::samples(), Seed(0))?;
    // beside the run, or the run of the checkpoint
    let cache = if model.is_dir() { Some(model) } else { model.parent() };
    let bar = ProgressBar::new(0).with_style(bar_style());
    let show = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    bar.set_message("training a discriminator against the generator");
    let refiner = Refiner::open(sampler, &real, cache, &show)?;
    bar.set_message("drawing");
    let kept = refiner.draw(sampler, n as usize, method, Seed(0), &show);
    bar.finish_and_clear();
    let kept = kept?;
    print(&refiner, &kept, method)?;
    Ok(kept.seeds)
}

fn print(refiner: &Refiner, kept: &Kept, method: Method) -> io::Result<()> {
    let report = &refiner.report;
    let mut out = io::stdout();
    let accepted = format!("{:.1} % of {} proposals", kept.acceptance * 100.0, count(kept.proposals));
    let accepted = match method {
        Method::Rejection => accepted,
        Method::MetropolisHastings(steps) => format!("{accepted}, in chains of {steps}"),
    };
    let told = format!("{:.1} % of held-out samples, real or generated", report.accuracy * 100.0);
    let divergence = format!("{} nats, and at least {} of Jensen and Shannon's", number(report.kl), number(report.jsd));
    writeln!(out, "{}", style("refined").bold())?;
    rows(&mut out, [("accepted", accepted), ("told apart", told), ("KL(q‖p)", divergence)])
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("  {msg}  {bar:32.magenta/dim} {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸━")
}
