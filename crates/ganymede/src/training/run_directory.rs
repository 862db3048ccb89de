//! The directory of a run, the only place that training writes to.
//!
//! ```text
//! config.json                        every setting
//! stats.jsonl                        one line of numbers a tick
//! log.txt                            what happened when, for people
//! reals.png, fakes_init.png          the data, and the generator before training
//! fakes000500.png                    the averaged generator after 500 steps, always from the same latents
//! checkpoint-000500.safetensors      everything needed to go on
//! ```

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use image::RgbImage;
use serde::Serialize;

use crate::{
    checkpoint::Checkpoint,
    config::Config,
    error::{Error, Result},
    files, picture,
};

const CONFIG: &str = "config.json";
const STATS: &str = "stats.jsonl";
const LOG: &str = "log.txt";
/// How many checkpoints are kept.
const CHECKPOINTS_KEPT: usize = 2;

/// A run directory.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// The directory at `path`, which is neither read nor written by this.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        RunDirectory { path: path.into() }
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
        let next = entries.iter().filter_map(number).max().map_or(0, |n| n + 1);
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

    /// Makes the directory for a new run, or takes it over where it holds a run of the same settings.
    /// Only the number of steps may differ: a finished run can be made longer.
    ///
    /// # Errors
    /// [`Error::Run`] where it holds a run of other settings or something else, [`Error::Io`] where it cannot be written.
    pub fn claim(&self, config: &Config) -> Result<()> {
        fs::create_dir_all(&self.path).map_err(Error::io("create", &self.path))?;
        match self.config()? {
            None => {}
            Some(known) => {
                let differences = config.differences(&known);
                let changed: Vec<_> =
                    differences.iter().filter(|d| d.key != "steps").map(ToString::to_string).collect();
                if !changed.is_empty() {
                    return Err(Error::Run {
                        path: self.path.clone(),
                        reason: format!("it holds a run of other settings ({})", changed.join("; ")),
                        advice: "give these settings again to go on with it, or name another directory".into(),
                    });
                }
            }
        }
        self.write_json(CONFIG, config)
    }

    /// The settings of the run that is here, if there is one.
    ///
    /// # Errors
    /// [`Error::Run`] where they cannot be read.
    pub fn config(&self) -> Result<Option<Config>> {
        let path = self.file(CONFIG);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| Error::Run {
                path,
                reason: format!("its settings cannot be read: {error}"),
                advice: "correct the file, or name another directory".into(),
            }),
        }
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Io`] when the directory cannot be read.
    pub fn newest_checkpoint(&self) -> Result<Option<PathBuf>> {
        Ok(self.checkpoints()?.pop())
    }

    /// The checkpoints, oldest first.
    fn checkpoints(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.path).map_err(Error::io("read", &self.path))?;
        let mut found: Vec<(u64, PathBuf)> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let step = path.file_name()?.to_str()?.strip_prefix("checkpoint-")?.strip_suffix(".safetensors")?;
                Some((step.parse().ok()?, path))
            })
            .collect();
        found.sort();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    /// Saves a checkpoint, and removes the oldest ones once it is on the disk.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written; the older ones are then all still there.
    pub fn save_checkpoint(&self, checkpoint: &Checkpoint) -> Result<PathBuf> {
        let path = self.file(&format!("checkpoint-{:06}.safetensors", checkpoint.step.0));
        checkpoint.save(&path)?;
        let known = self.checkpoints()?;
        for old in &known[..known.len().saturating_sub(CHECKPOINTS_KEPT)] {
            fs::remove_file(old).map_err(Error::io("remove", old))?;
        }
        Ok(path)
    }

    /// Appends a line of numbers.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn append_stats(&self, line: &impl Serialize) -> Result<()> {
        let path = self.file(STATS);
        let text = serde_json::to_string(line).map_err(|error| Error::io("encode", &path)(error.into()))?;
        self.append(STATS, &text)
    }

    /// The last whole line of numbers, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read.
    pub fn newest_stats(&self) -> Result<Option<serde_json::Value>> {
        let path = self.file(STATS);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
            Ok(text) => Ok(text.lines().rev().find_map(|line| serde_json::from_str(line).ok())),
        }
    }

    /// Drops the lines of numbers after `step`, which a resumed run will write again.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read or written.
    pub fn truncate_stats(&self, step: u64) -> Result<()> {
        let path = self.file(STATS);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            read => read.map_err(Error::io("read", &path))?,
        };
        let step_of = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?.get("step")?.as_u64();
        let kept: String = text
            .lines()
            .take_while(|line| step_of(line).is_some_and(|at| at <= step))
            .flat_map(|line| [line, "\n"])
            .collect();
        files::write_atomically(&path, kept.as_bytes())
    }

    /// Appends a line for people.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn log(&self, line: &str) -> Result<()> {
        self.append(LOG, line)
    }

    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn save_picture(&self, name: &str, picture: &RgbImage) -> Result<PathBuf> {
        let path = self.file(name);
        picture::save_png(picture, &path)?;
        Ok(path)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let path = self.file(name);
        let text = serde_json::to_string_pretty(value).map_err(|error| Error::io("encode", &path)(error.into()))?;
        files::write_atomically(&path, text.as_bytes())
    }

    fn append(&self, name: &str, line: &str) -> Result<()> {
        let path = self.file(name);
        let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(Error::io("open", &path))?;
        file.write_all(format!("{line}\n").as_bytes()).map_err(Error::io("write", &path))
    }
}
