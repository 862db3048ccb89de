//! The verdict on a run, and its files.
//!
//! ```text
//! report.html        one page with the verdict, what happened when, plots and the last pictures
//! diagnosis.json     the same for programs
//! <plot>.svg, .png
//! ```

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    Deep, Ending, Episode, Measurement, Records, SkippedStep,
    page::{self, Picture},
    plots,
};
use crate::{
    error::{Error, Result},
    files,
    health::{Event, Severity, verdict},
    lab::save_plot,
};

/// What became of a run.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    pub ganymede: &'static str,
    pub run: PathBuf,
    pub ending: Ending,
    pub steps_done: u64,
    pub steps: u64,
    /// The event that names the most likely cause of the first fault; none where nothing was found.
    pub verdict: Option<Event>,
    pub episodes: Vec<Episode>,
    /// Whether the detectors looked at the statistics now, because nobody watched the run.
    pub is_replayed: bool,
    pub skipped: Vec<SkippedStep>,
    pub best: Option<Measurement>,
    pub newest: Option<Measurement>,
    /// The name of the figure that ranks its snapshots.
    pub figure: Option<String>,
    pub checkpoints: Vec<u64>,
    pub deep: Option<Deep>,
}

impl Diagnosis {
    pub fn of(records: &Records, deep: Option<Deep>) -> Self {
        let criterion = records.config.monitor.as_ref().and_then(|monitor| monitor.criterion());
        Diagnosis {
            ganymede: env!("CARGO_PKG_VERSION"),
            run: records.directory.path().to_owned(),
            ending: records.ending.clone(),
            steps_done: records.steps_done,
            steps: records.config.steps,
            verdict: verdict(&records.events).cloned(),
            episodes: Episode::of(&records.events),
            is_replayed: records.is_replayed,
            skipped: records.skipped.clone(),
            best: records.best().copied(),
            newest: records.measured.last().copied(),
            figure: criterion.map(|criterion| criterion.name()),
            checkpoints: records.checkpoints.clone(),
            deep,
        }
    }

    /// The verdict in one line.
    pub fn headline(&self) -> String {
        match &self.verdict {
            None => format!("healthy: no detector found anything in {} steps", self.steps_done),
            Some(event) => {
                let kind = if event.severity == Severity::Fault { "" } else { " (a warning)" };
                format!("{} from step {}{kind}", event.detector, event.step)
            }
        }
    }

    /// The share of the run after its best measurement.
    pub fn share_after_best(&self) -> Option<f64> {
        let best = self.best?;
        Some(self.steps_done.saturating_sub(best.step) as f64 / self.steps_done.max(1) as f64)
    }
}

/// Writes the report into `directory`, which is made if need be; the page's path.
///
/// # Errors
/// [`Error::Io`] when a file cannot be written.
pub fn write(records: &Records, diagnosis: &Diagnosis, directory: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    let mut figures = Vec::new();
    for plot in plots::plots(records, &diagnosis.episodes) {
        let svg = save_plot(&plot, directory, &plot.name)?;
        figures.push((plot, svg));
    }
    let path = directory.join("report.html");
    let pictures = copied_pictures(records, directory)?;
    files::write_atomically(&path, page::page(records, diagnosis, &figures, &pictures).as_bytes())?;
    let json = serde_json::to_string_pretty(diagnosis).unwrap_or_default();
    files::write_atomically(&directory.join("diagnosis.json"), format!("{json}\n").as_bytes())?;
    Ok(path)
}

/// The data, the first samples and the last ones, copied beside the page.
fn copied_pictures(records: &Records, directory: &Path) -> Result<Vec<Picture>> {
    let run = records.directory.path();
    let names = std::fs::read_dir(run).map_err(Error::io("read", run))?;
    let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let step_of = |name: &str| name.strip_prefix("fakes")?.strip_suffix(".png")?.parse::<u64>().ok();
    let newest = names.filter_map(|name| Some((step_of(&name)?, name))).max();
    let wanted = [
        Some(("reals.png".to_owned(), "The data".to_owned())),
        Some(("fakes_init.png".to_owned(), "Samples before training".to_owned())),
        newest.map(|(step, name)| (name, format!("Samples after {step} steps"))),
    ];
    let mut pictures = Vec::new();
    for (file, caption) in wanted.into_iter().flatten() {
        // a run that died early has not drawn them all
        if let Ok(bytes) = std::fs::read(run.join(&file)) {
            files::write_atomically(&directory.join(&file), &bytes)?;
            pictures.push(Picture { file, caption });
        }
    }
    Ok(pictures)
}
