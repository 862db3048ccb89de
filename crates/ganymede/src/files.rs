//! The one way in which a run writes files: whole, or not at all.
//!
//! ```text
//! create .name.tmp -> write -> sync -> rename to name -> sync the directory
//! ```

use std::{
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    storage::{Disk, Storage, StoredFile},
};

/// How often a call that a signal interrupted is tried again.
const INTERRUPTIONS: usize = 100;

/// Writes `bytes` to `path` by way of a temporary file beside it, which replaces `path` only when it is on the disk.
///
/// # Errors
/// [`Error::Io`]; `path` is then whole, in its old state or its new one, and the temporary file is removed if it can be.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(&Disk, path, bytes)
}

/// As [`write_atomically`], on any storage.
pub(crate) fn replace(storage: &dyn Storage, path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary(path);
    let write = || -> io::Result<()> {
        let mut file = retried(|| storage.create(&temporary))?;
        write_all(&mut *file, bytes)?;
        retried(|| file.sync())?;
        drop(file);
        retried(|| storage.rename(&temporary, path))?;
        retried(|| storage.sync_directory(parent(path)))
    };
    write().map_err(|source| {
        // what cannot be removed now is removed when the run is started again
        let _ = storage.remove(&temporary);
        Error::io("write", path)(source)
    })
}

/// As [`write_atomically`], for what is too large to be held: `write` writes the temporary file, whose errors are passed on.
///
/// # Errors
/// Those of `write`, and [`Error::Io`]; `path` is then whole, in its old state or its new one.
pub(crate) fn replace_by(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let temporary = temporary(path);
    let written = || -> Result<()> {
        let io = |error| Error::io("write", path)(error);
        let mut file = BufWriter::new(File::create(&temporary).map_err(io)?);
        write(&mut file)?;
        file.into_inner().map_err(|error| io(error.into_error()))?.sync_all().map_err(io)?;
        std::fs::rename(&temporary, path).map_err(io)?;
        retried(|| Disk.sync_directory(parent(path))).map_err(io)
    };
    written().inspect_err(|_| {
        let _ = std::fs::remove_file(&temporary);
    })
}

/// Writes `bytes` behind the end of `path`. They may be lost in a crash until [`sync`].
///
/// # Errors
/// [`Error::Io`]; some of the bytes may then be there.
pub(crate) fn append(storage: &dyn Storage, path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || write_all(&mut *retried(|| storage.append(path))?, bytes);
    write().map_err(Error::io("write", path))
}

/// Makes what was appended to `path` outlive a crash, if its name does.
///
/// # Errors
/// [`Error::Io`] when it cannot be.
pub(crate) fn sync(storage: &dyn Storage, path: &Path) -> Result<()> {
    let sync = || {
        let mut file = retried(|| storage.append(path))?;
        retried(|| file.sync())
    };
    sync().map_err(Error::io("write", path))
}

/// Makes the names in the directory outlive a crash.
///
/// # Errors
/// [`Error::Io`] when they cannot be.
pub(crate) fn sync_directory(storage: &dyn Storage, path: &Path) -> Result<()> {
    retried(|| storage.sync_directory(path)).map_err(Error::io("write", path))
}

/// The whole file, or nothing where there is none.
///
/// # Errors
/// [`Error::Io`] when it cannot be read or is larger than `limit`.
pub(crate) fn read(storage: &dyn Storage, path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    match retried(|| storage.read(path, limit)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Error::io("read", path)),
    }
}

/// The whole file; it may come from anywhere, so no more than `limit` bytes are taken on its word.
///
/// # Errors
/// [`Error::Io`] when it is not there, cannot be read or is larger than `limit`.
pub fn read_whole(path: &Path, limit: u64) -> Result<Vec<u8>> {
    retried(|| Disk.read(path, limit)).map_err(Error::io("read", path))
}

/// # Errors
/// [`Error::Io`] when the directory cannot be read.
pub(crate) fn list(storage: &dyn Storage, path: &Path) -> Result<Vec<PathBuf>> {
    retried(|| storage.list(path)).map_err(Error::io("read", path))
}

/// # Errors
/// [`Error::Io`] when the file cannot be removed; that it is not there is none.
pub(crate) fn remove(storage: &dyn Storage, path: &Path) -> Result<()> {
    match retried(|| storage.remove(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(Error::io("remove", path)),
    }
}

/// Where `path` is written before it is whole.
fn temporary(path: &Path) -> PathBuf {
    path.with_file_name(format!(".{}.tmp", path.file_name().unwrap_or_default().to_string_lossy()))
}

/// Whether a file is what [`temporary`] names, left over by a process that ended in the middle of a write.
pub(crate) fn is_temporary(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with('.') && name.ends_with(".tmp"))
}

/// The directory that the name of `path` is in.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write_all(file: &mut dyn StoredFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = retried(|| file.write(bytes))?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// The result of `call`, tried again where a signal interrupted it: it has then done nothing.
pub(crate) fn retried<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 0..INTERRUPTIONS {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
    call()
}
