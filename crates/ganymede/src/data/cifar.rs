//! CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in the forms that they are published in: the archive or the folder that is in it,
//! binary or for Python.
//!
//! ```text
//! binary    10: label | 3072 bytes      100: coarse | fine | 3072 bytes        red, green, blue, each row by row
//! Python    a pickled dictionary: data, an array [N, 3072] of bytes; labels or fine_labels, a list of N numbers
//! ```
//! A pickle is a program: here it is read as a list of values, and nothing of it is executed.

mod files;
mod pickle;

use std::path::Path;

/// Whether a file that begins like this, once it is decompressed, is an archive.
pub(super) use self::files::is_archive;
use self::{
    files::{Files, Kind},
    pickle::Batch,
};
use super::{ImageSet, Split};
use crate::error::{Error, Result};

const SHAPE: [usize; 3] = [3, 32, 32];
const IMAGE: usize = 3072;
const ADVICE: &str = "fetch the archive again, from where its authors put it";

/// Whether a folder holds the files of one of the archives.
pub(super) fn is_folder(path: &Path) -> bool {
    Kind::ALL.iter().any(|kind| {
        let mut files = kind.files(Split::Train).into_iter().chain(kind.files(Split::Test));
        files.all(|file| path.join(file).is_file())
    })
}

/// Reads one part of CIFAR-10 or CIFAR-100, with the fine labels.
///
/// # Errors
/// [`Error::Io`] where it cannot be opened; [`Error::Data`] where a file is missing, truncated, damaged, or no such file.
pub fn open_cifar(path: &Path, split: Split) -> Result<ImageSet> {
    let Files { kind, images, names } = Files::read(path, split)?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (file, bytes) in &images {
        let place = path.join(file);
        if kind.is_python() {
            let Batch { images, classes } = Batch::read(bytes, kind.labels())
                .map_err(|reason| Error::data(&place, "a pickled batch of images of 3072 bytes", reason, ADVICE))?;
            pixels.extend_from_slice(images);
            labels.extend(classes);
        } else {
            let record = kind.label_bytes() + IMAGE;
            if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
                let got = format!("{} bytes: it is truncated or another file", bytes.len());
                return Err(Error::data(&place, format!("images of {record} bytes each"), got, ADVICE));
            }
            for record in bytes.chunks_exact(record) {
                let (label, image) = record.split_at(kind.label_bytes());
                labels.extend(label.last().map(|label| u32::from(*label)));
                pixels.extend_from_slice(image);
            }
        }
    }
    let classes = names.unwrap_or_else(|| (0..kind.classes()).map(|class| class.to_string()).collect());
    if let Some(label) = labels.iter().find(|label| **label as usize >= classes.len()) {
        let expected = format!("labels below {}", classes.len());
        return Err(Error::data(path, expected, format!("label {label}"), ADVICE));
    }
    Ok(ImageSet::new(kind.name().into(), SHAPE, pixels).labelled(labels, classes))
}

#[cfg(test)]
mod tests;
