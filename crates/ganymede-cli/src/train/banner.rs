//! What a run is, before it starts.

use std::{
    io::{self, Write},
    path::Path,
};

use console::style;
use ganymede::{
    Config,
    augmentation::AugmentSettings,
    networks::{ClassSampling, Conditional, HeadKind},
    objectives,
    parameters::TensorInfo,
    penalties,
    training::Trainer,
    vae::{VaeSettings, likelihoods},
};

use crate::style::{count, counted, rows, shape};

/// Prints the data, the networks, the game, the length, and where it writes.
pub fn print(out: &mut impl Write, trainer: &Trainer, path: Option<&Path>) -> io::Result<()> {
    let config = trainer.config();
    let mut lines = vec![("data", data(trainer))];
    for (name, tensors) in trainer.learner().networks() {
        let parameters = counted(trained(&tensors), "parameter");
        let latent = format!(", {} latent dimensions", trainer.learner().latent_size());
        let latent = if ["generator", "decoder"].contains(&name) { latent } else { String::new() };
        lines.push((name, format!("{}, {parameters}{latent}", config.network)));
    }
    if let Some(conditional) = &config.conditional {
        lines.push(("classes", classes(conditional, config.vae.is_some())));
    }
    match &config.vae {
        Some(vae) => lines.extend(likelihood(vae)),
        None => lines.extend(game(config)),
    }
    lines.push(("length", length(trainer)));
    if let Some(path) = path {
        lines.push(("writes to", style(path.display()).bold().to_string()));
    }
    writeln!(out, "{} {}\n", style("ganymede").magenta().bold(), style(env!("CARGO_PKG_VERSION")).dim())?;
    rows(out, lines)?;
    writeln!(out)
}

fn data(trainer: &Trainer) -> String {
    let dataset = trainer.dataset();
    let classes = match dataset.classes().len() {
        0 => "no classes".to_owned(),
        1 => "1 class".to_owned(),
        n => format!("{n} classes"),
    };
    format!("{}, {} of {}, {classes}", dataset.name(), counted(dataset.len() as u64, "sample"), shape(dataset.shape()))
}

fn game(config: &Config) -> Vec<(&'static str, String)> {
    let summary = objectives::by_name(&config.objective).map_or("", |objective| objective.summary());
    let mut lines = vec![("objective", format!("{}: {}", config.objective, style(summary).dim()))];
    for term in penalties::parse(&config.penalty).unwrap_or_default() {
        let every = if term.every == 1 { String::new() } else { format!(" on every {}th update", term.every) };
        let summary = style(term.penalty.summary()).dim();
        lines.push(("penalty", format!("{} of weight {}{every}: {summary}", term.penalty.name(), term.weight)));
    }
    lines.extend(config.augment.as_ref().map(|augment| ("augmentation", augmentation(augment))));
    if let Some(clip) = config.clip {
        lines.push(("constraint", format!("the discriminator's weights are clipped to [-{clip}, {clip}]")));
    }
    lines
}

fn augmentation(augment: &AugmentSettings) -> String {
    let AugmentSettings { transformations, p, target, kimg } = augment;
    let probability = match target {
        Some(target) => format!("probability adapted to {target}, from {p} to 1 in {kimg} kimg at the fastest"),
        None => format!("probability {p}"),
    };
    format!("{}: {}", transformations.replace(',', ", "), style(probability).dim())
}

fn likelihood(vae: &VaeSettings) -> Vec<(&'static str, String)> {
    let summary = likelihoods::parse(&vae.likelihood).map_or("", |(likelihood, _)| likelihood.summary());
    let warmup = match vae.beta_warmup {
        0.0 => String::new(),
        share => format!(", grown from 0 over the first {:.0} % of the run", share * 100.0),
    };
    vec![
        ("likelihood", format!("{}: {}", vae.likelihood, style(summary).dim())),
        ("divergence", format!("from N(0, I), of weight {}{warmup}", vae.beta)),
    ]
}

fn classes(conditional: &Conditional, encoded: bool) -> String {
    let head = match (conditional.head, conditional.psi) {
        _ if encoded => "one-hot planes beside the image",
        (HeadKind::Projection, false) => "projection head, y^T (A phi(x) + b)",
        (HeadKind::Projection, true) => "projection head, y^T (A phi(x) + b) + psi(phi(x))",
        (HeadKind::Concat, _) => "one-hot planes beside the image",
    };
    let sampling = match conditional.sampling {
        ClassSampling::Natural => "shown as often as in the data",
        ClassSampling::Balanced => "shown equally often",
    };
    format!("conditional, {head}; {sampling}")
}

fn length(trainer: &Trainer) -> String {
    let config = trainer.config();
    let critic = if config.n_critic == 1 { String::new() } else { format!(" × {} critic updates", config.n_critic) };
    let whole = format!(
        "{} of {}{critic} ({:.1} kimg)",
        counted(config.steps, "step"),
        counted(config.batch as u64, "sample"),
        config.kimg()
    );
    match trainer.step() {
        0 => whole,
        done => format!("{whole}, {} done already", count(done)),
    }
}

/// How many numbers are learnt.
pub fn trained(tensors: &[TensorInfo]) -> u64 {
    tensors.iter().filter(|tensor| tensor.trained).map(|tensor| tensor.size() as u64).sum()
}
