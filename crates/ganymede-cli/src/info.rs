//! `ganymede info RUN_OR_FILE`

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use console::style;
use ganymede::{Error, checkpoint::Checkpoint, sampling, training::RunDirectory};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    style::{bytes, count, counted, number, rows, shape},
};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede info runs/00000-shapes-non-saturating
  ganymede info runs/00000-shapes-non-saturating --json | jq .config.objective")]
pub struct Arguments {
    /// A run directory (its newest checkpoint) or a checkpoint file
    #[arg(value_name = "RUN_OR_FILE")]
    model: PathBuf,

    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

/// The tensors of one part of a checkpoint, such as `generator`.
#[derive(Debug, Default)]
struct Part {
    tensors: u64,
    numbers: u64,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let model = &arguments.model;
    let file = if model.is_dir() { sampling::newest_checkpoint(model)? } else { model.clone() };
    let checkpoint = Checkpoint::load(&file)?;
    let size = std::fs::metadata(&file).map_err(Error::io("read", &file))?.len();
    let home = file.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stats = RunDirectory::at(home).newest_stats()?;
    let best = match &checkpoint.best {
        Some(best) => RunDirectory::at(home).checkpoint_of(best.step)?,
        None => None,
    };
    let parts = parts(&checkpoint);
    let mut out = io::stdout();
    if arguments.json {
        let parts: BTreeMap<&str, Value> = parts
            .iter()
            .map(|(name, part)| (*name, json!({ "tensors": part.tensors, "numbers": part.numbers })))
            .collect();
        let all = json!({
            "checkpoint": file,
            "bytes": size,
            "step": checkpoint.step.0,
            "data": checkpoint.data,
            "parts": parts,
            "stats": stats,
            "best": checkpoint.best.map(|known| json!({ "step": known.step.0, "score": known.score, "checkpoint": best })),
            "config": checkpoint.config,
        });
        writeln!(out, "{all:#}")?;
        return Ok(());
    }
    let best = checkpoint.best.map(|known| {
        let place = best.map_or_else(|| "its checkpoint is not here".into(), |path| path.display().to_string());
        format!("{}, {place}", crate::best::shown(known, &checkpoint.config))
    });
    print(&mut out, &checkpoint, &file, size, &parts, stats.as_ref(), best)?;
    Ok(())
}

fn parts(checkpoint: &Checkpoint) -> BTreeMap<&str, Part> {
    let mut parts = BTreeMap::<&str, Part>::new();
    for (name, data) in checkpoint.tensors.iter() {
        let part = parts.entry(name.split('.').next().unwrap_or_default()).or_default();
        part.tensors += 1;
        part.numbers += data.num_elements() as u64;
    }
    parts
}

fn print(
    out: &mut impl Write,
    checkpoint: &Checkpoint,
    file: &Path,
    size: u64,
    parts: &BTreeMap<&str, Part>,
    stats: Option<&Value>,
    best: Option<String>,
) -> io::Result<()> {
    let Checkpoint { config, data, step, .. } = checkpoint;
    let classes = match data.classes.len() {
        0 => "no classes".to_owned(),
        n => format!("{n} classes: {}", data.classes.join(", ")),
    };
    writeln!(out, "{} {}\n", style(file.display()).bold(), style(bytes(size)).dim())?;
    rows(
        out,
        [
            ("step", format!("{} of {}", count(step.0), count(config.steps))),
            ("data", format!("{}, {}, {classes}", config.data, shape(data.shape))),
            match &config.vae {
                Some(vae) => ("vae", format!("{} on {}, beta {}", vae.likelihood, config.network, vae.beta)),
                None => ("game", format!("{} on {}, penalty {}", config.objective, config.network, config.penalty)),
            },
        ]
        .into_iter()
        .chain(best.map(|best| ("best", best))),
    )?;

    writeln!(out, "\n{}", style("tensors").bold())?;
    rows(
        out,
        parts
            .iter()
            .map(|(name, part)| (name, format!("{} in {}", count(part.numbers), counted(part.tensors, "tensor")))),
    )?;

    if let Some(Value::Object(stats)) = stats {
        writeln!(out, "\n{}", style("newest statistics").bold())?;
        let shown = |value: &Value| match value {
            Value::Number(value) if value.is_f64() => number(value.as_f64().unwrap_or_default()),
            other => other.to_string(),
        };
        rows(out, stats.iter().map(|(name, value)| (name, shown(value))))?;
    }

    writeln!(out, "\n{}", style("settings").bold())?;
    let settings = match serde_json::to_value(config) {
        Ok(Value::Object(settings)) => settings,
        _ => serde_json::Map::new(),
    };
    let given = settings.iter().filter(|(_, value)| !value.is_null());
    rows(out, given.map(|(name, value)| (name, value.as_str().map_or_else(|| plain(value), str::to_owned))))
}

/// JSON without its punctuation.
fn plain(value: &Value) -> String {
    value.to_string().replace(['{', '}', '"'], "").replace(':', " ").replace(',', ", ")
}
