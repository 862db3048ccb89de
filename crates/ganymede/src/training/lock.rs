//! The lock of a run directory: one process at a time writes to it.
//!
//! The operating system drops a lock with the process that held it, so no lock outlives its holder. Who that was stands in
//! a file of its own: a lock that is free while the file is there was held by a process that was killed.

use std::{
    any::Any,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    files,
    storage::Storage,
};

const LOCK: &str = ".lock";
const HOLDER: &str = ".holder.json";
const MAX_HOLDER_BYTES: u64 = 4096;

/// A held lock, until it is dropped.
#[derive(Debug)]
pub(crate) struct RunLock {
    storage: Arc<dyn Storage>,
    holder: PathBuf,
    /// The process that held it before and ended without giving it back.
    pub taken_over: Option<Holder>,
    _lock: Box<dyn Any + Send>,
}

/// Who holds a lock.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Holder {
    process: u32,
    host: String,
    /// Seconds since 1970.
    since: u64,
}

impl RunLock {
    /// # Errors
    /// [`Error::Run`] naming the holder, where there is one; [`Error::Io`] where the files cannot be written.
    pub fn take(storage: &Arc<dyn Storage>, directory: &Path) -> Result<Self> {
        let (path, holder) = (directory.join(LOCK), directory.join(HOLDER));
        let lock = files::retried(|| storage.lock(&path)).map_err(Error::io("lock", &path))?;
        let known = files::read(&**storage, &holder, MAX_HOLDER_BYTES);
        let known: Option<Holder> = known.ok().flatten().and_then(|text| serde_json::from_slice(&text).ok());
        let Some(lock) = lock else {
            let who = known.map_or("another process".to_owned(), |holder| holder.to_string());
            return Err(Error::Run {
                path: directory.to_owned(),
                reason: format!("{who} is writing to it"),
                advice: "end that run first, or name another directory".into(),
            });
        };
        let text = serde_json::to_vec(&Holder::this_process()).unwrap_or_default();
        files::replace(&**storage, &holder, &text)?;
        Ok(RunLock { storage: Arc::clone(storage), holder, taken_over: known, _lock: lock })
    }
}

/// Whether a process holds the lock of `directory`.
///
/// # Errors
/// [`Error::Io`] when it cannot be looked at.
pub(crate) fn is_held(storage: &dyn Storage, directory: &Path) -> Result<bool> {
    let path = directory.join(LOCK);
    // looking at a lock makes its file, and what is only looked at is left as it is
    if !files::list(storage, directory)?.contains(&path) {
        return Ok(false);
    }
    Ok(files::retried(|| storage.lock(&path)).map_err(Error::io("lock", &path))?.is_none())
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // what stays is taken for the trace of a killed process, and does no harm
        let _ = self.storage.remove(&self.holder);
    }
}

impl Holder {
    fn this_process() -> Self {
        Holder { process: std::process::id(), host: host(), since: now().as_secs() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let minutes = now().as_secs().saturating_sub(self.since) / 60;
        write!(f, "process {} on {}, started {minutes} minutes ago,", self.process, self.host)
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn host() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = kernel.or_else(|| ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|name| std::env::var(name).ok()));
    named.map_or("an unnamed host".into(), |name| name.trim().to_owned())
}
