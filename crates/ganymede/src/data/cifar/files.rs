//! The files of the published archives: their names, and how they are had from an archive or a folder.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::Path,
};

use flate2::read::GzDecoder;

use super::{ADVICE, pickle};
use crate::{
    data::Split,
    error::{Error, Result},
    files::read_whole,
};

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Where a tar archive says what it is.
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");
/// No published file is larger: CIFAR-100's images to train on, for Python, have 155 MB.
const MAX_FILE: u64 = 256 << 20;
const MAX_NAMES: u64 = 1 << 20;
/// No published archive has more.
const MAX_ENTRIES: usize = 1000;

/// The published forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Binary10,
    Binary100,
    Python10,
    Python100,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Binary10, Kind::Binary100, Kind::Python10, Kind::Python100];

    pub fn name(self) -> &'static str {
        if self.classes() == 10 { "cifar10" } else { "cifar100" }
    }

    pub fn classes(self) -> usize {
        match self {
            Kind::Binary10 | Kind::Python10 => 10,
            Kind::Binary100 | Kind::Python100 => 100,
        }
    }

    pub fn is_python(self) -> bool {
        matches!(self, Kind::Python10 | Kind::Python100)
    }

    /// Bytes of labels before an image; the last one counts.
    pub fn label_bytes(self) -> usize {
        if self.classes() == 10 { 1 } else { 2 }
    }

    /// What a pickle calls the labels.
    pub fn labels(self) -> &'static str {
        if self.classes() == 10 { "labels" } else { "fine_labels" }
    }

    /// The files with the images of one part.
    pub fn files(self, split: Split) -> Vec<String> {
        let numbered = |ending: &str| (1..=5).map(|number| format!("data_batch_{number}{ending}")).collect();
        match (self, split) {
            (Kind::Binary10, Split::Train) => numbered(".bin"),
            (Kind::Python10, Split::Train) => numbered(""),
            (Kind::Binary10, Split::Test) => vec!["test_batch.bin".into()],
            (Kind::Python10, Split::Test) => vec!["test_batch".into()],
            (Kind::Binary100, Split::Train) => vec!["train.bin".into()],
            (Kind::Python100, Split::Train) => vec!["train".into()],
            (Kind::Binary100, Split::Test) => vec!["test.bin".into()],
            (Kind::Python100, Split::Test) => vec!["test".into()],
        }
    }

    /// The file with the names of the classes, and what a pickle calls them.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Kind::Binary10 => ("batches.meta.txt", ""),
            Kind::Binary100 => ("fine_label_names.txt", ""),
            Kind::Python10 => ("batches.meta", "label_names"),
            Kind::Python100 => ("meta", "fine_label_names"),
        }
    }
}

/// The files of one part.
#[derive(Debug)]
pub struct Files {
    pub kind: Kind,
    /// Those with images, by name, in their order.
    pub images: Vec<(String, Vec<u8>)>,
    /// The names of the classes, where their file is there and holds as many.
    pub names: Option<Vec<String>>,
}

/// Whether a file, of which this is the beginning, is a tar archive, compressed or not.
pub fn is_archive(start: &[u8]) -> bool {
    let mut plain = Vec::new();
    let room = (TAR_MAGIC.0 + TAR_MAGIC.1.len()) as u64;
    let read = if start.starts_with(&GZIP) {
        // a beginning ends anywhere
        GzDecoder::new(start).take(room).read_to_end(&mut plain)
    } else {
        start.take(room).read_to_end(&mut plain)
    };
    let magic = plain.get(TAR_MAGIC.0..).unwrap_or_default();
    (read.is_ok() || plain.len() as u64 == room) && magic == TAR_MAGIC.1
}

impl Files {
    /// # Errors
    /// [`Error::Io`] where a file cannot be opened; [`Error::Data`] where one is missing, too large or damaged.
    pub fn read(path: &Path, split: Split) -> Result<Self> {
        let found = if path.is_dir() { in_folder(path, split)? } else { in_archive(path, split)? };
        let complete = |kind: &Kind| kind.files(split).iter().all(|name| found.iter().any(|(known, _)| known == name));
        let Some(kind) = Kind::ALL.into_iter().find(complete) else {
            let known = found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            let expected = "the files of CIFAR-10 or CIFAR-100, such as data_batch_1.bin to data_batch_5.bin";
            let got = if known.is_empty() { "none of them".into() } else { format!("only {known}") };
            return Err(Error::data(path, expected, got, ADVICE));
        };
        let (file, key) = kind.names();
        let names = found.iter().find(|(name, _)| name == file).map(|(_, bytes)| class_names(bytes, key));
        let names = names.flatten().filter(|names| names.len() == kind.classes());
        let mut images: Vec<_> = found.into_iter().filter(|(name, _)| kind.files(split).contains(name)).collect();
        images.sort();
        Ok(Files { kind, images, names })
    }
}

/// The names in a text of one a line, or in a pickle under a key.
fn class_names(bytes: &[u8], key: &str) -> Option<Vec<String>> {
    if !key.is_empty() {
        return pickle::texts(bytes, key);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    Some(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// The most bytes that a file of that name may have; nothing for files that are not needed.
fn wanted(name: &str, split: Split) -> Option<u64> {
    let is = |kind: &Kind| kind.files(split).iter().any(|file| file == name);
    let has_names = |kind: &Kind| kind.names().0 == name;
    if Kind::ALL.iter().any(is) { Some(MAX_FILE) } else { Kind::ALL.iter().any(has_names).then_some(MAX_NAMES) }
}

fn in_folder(path: &Path, split: Split) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let (names, _) = kind.names();
        for name in kind.files(split).into_iter().chain([names.to_owned()]) {
            let place = path.join(&name);
            if let Some(limit) = wanted(&name, split).filter(|_| place.is_file()) {
                found.push((name, read_whole(&place, limit)?));
            }
        }
    }
    Ok(found)
}

fn in_archive(path: &Path, split: Split) -> Result<Vec<(String, Vec<u8>)>> {
    let broken = |error: io::Error| {
        let got = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the end of the file: it is truncated".into(),
            _ => error.to_string(),
        };
        Error::data(path, "a whole archive", got, ADVICE)
    };
    let mut file = BufReader::new(File::open(path).map_err(Error::io("open", path))?);
    let mut start = Vec::new();
    file.by_ref().take(GZIP.len() as u64).read_to_end(&mut start).map_err(Error::io("read", path))?;
    let is_compressed = start == GZIP;
    let whole = Cursor::new(start).chain(file);
    let reader: Box<dyn Read> = if is_compressed { Box::new(GzDecoder::new(whole)) } else { Box::new(whole) };
    let mut archive = tar::Archive::new(reader);
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    for (number, entry) in archive.entries().map_err(broken)?.enumerate() {
        let entry = entry.map_err(broken)?;
        if number == MAX_ENTRIES {
            return Err(Error::data(path, format!("at most {MAX_ENTRIES} files"), "more", ADVICE));
        }
        let name = entry.path_bytes();
        let name = String::from_utf8_lossy(name.rsplit(|byte| *byte == b'/').next().unwrap_or_default()).into_owned();
        let Some(limit) = wanted(&name, split) else { continue };
        if found.iter().any(|(known, _)| *known == name) {
            return Err(Error::data(path.join(&name), "one file of that name", "two", ADVICE));
        }
        if entry.size() > limit {
            let got = format!("{}", entry.size());
            return Err(Error::data(path.join(&name), format!("at most {limit} bytes"), got, ADVICE));
        }
        let size = entry.size();
        let mut bytes = Vec::new();
        entry.take(limit).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 != size {
            return Err(Error::data(path.join(&name), format!("{size} bytes"), bytes.len(), ADVICE));
        }
        found.push((name, bytes));
    }
    // the checksum stands behind everything
    io::copy(&mut archive.into_inner().take(MAX_FILE), &mut io::sink()).map_err(broken)?;
    Ok(found)
}
