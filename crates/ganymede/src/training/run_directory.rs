//! The directory of a run, the only place that training writes to.
//!
//! ```text
//! config.json                        every setting
//! stats.jsonl                        one line of numbers a tick
//! events.jsonl                       what was out of the ordinary, by step
//! metrics.jsonl                      one line an evaluation
//! health.jsonl                       what detectors have said, by step
//! log.txt                            what happened when, for people
//! reals.png, fakes_init.png          the data, and the generator before training
//! fakes000500.png                    the averaged generator after 500 steps, always from the same latents
//! checkpoint-000500.safetensors      everything needed to go on
//! ```

mod reading;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use image::RgbImage;
use serde::Serialize;

use super::{
    checkpoints::{self, Resumed},
    journal::{self, Journals},
    lock::RunLock,
};
use crate::{
    checkpoint::{Best, Checkpoint},
    config::{self, Config},
    error::{Error, Result},
    files, picture,
    random::Step,
    storage::{Disk, Storage},
};

const CONFIG: &str = "config.json";
const STATS: &str = "stats.jsonl";
const EVENTS: &str = "events.jsonl";
const METRICS: &str = "metrics.jsonl";
const HEALTH: &str = "health.jsonl";
const TIMES: &str = "times.jsonl";
const LOG: &str = "log.txt";

/// A run directory; clones are the same one.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    path: PathBuf,
    storage: Arc<dyn Storage>,
    journals: Arc<Journals>,
}

impl RunDirectory {
    /// The directory at `path`, which is neither read nor written by this.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self::on(Arc::new(Disk), path)
    }

    pub(crate) fn on(storage: Arc<dyn Storage>, path: impl Into<PathBuf>) -> Self {
        RunDirectory { path: path.into(), storage, journals: Arc::default() }
    }

    /// The next free `00000-<data>-<name>` under `parent`.
    ///
    /// # Errors
    /// [`Error::Io`] when `parent` cannot be read.
    pub fn next_in(parent: &Path, data: &str, name: &str) -> Result<Self> {
        let entries = match fs::read_dir(parent) {
            Ok(entries) => entries.collect::<std::io::Result<Vec<_>>>().map_err(Error::io("read", parent))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::io("read", parent)(error)),
        };
        let number = |entry: &fs::DirEntry| entry.file_name().to_str()?.split('-').next()?.parse::<u64>().ok();
        // a name with a number beyond all numbers is none of ours
        let next = entries.iter().filter_map(number).filter_map(|n| n.checked_add(1)).max().unwrap_or(0);
        let data: String =
            data.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
        Ok(RunDirectory::at(parent.join(format!("{next:05}-{data}-{name}"))))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes the directory for a new run, or takes it over where it holds a run of the same settings, and locks it.
    /// Only the number of steps may differ: a finished run can be made longer.
    ///
    /// # Errors
    /// [`Error::Run`] where another process writes to it, or it holds a run of other settings or something else;
    /// [`Error::Io`] where it cannot be written.
    pub(crate) fn claim(&self, config: &Config) -> Result<RunLock> {
        files::retried(|| self.storage.create_directory(&self.path)).map_err(Error::io("create", &self.path))?;
        let lock = RunLock::take(&self.storage, &self.path)?;
        for leftover in files::list(&*self.storage, &self.path)?.iter().filter(|path| files::is_temporary(path)) {
            files::remove(&*self.storage, leftover)?;
        }
        if let Some(known) = self.config()? {
            let differences = config.differences(&known);
            let changed: Vec<_> = differences.iter().filter(|d| d.key != "steps").map(ToString::to_string).collect();
            if !changed.is_empty() {
                return Err(Error::Run {
                    path: self.path.clone(),
                    reason: format!("it holds a run of other settings ({})", changed.join("; ")),
                    advice: "give these settings again to go on with it, or name another directory".into(),
                });
            }
        }
        self.write_json(CONFIG, config)?;
        Ok(lock)
    }

    /// The settings of the run that is here, if there is one.
    ///
    /// # Errors
    /// [`Error::Run`] where they cannot be read.
    pub fn config(&self) -> Result<Option<Config>> {
        let path = self.file(CONFIG);
        let Some(text) = files::read(&*self.storage, &path, config::MAX_BYTES)? else { return Ok(None) };
        serde_json::from_slice(&text).map(Some).map_err(|error| Error::Run {
            path,
            reason: format!("its settings cannot be read: {error}"),
            advice: "correct the file, or name another directory".into(),
        })
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Io`] when the directory cannot be read.
    pub fn newest_checkpoint(&self) -> Result<Option<PathBuf>> {
        Ok(checkpoints::list(&*self.storage, &self.path)?.pop().map(|(_, path)| path))
    }

    /// The step of the newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Io`] when the directory cannot be read.
    pub(crate) fn newest_step(&self) -> Result<Option<Step>> {
        Ok(checkpoints::list(&*self.storage, &self.path)?.pop().map(|(step, _)| Step(step)))
    }

    /// The checkpoint of `step`, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`] when the directory cannot be read.
    pub fn checkpoint_of(&self, step: Step) -> Result<Option<PathBuf>> {
        let known = checkpoints::list(&*self.storage, &self.path)?;
        Ok(known.into_iter().find(|(at, _)| *at == step.0).map(|(_, path)| path))
    }

    /// Where a run in this directory goes on from; nothing where it has not been saved yet.
    pub(crate) fn resume(&self) -> Result<Option<Resumed>> {
        checkpoints::newest_whole(&*self.storage, &self.path)
    }

    /// Saves a checkpoint, and removes the ones that it makes dispensable once it is known to be good.
    ///
    /// # Errors
    /// When it cannot be written, or a line of the journals before it; the older ones are then all still there.
    pub fn save_checkpoint(&self, checkpoint: &Checkpoint) -> Result<PathBuf> {
        self.sync()?;
        checkpoints::save(&*self.storage, &self.path, checkpoint)
    }

    /// Appends a line of numbers.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written now; it is then written with a later one.
    pub fn append_stats(&self, line: &impl Serialize) -> Result<()> {
        self.append_line(STATS, line)
    }

    /// The last whole line of numbers, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read.
    pub fn newest_stats(&self) -> Result<Option<serde_json::Value>> {
        journal::newest(&*self.storage, &self.file(STATS))
    }

    /// Appends an evaluation; the line has the `step` of the state that it measured.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written now; it is then written with a later one.
    pub fn append_metrics(&self, line: &impl Serialize) -> Result<()> {
        self.append_line(METRICS, line)
    }

    /// Appends what the steps up to one of them took, for those who ask.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written now; it is then written with a later one.
    pub(crate) fn append_time(&self, line: &impl Serialize) -> Result<()> {
        self.append_line(TIMES, line)
    }

    /// Makes every line appended so far outlive a crash. Saving a checkpoint does so, too.
    ///
    /// # Errors
    /// [`Error::Io`] when a line cannot be written.
    pub fn sync(&self) -> Result<()> {
        self.journals.sync(&*self.storage)
    }

    /// Appends what happened in a step.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written now; it is then written with a later one.
    pub(crate) fn append_event(&self, line: &impl Serialize) -> Result<()> {
        self.append_line(EVENTS, line)
    }

    /// Appends what a detector has said.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written now; it is then written with a later one.
    pub(crate) fn append_health(&self, event: &crate::health::Event) -> Result<()> {
        self.append_line(HEALTH, event)
    }

    /// The checkpoint of the best state, or else the newest of a snapshot after `step` steps or fewer.
    ///
    /// # Errors
    /// When the directory or the checkpoint cannot be read.
    pub(crate) fn good_before(&self, best: Option<Best>, step: u64, snapshot: u64) -> Result<Option<Checkpoint>> {
        let known = checkpoints::list(&*self.storage, &self.path)?;
        let is_best = |at: u64| best.is_some_and(|best| best.step.0 == at);
        let is_before = |at: u64| at <= step && at.is_multiple_of(snapshot);
        let path = known.iter().find(|(at, _)| is_best(*at)).or(known.iter().rev().find(|(at, _)| is_before(*at)));
        path.map(|(_, path)| Checkpoint::load_from(&*self.storage, path)).transpose()
    }

    /// Drops the lines of every `*.jsonl` after `step`, which a resumed run will write again; all of them where a run that
    /// was never saved begins again.
    ///
    /// # Errors
    /// [`Error::Io`] when a file cannot be read or written.
    pub(crate) fn truncate_journals(&self, step: Option<u64>) -> Result<()> {
        journal::truncate(&*self.storage, &self.path, step)
    }

    /// Appends a line for people.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn log(&self, line: &str) -> Result<()> {
        files::append(&*self.storage, &self.file(LOG), format!("{line}\n").as_bytes())
    }

    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn save_picture(&self, name: &str, picture: &RgbImage) -> Result<PathBuf> {
        let path = self.file(name);
        let bytes = picture::png(picture).map_err(Error::io("encode", &path))?;
        files::replace(&*self.storage, &path, &bytes)?;
        Ok(path)
    }

    fn append_line(&self, name: &str, line: &impl Serialize) -> Result<()> {
        let path = self.file(name);
        let text = serde_json::to_string(line).map_err(|error| Error::io("encode", &path)(error.into()))?;
        self.journals.append(&*self.storage, &path, &text)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let path = self.file(name);
        let text = serde_json::to_string_pretty(value).map_err(|error| Error::io("encode", &path)(error.into()))?;
        files::replace(&*self.storage, &path, text.as_bytes())
    }
}
