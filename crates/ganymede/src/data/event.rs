//! What opening a data set reports while it goes on.

use std::path::PathBuf;

/// Where the events go; they may come from several threads.
pub type Progress<'a> = &'a (dyn Fn(Event<'_>) + Sync);

/// A picture that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub path: PathBuf,
    pub reason: String,
}

/// Something that happened while a data set was being opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Bytes of a file that have arrived.
    Downloaded { file: &'a str, bytes: u64, of: u64 },
    /// Pictures of a folder or an archive that have been decoded.
    Decoded { images: usize, of: usize },
    /// A folder or an archive is read: the pictures that could not be, and the number of files that are no pictures by name.
    LeftOut { unreadable: &'a [Unreadable], ignored: usize },
}
