//! `ganymede data check PATH`

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use console::style;
use ganymede::{
    data::{Checkup, Count, check, contact_sheet},
    picture,
};

use crate::{
    failure::Failure,
    form::FormArguments,
    progress_bar::{self, bar},
    style::{count, counted, rows, shape, warn},
    threads,
};

/// How many of a long list are shown.
const SHOWN: usize = 8;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede data check photos/
  ganymede data check photos.zip --size 64 --fit pad --sheet sheet.png
  ganymede data check photos/ --size 64 --json | jq '.pictures[] | select(.treatment | index(\"made larger\")) | .path'

Exit code 1 where training would refuse the pictures, leave some out, or learn something wrong from them.")]
pub struct Arguments {
    /// A folder or a ZIP archive of pictures
    #[arg(value_name = "PATH")]
    path: PathBuf,

    #[command(flatten)]
    form: FormArguments,

    /// Write a contact sheet: pictures as training would see them, a row for each class
    #[arg(long, value_name = "PNG")]
    sheet: Option<PathBuf>,

    /// Everything as JSON, with what would be done with each picture
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    threads::start(None)?;
    let bar = bar(!arguments.json);
    let hear = |event: ganymede::data::Event| progress_bar::show(&bar, "looking at pictures", &event);
    let checkup = check(&arguments.path, &arguments.form.form(), Some(&hear));
    bar.finish_and_clear();
    let checkup = checkup?;
    let mut out = io::stdout();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &checkup).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        print(&mut out, &checkup)?;
    }
    if let Some(path) = &arguments.sheet {
        write_sheet(&checkup, path, arguments.json)?;
    }
    match checkup.troubles.len() {
        0 => Ok(()),
        _ => Err(Failure::Troubles(checkup.troubles)),
    }
}

fn write_sheet(checkup: &Checkup, path: &Path, silent: bool) -> Result<(), Failure> {
    if checkup.pictures.is_empty() {
        warn("there is no contact sheet, as no picture can be read");
        return Ok(());
    }
    picture::save_png(&contact_sheet(checkup)?, path)?;
    if !silent {
        rows(&mut io::stdout(), [("contact sheet", style(path.display()).bold().to_string())])?;
    }
    Ok(())
}

fn print(out: &mut impl Write, checkup: &Checkup) -> io::Result<()> {
    writeln!(out, "{} {} of {}\n", style(checkup.source.display()).bold(), checkup.kind, {
        counted(checkup.pictures.len() as u64, "picture")
    })?;
    let mut lines = vec![
        ("sizes", listed(&checkup.sizes, ", ")),
        ("formats", listed(&checkup.formats, ", ")),
        ("modes", listed(&checkup.modes, ", ")),
        ("transparent", count(checkup.transparent as u64)),
    ];
    lines.push(match checkup.classes.as_slice() {
        [] => ("classes", "none".to_owned()),
        classes => ("classes", format!("{}: {}", classes.len(), listed(classes, ", "))),
    });
    for (name, groups) in [("equal", &checkup.same), ("alike", &checkup.alike)] {
        let extra: usize = groups.iter().map(|group| group.len() - 1).sum();
        let first = groups.first().map_or(String::new(), |group| {
            let paths = group.iter().take(2).map(|path| path.display().to_string());
            format!(", such as {}", paths.collect::<Vec<_>>().join(" and "))
        });
        let what = format!("{} in {}{first}", count(extra as u64), counted(groups.len() as u64, "group"));
        lines.push((name, if groups.is_empty() { "none".into() } else { what }));
    }
    lines.push(("samples", shape(checkup.sample)));
    lines.push(("on the way", listed(&checkup.treatments, "; ")));
    rows(out, lines)?;
    if !checkup.unreadable.is_empty() {
        writeln!(out, "\n{}", style("Not readable").bold())?;
        for bad in checkup.unreadable.iter().take(SHOWN) {
            writeln!(out, "  {}: {}", bad.path.display(), bad.reason)?;
        }
        if checkup.unreadable.len() > SHOWN {
            writeln!(out, "  and {} more, all of them with --json", checkup.unreadable.len() - SHOWN)?;
        }
    }
    for (title, sentences) in [("Worth knowing", &checkup.notes), ("Trouble", &checkup.troubles)] {
        if !sentences.is_empty() {
            writeln!(out, "\n{}", style(title).bold())?;
            for sentence in sentences {
                writeln!(out, "  {sentence}")?;
            }
        }
    }
    writeln!(out)
}

/// The most frequent ones, with their counts.
fn listed(counts: &[Count], between: &str) -> String {
    if counts.is_empty() {
        return "none".into();
    }
    let first =
        counts.iter().take(SHOWN).map(|item| format!("{} {}", item.what, style(count(item.count as u64)).dim()));
    let mut text = first.collect::<Vec<_>>().join(between);
    if counts.len() > SHOWN {
        text.push_str(&format!("{between}and {} more", counts.len() - SHOWN));
    }
    text
}
