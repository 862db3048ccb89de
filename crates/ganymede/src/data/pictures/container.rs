//! Where encoded pictures lie: the files of a folder, or the members of an archive.

use std::{
    fmt::Debug,
    io::{BufRead, Seek},
    path::{Path, PathBuf},
};

/// A file, or what is like one.
pub trait ReadSeek: BufRead + Seek {}

impl<T: BufRead + Seek> ReadSeek for T {}

/// An encoded picture, open to be read.
pub struct Encoded {
    pub reader: Box<dyn ReadSeek>,
    /// How many bytes it has.
    pub length: u64,
    /// How many of them are held in memory while it is read.
    pub held: u64,
}

/// Encoded pictures by number. They can be read in any order and from any thread.
pub trait Container: Debug + Send + Sync {
    /// The folder or archive, for messages.
    fn path(&self) -> &Path;

    /// How many pictures there are.
    fn len(&self) -> usize;

    /// What picture `index` is called in messages.
    fn name(&self, index: usize) -> PathBuf;

    /// The class of picture `index`, where there are classes.
    fn label(&self, index: usize) -> Option<u32>;

    /// The names of the classes; none where the pictures have no labels.
    fn classes(&self) -> &[String];

    /// Files that are no pictures by their name.
    fn ignored(&self) -> usize;

    /// Opens picture `index`, or says why it cannot be opened.
    fn open(&self, index: usize) -> Result<Encoded, String>;

    /// The first bytes of picture `index`, as many as its header takes; all of it where that is little.
    fn open_header(&self, index: usize) -> Result<Encoded, String> {
        self.open(index)
    }
}
