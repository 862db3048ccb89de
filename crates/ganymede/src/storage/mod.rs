//! The disk as a run sees it: one small trait, so that a test can put a disk in its place that fails, tears and forgets.

mod disk;
#[cfg(test)]
pub(crate) mod simulated;

use std::{
    any::Any,
    fmt::Debug,
    io,
    path::{Path, PathBuf},
};

pub(crate) use disk::Disk;

/// All that a run does to files. What an operating system may forget in a crash is forgotten here too: bytes until
/// [`StoredFile::sync`], names until [`Storage::sync_directory`].
pub(crate) trait Storage: Debug + Send + Sync {
    /// A new, empty file, in place of what was there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>>;

    /// The file, made where there is none, to be written behind its end.
    fn append(&self, path: &Path) -> io::Result<Box<dyn StoredFile>>;

    /// Gives `from` the name `to`, in place of what was there, in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes what was created, renamed and removed in the directory outlive a crash.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;

    /// Makes the directory and those above it, where they are missing; they outlive a crash.
    fn create_directory(&self, path: &Path) -> io::Result<()>;

    /// The files in the directory, in no particular order.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// The whole file; an error, before anything is allocated, where it is larger than `limit`.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Locks the file until the result is dropped or the process ends, however it ends. Nothing where another holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send>>>;
}

/// A file that is open for writing.
pub(crate) trait StoredFile {
    /// Writes some of `bytes` and says how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Makes what was written outlive a crash.
    fn sync(&mut self) -> io::Result<()>;
}

/// What [`Storage::read`] answers for a file beyond its limit.
fn too_large(length: u64, limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has {length} bytes, more than the {limit} that are read"))
}
