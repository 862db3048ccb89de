//! A folder of pictures, or a folder of such folders, one a class.
//!
//! What no picture's extension or a leading dot sets apart is passed over and counted. Links are followed; a folder met twice
//! is read once. A `dataset.json` in the folder gives the labels.

mod scan;

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::Arc,
};

use self::scan::{Scan, scan};
use super::{
    Dataset,
    labels::{self, Labels},
    pictures::{self, Container, Encoded, PictureOptions},
};
use crate::{error::Result, files};

/// Reads all pictures in a folder and the folders below it.
///
/// When every picture lies in one of at least two folders at the top, those folders, sorted, are the classes. Pictures come
/// in the order of their paths.
///
/// # Errors
/// [`crate::Error::Io`] where the folder cannot be listed. [`crate::Error::Data`] where it holds no pictures, more of them are
/// unreadable than is tolerated, or its `dataset.json` does not fit them. [`crate::Error::Setting`] where the size is neither
/// given nor common to all pictures, or makes no sense.
pub fn open_folder(path: &Path, options: &PictureOptions) -> Result<Arc<dyn Dataset>> {
    options.form.check()?;
    pictures::open(Arc::new(Folder::of(path)?), name(path), options)
}

/// The folder's own name, also for paths such as `.`.
pub(super) fn name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole.file_name().map_or_else(|| "folder".into(), |name| name.to_string_lossy().into_owned())
}

/// The pictures of a folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    files: Vec<PathBuf>,
    labels: Labels,
    ignored: usize,
}

impl Folder {
    /// # Errors
    /// [`crate::Error::Io`] where it cannot be listed; [`crate::Error::Data`] where its `dataset.json` does not fit it.
    pub fn of(path: &Path) -> Result<Self> {
        let Scan { files, ignored } = scan(path)?;
        let names: Vec<String> = files.iter().map(|file| relative(path, file)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let json = path.join(labels::FILE);
        let (labels, ignored) = if json.is_file() {
            let text = files::read_whole(&json, labels::MAX_BYTES)?;
            (labels::by_json(&json, &text, &names)?, ignored.saturating_sub(1))
        } else {
            (labels::by_folder(&names), ignored)
        };
        Ok(Folder { path: path.to_owned(), files, labels, ignored })
    }
}

/// The way from the folder to the file, with `/` between its parts.
fn relative(root: &Path, file: &Path) -> String {
    let parts = file.strip_prefix(root).unwrap_or(file).components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

impl Container for Folder {
    fn path(&self) -> &Path {
        &self.path
    }

    fn len(&self) -> usize {
        self.files.len()
    }

    fn name(&self, index: usize) -> PathBuf {
        self.files.get(index).cloned().unwrap_or_default()
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index)
    }

    fn classes(&self) -> &[String] {
        &self.labels.classes
    }

    fn ignored(&self) -> usize {
        self.ignored
    }

    fn open(&self, index: usize) -> Result<Encoded, String> {
        let path = self.files.get(index).ok_or("there is no such picture")?;
        let text = |error: std::io::Error| error.to_string();
        let about = path.metadata().map_err(text)?;
        // to open a pipe would be to wait for whoever writes to it
        if !about.is_file() {
            return Err("it is no regular file".into());
        }
        let file = File::open(path).map_err(text)?;
        Ok(Encoded { reader: Box::new(BufReader::new(file)), length: about.len(), held: 0 })
    }
}
