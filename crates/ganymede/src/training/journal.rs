//! Files of JSON lines, each with the step that it belongs to: `stats.jsonl`, `events.jsonl`.
//!
//! A line that cannot be written (a full disk) is kept and written with the next one, and no checkpoint is saved while a
//! line before it is missing: so the lines up to a checkpoint are on the disk when it is. After a resume those behind it
//! are dropped and written again.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use crate::{error::Result, files, storage::Storage};

/// A larger file is not read.
const MAX_BYTES: u64 = 1 << 30;

/// The lines that are not written yet, by file.
#[derive(Debug, Default)]
pub(crate) struct Journals(Mutex<BTreeMap<PathBuf, Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    lines: String,
    /// Whether a write has failed, so that part of a line may be in the file.
    torn: bool,
    /// Whether the file's name outlives a crash.
    named: bool,
}

impl Journals {
    /// Appends a line; it may be lost in a crash until [`Journals::sync`].
    ///
    /// # Errors
    /// [`crate::Error::Io`] when it cannot be written now; it is then kept.
    pub fn append(&self, storage: &dyn Storage, path: &Path, line: &str) -> Result<()> {
        let mut journals = self.lock();
        let waiting = journals.entry(path.to_owned()).or_default();
        waiting.lines.push_str(line);
        waiting.lines.push('\n');
        waiting.write(storage, path)
    }

    /// Makes every line outlive a crash.
    ///
    /// # Errors
    /// [`crate::Error::Io`] when a line cannot be written.
    pub fn sync(&self, storage: &dyn Storage) -> Result<()> {
        for (path, waiting) in self.lock().iter_mut() {
            waiting.write(storage, path)?;
            files::sync(storage, path)?;
            if !waiting.named {
                files::sync_directory(storage, files::parent(path))?;
                waiting.named = true;
            }
        }
        Ok(())
    }

    /// A panic cannot leave a line half noted, so a poisoned lock still guards good lines.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Waiting>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Waiting {
    fn write(&mut self, storage: &dyn Storage, path: &Path) -> Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let written = if self.torn {
            let text = whole_lines(storage, path, Some(u64::MAX))? + &self.lines;
            files::replace(storage, path, text.as_bytes())
        } else {
            files::append(storage, path, self.lines.as_bytes())
        };
        self.torn = written.is_err();
        if written.is_ok() {
            self.lines.clear();
        }
        written
    }
}

/// Drops the lines of every journal in `directory` that come after `step`, all where there is none, and what a crash has left
/// of a line.
///
/// # Errors
/// [`crate::Error::Io`] when a file cannot be read or written.
pub(crate) fn truncate(storage: &dyn Storage, directory: &Path, step: Option<u64>) -> Result<()> {
    for path in files::list(storage, directory)? {
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let kept = whole_lines(storage, &path, step)?;
        if files::read(storage, &path, MAX_BYTES)?.is_some_and(|bytes| bytes != kept.as_bytes()) {
            files::replace(storage, &path, kept.as_bytes())?;
        }
    }
    Ok(())
}

/// The last whole line, if there is one.
///
/// # Errors
/// [`crate::Error::Io`] when the file cannot be read.
pub(crate) fn newest(storage: &dyn Storage, path: &Path) -> Result<Option<serde_json::Value>> {
    let bytes = files::read(storage, path, MAX_BYTES)?.unwrap_or_default();
    Ok(bytes.split(|byte| *byte == b'\n').rev().find_map(|line| serde_json::from_slice(line).ok()))
}

/// The whole lines, in order.
///
/// # Errors
/// [`crate::Error::Io`] when the file cannot be read.
pub(crate) fn lines(storage: &dyn Storage, path: &Path) -> Result<Vec<serde_json::Value>> {
    let bytes = files::read(storage, path, MAX_BYTES)?.unwrap_or_default();
    Ok(bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// The whole lines of steps up to `step`. A line of a later step may come before one of an earlier step, which was measured
/// again.
fn whole_lines(storage: &dyn Storage, path: &Path, step: Option<u64>) -> Result<String> {
    let bytes = files::read(storage, path, MAX_BYTES)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let step_of = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?.get("step")?.as_u64();
    let kept = text.lines().filter(|line| step_of(line).is_some_and(|at| step.is_some_and(|step| at <= step)));
    Ok(kept.flat_map(|line| [line, "\n"]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::simulated::{SimulatedDisk, Verdict};

    const DISK_FULL: i32 = 28;

    fn line(step: u64) -> String {
        format!(r#"{{"step":{step},"loss_d":0.5}}"#)
    }

    #[test]
    fn a_line_that_a_full_disk_tore_is_written_whole_later() {
        let (disk, journals, path) = (SimulatedDisk::default(), Journals::default(), Path::new("run/stats.jsonl"));
        journals.append(&disk, path, &line(1)).unwrap();
        // the file is opened, the write takes half, and the rest finds the disk full
        disk.set_plan(|call| match call {
            0 => Verdict::Done,
            1 => Verdict::Short,
            _ => Verdict::Fails(DISK_FULL),
        });
        assert!(journals.append(&disk, path, &line(2)).is_err());
        assert!(journals.append(&disk, path, &line(3)).is_err());
        disk.clear_plan();
        journals.append(&disk, path, &line(4)).unwrap();
        let expected: String = (1..=4).flat_map(|step| [line(step), "\n".into()]).collect();
        assert_eq!(disk.snapshot()[path], expected.as_bytes());
    }

    #[test]
    fn lines_after_the_step_and_torn_ones_are_dropped() {
        let (disk, path) = (SimulatedDisk::default(), Path::new("run/events.jsonl"));
        let (second, third) = (line(100), line(150));
        disk.put(path, format!("{}\n{third}\n{second}\n{{\"st", line(50)).as_bytes());
        truncate(&disk, Path::new("run"), Some(100)).unwrap();
        assert_eq!(disk.snapshot()[path], format!("{}\n{second}\n", line(50)).as_bytes());
        truncate(&disk, Path::new("run"), None).unwrap();
        assert_eq!(disk.snapshot()[path], b"");
    }
}
