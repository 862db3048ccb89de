//! Opens the data of a run, with a bar for what takes its time.

use std::sync::{Arc, Mutex};

use crate::{
    progress_bar::{self, bar},
    style::warn,
};
use ganymede::{
    Config, Error,
    data::{self, Dataset, Event, OpenOptions, Unreadable},
};

/// How many of the pictures that were left out are named.
const NAMED: usize = 5;

/// The data, and the pictures that are not among them because they cannot be read.
///
/// # Errors
/// When the data cannot be found, fetched or used.
pub fn open(config: &Config, loud: bool) -> Result<(Arc<dyn Dataset>, Vec<Unreadable>), Error> {
    let bar = bar(loud);
    let left_out = Mutex::default();
    let hear = |event: Event| match event {
        Event::LeftOut { unreadable, ignored } => {
            bar.suspend(|| say_what_is_missing(unreadable, ignored));
            lock(&left_out).extend_from_slice(unreadable);
        }
        event => progress_bar::show(&bar, "reading pictures", &event),
    };
    let options = OpenOptions { progress: Some(&hear), ..config.open_options() };
    let dataset = data::open(&config.data, &options);
    bar.finish_and_clear();
    let left_out = std::mem::take(&mut *lock(&left_out));
    dataset.map(|dataset| (dataset, left_out))
}

/// A panic cannot leave the list half made.
fn lock(list: &Mutex<Vec<Unreadable>>) -> std::sync::MutexGuard<'_, Vec<Unreadable>> {
    list.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn say_what_is_missing(unreadable: &[Unreadable], ignored: usize) {
    if !unreadable.is_empty() {
        warn(&format!("left out, as they cannot be read: {} of the pictures", unreadable.len()));
        for Unreadable { path, reason } in unreadable.iter().take(NAMED) {
            eprintln!("  {}: {reason}", path.display());
        }
        if unreadable.len() > NAMED {
            eprintln!("  and {} more, each named in the log of the run", unreadable.len() - NAMED);
        }
    }
    if ignored > 0 {
        warn(&format!("left out, as their names are not those of pictures: {ignored} files"));
    }
}
