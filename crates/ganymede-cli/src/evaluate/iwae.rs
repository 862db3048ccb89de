//! `ganymede evaluate RUN --iwae K`: the held-out log-likelihood of a VAE, on samples evenly spread over the test part.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use console::style;
use ganymede::{
    evaluation::Subject,
    features::Samples,
    files,
    prelude::{Device, RunDirectory},
    random::Seed,
    vae::{IwaeBound, IwaeOptions, TrainedVae},
};
use indicatif::ProgressBar;
use serde_json::json;

use super::{Arguments, bar_style, held_out};
use crate::{
    failure::Failure,
    style::{count, rows},
};

pub fn run(arguments: &Arguments, k: usize) -> Result<(), Failure> {
    let device = Device::flex();
    let path = PathBuf::from(&arguments.subject);
    let vae = TrainedVae::open(&path, &device)?;
    let reference: Subject = held_out(&vae.config, &device)?;
    let Some(dataset) = reference.dataset() else {
        return Err(Failure::usage("a generator is no held-out data", "name the run of a VAE"));
    };
    // the ones that another program finds as well, to be compared with
    let samples = Samples::spread_over(dataset, arguments.n)?;
    let bar = ProgressBar::new(samples.count() as u64).with_style(bar_style());
    bar.set_message("weighing");
    let options = IwaeOptions { samples: k, seed: Seed(arguments.seed) };
    let bound = vae.bound(&samples, options, &|done, _| bar.set_position(done as u64));
    bar.finish_and_clear();
    let bound = bound?;
    print(&vae, reference.name(), bound, k)?;
    let card = json!({
        "ganymede": env!("CARGO_PKG_VERSION"),
        "step": vae.step,
        "results": { "iwae": bound },
        "reference": { "source": reference.name(), "count": samples.count(), "digest": samples.digest() },
        "options": options,
    });
    if let Some(path) = &arguments.json {
        files::write_atomically(path, format!("{card:#}\n").as_bytes())?;
    }
    let run = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
    let directory = RunDirectory::at(run);
    if directory.config()?.is_some() {
        directory.append_metrics(&card)?;
    }
    Ok(())
}

fn print(vae: &TrainedVae, reference: &str, bound: IwaeBound, k: usize) -> io::Result<()> {
    let mut out = io::stdout();
    let settings = vae.config.vae.as_ref().map_or("", |vae| &vae.likelihood);
    writeln!(out, "{} samples of {} under {settings}\n", count(bound.count as u64), style(reference).bold())?;
    let nats = |value: f64| format!("{value:.3} nats");
    rows(
        &mut out,
        [
            (
                format!("iwae {k}"),
                format!("{} ± {:.3}, a lower bound of the log-likelihood of a sample", nats(bound.value), bound.error),
            ),
            ("elbo".to_owned(), format!("{}, the bound that was trained", nats(bound.elbo))),
            ("kl".to_owned(), format!("{}, of the posterior from the prior", nats(bound.kl))),
        ],
    )
}
