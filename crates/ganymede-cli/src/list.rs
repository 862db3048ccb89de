//! `ganymede list`

use std::io::{self, Write};

use console::style;
use ganymede::{
    Config, augmentation::TRANSFORMATIONS, comparison, data, evaluation::Metric, health::DETECTORS, networks::NETWORKS,
    objectives::OBJECTIVES, penalties::PENALTIES, vae::likelihoods::LIKELIHOODS,
};

use crate::{failure::Failure, style::rows};

/// What one flag may say: a title, the flag, and each name with its sentence.
type Section<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);

pub fn run() -> Result<(), Failure> {
    let names = data::known_names().collect::<Vec<_>>().join(", ");
    let paths =
        "a folder or ZIP of pictures, or of folders with a class each, CIFAR as published, or a file of IDX images";
    let recipes: Vec<(&str, String)> =
        comparison::NAMED.iter().map(|(name, meaning, source)| (*name, format!("{meaning} ({source})"))).collect();
    let sections: [Section; 10] = [
        ("Presets", "--preset", Config::presets().collect()),
        ("Data", "--data", vec![("by name", names.as_str()), ("by path", paths)]),
        ("Networks", "--network", NETWORKS.iter().map(|n| (n.name, n.summary)).collect()),
        ("Objectives", "--objective", OBJECTIVES.iter().map(|o| (o.name(), o.summary())).collect()),
        ("Penalties", "--penalty", PENALTIES.iter().map(|p| (p.name(), p.summary())).collect()),
        ("Transformations", "--augment", TRANSFORMATIONS.iter().map(|t| (t.name(), t.summary())).collect()),
        ("Likelihoods", "--model vae --likelihood", LIKELIHOODS.iter().map(|l| (l.name(), l.summary())).collect()),
        ("Recipes", "compare --objectives", recipes.iter().map(|(name, meaning)| (*name, meaning.as_str())).collect()),
        ("Metrics", "evaluate --metrics", Metric::ALL.iter().map(|m| (m.name(), m.summary())).collect()),
        ("Detectors", "train --on-fault", DETECTORS.iter().map(|d| (d.name, d.summary)).collect()),
    ];
    let mut out = io::stdout().lock();
    for (i, (title, flag, entries)) in sections.into_iter().enumerate() {
        let gap = if i == 0 { "" } else { "\n" };
        writeln!(out, "{gap}{} {}", style(title).bold().underlined(), style(flag).dim())?;
        rows(&mut out, entries)?;
    }
    writeln!(out, "\nA penalty takes a weight and an interval, and penalties add up: --penalty r1:10/16+r2")?;
    Ok(())
}
