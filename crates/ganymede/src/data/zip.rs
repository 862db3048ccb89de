//! A ZIP archive of pictures, stored or deflated, with or without a `dataset.json`.
//!
//! ```text
//! dataset.json            gives the labels, where there is one
//! class/.../picture.png   else the first folder does, behind one that all pictures lie in
//! ```
//! Nothing is unpacked to the disk. Nothing is taken on the archive's word: a member is read at most as far as one picture may
//! go, and its checksum is verified. Names that lead elsewhere, names that two members have, and members that lie on top of
//! each other are errors; an encrypted member is a picture that cannot be read.

mod directory;
mod member;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{directory::Directory, member::Member};
use super::{
    Dataset,
    labels::{self, Labels},
    pictures::{self, Container, Encoded, PictureOptions},
};
use crate::error::{Error, Result};

/// What a ZIP archive begins with, and what an empty one does.
const SIGNATURES: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// Whether a file that begins like this is a ZIP archive.
pub(super) fn is_zip(start: &[u8]) -> bool {
    SIGNATURES.iter().any(|signature| start.starts_with(signature))
}

/// Reads the pictures of a ZIP archive, in the order of their names.
///
/// # Errors
/// [`Error::Io`] where the file cannot be opened. [`Error::Data`] where it is no whole archive, a member's name leads
/// elsewhere, it holds no pictures, more of them are unreadable than is tolerated, or its `dataset.json` does not fit them.
/// [`Error::Setting`] where the size is neither given nor common to all pictures, or makes no sense.
pub fn open_zip(path: &Path, options: &PictureOptions) -> Result<Arc<dyn Dataset>> {
    options.form.check()?;
    pictures::open(Arc::new(Archive::of(path)?), name(path), options)
}

/// The file's name without its extension.
pub(super) fn name(path: &Path) -> String {
    path.file_stem().map_or_else(|| "zip".into(), |name| name.to_string_lossy().into_owned())
}

/// The pictures of a ZIP archive.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    file: File,
    members: Vec<Member>,
    labels: Labels,
    ignored: usize,
}

impl Archive {
    /// # Errors
    /// As [`open_zip`], but for what only the pictures' own bytes tell.
    pub fn of(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        let Directory { members, json, ignored } = Directory::read(path, &file)?;
        let names: Vec<&str> = members.iter().map(Member::name).collect();
        let common = common_folder(&names);
        let json = json.into_iter().find(|json| folder_of(json.name()).is_none_or(|folder| Some(folder) == common));
        let labels = match json {
            Some(json) => {
                let place = path.join(json.name());
                let text = json.bytes(&file, labels::MAX_BYTES);
                let text = text.map_err(|reason| Error::data(&place, "a whole file", reason, "pack it again"))?;
                labels::by_json(&place, &text, &below(&names, folder_of(json.name())))?
            }
            None => labels::by_folder(&below(&names, common)),
        };
        drop(names);
        Ok(Archive { path: path.to_owned(), file, members, labels, ignored })
    }

    fn member(&self, index: usize) -> Result<&Member, String> {
        self.members.get(index).ok_or_else(|| "there is no such picture".into())
    }
}

fn folder_of(name: &str) -> Option<&str> {
    name.rsplit_once('/').map(|(folder, _)| folder)
}

/// The first folder on the way to every member, where that is the same one.
fn common_folder<'a>(names: &[&'a str]) -> Option<&'a str> {
    let (folder, _) = names.first()?.split_once('/')?;
    let is_below = |name: &&str| name.split_once('/').is_some_and(|(first, _)| first == folder);
    names.iter().all(is_below).then_some(folder)
}

/// The names as seen from a folder.
fn below<'a>(names: &[&'a str], folder: Option<&str>) -> Vec<&'a str> {
    let inside = |name: &'a str| name.strip_prefix(folder?)?.strip_prefix('/');
    names.iter().map(|name| inside(name).unwrap_or(name)).collect()
}

impl Container for Archive {
    fn path(&self) -> &Path {
        &self.path
    }

    fn len(&self) -> usize {
        self.members.len()
    }

    fn name(&self, index: usize) -> PathBuf {
        self.path.join(self.members.get(index).map(Member::name).unwrap_or_default())
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
        self.member(index)?.open(&self.file)
    }

    fn open_header(&self, index: usize) -> Result<Encoded, String> {
        self.member(index)?.open_header(&self.file)
    }
}

#[cfg(test)]
mod tests;
