//! The bar for what takes its time before anything else happens: fetching and reading data.

use ganymede::data::Event;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar, or one that nobody sees.
pub fn bar(loud: bool) -> ProgressBar {
    let bar = if loud { ProgressBar::new(0) } else { ProgressBar::hidden() };
    bar.set_style(style("{pos}/{len}"));
    bar
}

/// Shows how far it has come; events of another kind show nothing.
pub fn show(bar: &ProgressBar, reading: &str, event: &Event) {
    let (what, done, of) = match event {
        Event::Downloaded { file, bytes, of } => {
            bar.set_style(style("{bytes}/{total_bytes}  {bytes_per_sec}"));
            (format!("fetching {file}"), *bytes, *of)
        }
        Event::Decoded { images, of } => (reading.to_owned(), *images as u64, *of as u64),
        _ => return,
    };
    bar.set_message(what);
    bar.set_length(of);
    bar.set_position(done);
}

fn style(counts: &str) -> ProgressStyle {
    ProgressStyle::with_template(&format!("  {{msg}}  {{bar:32.magenta/dim}} {counts}"))
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸━")
}
