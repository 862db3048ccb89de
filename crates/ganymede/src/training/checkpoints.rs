//! The checkpoints of a run directory: which are kept, and which one a run goes on from.
//!
//! ```text
//! save     lines of the journals synced -> checkpoint written -> read back and verified -> older ones removed
//! keep     the newest, the one before it, the best, every `keep_every`-th
//! resume   the newest that verifies; a damaged one is renamed *.damaged, and what it held is said to be lost
//! ```

use std::path::{Path, PathBuf};

use crate::{
    checkpoint::Checkpoint,
    error::{Error, Result},
    files,
    storage::Storage,
};

const PREFIX: &str = "checkpoint-";
const SUFFIX: &str = ".safetensors";

/// Where a run goes on from.
#[derive(Debug)]
pub(crate) struct Resumed {
    pub path: PathBuf,
    pub checkpoint: Checkpoint,
    /// What could not be gone on from, in words for people.
    pub lost: Vec<String>,
}

/// The name of the checkpoint of `step`.
pub(crate) fn name(step: u64) -> String {
    format!("{PREFIX}{step:06}{SUFFIX}")
}

/// The checkpoints in `directory` with their steps, oldest first.
///
/// # Errors
/// [`Error::Io`] when the directory cannot be read.
pub(crate) fn list(storage: &dyn Storage, directory: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let step_of = |path: &Path| path.file_name()?.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok();
    let files = files::list(storage, directory)?.into_iter();
    let mut found: Vec<(u64, PathBuf)> = files.filter_map(|path| Some((step_of(&path)?, path))).collect();
    found.sort();
    Ok(found)
}

/// Writes `checkpoint`, and removes the ones that it makes dispensable once it is known to be good.
///
/// # Errors
/// When it cannot be written or read back; the older ones are then all still there.
pub(crate) fn save(storage: &dyn Storage, directory: &Path, checkpoint: &Checkpoint) -> Result<PathBuf> {
    let path = directory.join(name(checkpoint.step.0));
    checkpoint.save_on(storage, &path)?;
    Checkpoint::verify(storage, &path)?;
    remove_old(storage, directory, checkpoint)?;
    Ok(path)
}

/// Removes the checkpoints that `newest`, which is known to be good, makes dispensable.
fn remove_old(storage: &dyn Storage, directory: &Path, newest: &Checkpoint) -> Result<()> {
    let known = list(storage, directory)?;
    let steps: Vec<u64> = known.iter().map(|(step, _)| *step).collect();
    let kept = kept(&steps, newest);
    for (_, old) in known.iter().filter(|(step, _)| !kept.contains(step)) {
        files::remove(storage, old)?;
    }
    Ok(())
}

/// Which of `steps`, in rising order, stay beside `newest`.
///
/// Where a run was stopped is kept only until the next checkpoint, so that it leaves the files of a run that never was.
fn kept(steps: &[u64], newest: &Checkpoint) -> Vec<u64> {
    let config = &newest.config;
    let is_regular = |step: &u64| step.is_multiple_of(config.snapshot);
    let before: Vec<u64> = steps.iter().copied().filter(|step| *step < newest.step.0).collect();
    let previous = before.iter().rev().find(|step| is_regular(step)).or(before.last()).copied();
    let for_good = before.iter().copied().filter(|step| match config.keep_every {
        0 => false,
        every => step.is_multiple_of(every.saturating_mul(config.snapshot)),
    });
    let best = newest.best.map(|best| best.step.0);
    for_good.chain(previous).chain(best).chain([newest.step.0]).collect()
}

/// The newest checkpoint that is as it was written; newer ones that are not are set aside.
///
/// # Errors
/// [`Error::Checkpoint`] where it is of another version, [`Error::Run`] where there are checkpoints and none is whole.
pub(crate) fn newest_whole(storage: &dyn Storage, directory: &Path) -> Result<Option<Resumed>> {
    let known = list(storage, directory)?;
    let mut damaged: Vec<(u64, PathBuf, Error)> = Vec::new();
    for (step, path) in known.iter().rev() {
        match Checkpoint::load_from(storage, path) {
            Ok(checkpoint) => {
                let lost = damaged.into_iter().map(|(at, path, error)| set_aside(storage, &path, &error, at, *step));
                let lost = lost.collect::<Result<_>>()?;
                // a crash may have come between the save and this, or undone it
                remove_old(storage, directory, &checkpoint)?;
                return Ok(Some(Resumed { path: path.clone(), checkpoint, lost }));
            }
            Err(error @ Error::Checkpoint { .. }) => return Err(error),
            Err(error) => damaged.push((*step, path.clone(), error)),
        }
    }
    match damaged.into_iter().next() {
        None => Ok(None),
        Some((_, _, newest)) => Err(Error::Run {
            path: directory.to_owned(),
            reason: format!("none of its {} checkpoints can be read, the newest: {newest}", known.len()),
            advice: "put a good checkpoint there from a copy, or name another directory to start again".into(),
        }),
    }
}

fn set_aside(storage: &dyn Storage, path: &Path, error: &Error, at: u64, step: u64) -> Result<String> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    files::retried(|| storage.rename(path, aside.as_ref())).map_err(Error::io("rename", path))?;
    let lost = at.saturating_sub(step);
    Ok(format!("{error}; kept as *.damaged, and the {lost} steps from {step} to {at} are done again"))
}
