//! The one way in which a run writes files: whole, or not at all.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use crate::error::{Error, Result};

/// Writes `bytes` to `path` by way of a temporary file beside it, which replaces `path` only when it is on the disk.
///
/// # Errors
/// [`Error::Io`]; what was at `path` before is then untouched, and no temporary file is left.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.tmp"));
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|source| {
        // what cannot be removed now is overwritten by the next write of the same name
        let _ = fs::remove_file(&temporary);
        Error::io("write", path)(source)
    })
}
