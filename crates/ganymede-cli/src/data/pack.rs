//! `ganymede data pack SOURCE -o set.zip`

use std::{
    io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use console::style;
use ganymede::data::{self, Event, OpenOptions, Unreadable};

use crate::{
    failure::Failure,
    form::FormArguments,
    progress_bar::{self, bar},
    style::{bytes, counted, rows, shape, warn},
    threads,
};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede data pack photos/ --size 64 -o photos64.zip
  ganymede data pack cifar-10-python.tar.gz -o cifar10.zip
  ganymede train --data photos64.zip

The pictures are PNG, not compressed once more, with the labels in dataset.json. The same set is the same bytes.")]
pub struct Arguments {
    /// What `ganymede train --data` takes: a folder, an archive, a file, or a name
    #[arg(value_name = "SOURCE")]
    source: String,

    /// The ZIP archive
    #[arg(short, long, value_name = "ZIP")]
    out: PathBuf,

    #[command(flatten)]
    form: FormArguments,

    /// Share of the pictures that may be unreadable [default: 0.001]
    #[arg(long, value_name = "SHARE")]
    tolerate: Option<f64>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    threads::start(None)?;
    let bar = bar(true);
    let left_out = Mutex::new(Vec::new());
    let hear = |event: Event| match event {
        Event::LeftOut { unreadable, .. } => {
            left_out.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(unreadable);
        }
        event => progress_bar::show(&bar, "reading pictures", &event),
    };
    let form = arguments.form.form();
    let options = OpenOptions { form, tolerate: arguments.tolerate, progress: Some(&hear), ..OpenOptions::default() };
    let set = data::open(&arguments.source, &options);
    let packed = set.and_then(|set| {
        let hear = |event: Event| progress_bar::show(&bar, "packing pictures", &event);
        data::pack(&*set, &arguments.out, Some(&hear)).map(|packed| (set, packed))
    });
    bar.finish_and_clear();
    let (set, packed) = packed?;
    for Unreadable { path, reason } in left_out.into_inner().unwrap_or_else(PoisonError::into_inner) {
        warn(&format!("left out: {}: {reason}", path.display()));
    }
    let classes = counted(set.classes().len() as u64, "class").replace("classs", "classes");
    let what = format!("{} of {}, {classes}", counted(packed.pictures as u64, "picture"), shape(set.shape()));
    let out = &mut io::stdout();
    rows(
        out,
        [
            ("packed", what),
            ("written to", format!("{}, {}", style(arguments.out.display()).bold(), bytes(packed.bytes))),
            ("train on it", style(format!("ganymede train --data {}", arguments.out.display())).bold().to_string()),
        ],
    )?;
    Ok(())
}
