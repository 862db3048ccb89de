//! The directory at the end of a ZIP archive, entry by entry, and what an entry must not be.

use std::{collections::HashSet, fs::File, io::BufReader, path::Path};

use zip::{
    CompressionMethod,
    read::{Config, ZipFileEntry},
    result::ZipError,
    unstable::read::ZipIterable,
};

use super::member::{Coding, Member};
use crate::{
    data::{labels, pictures::is_picture},
    error::{Error, Result},
};

/// An archive of more members is refused.
const MAX_MEMBERS: usize = 4_000_000;
/// What archives of macOS have beside the files.
const MACOS: &str = "__MACOSX";
const ADVICE: &str = "pack the pictures again, or unpack them and give the folder";

/// What the archive holds, by the order of names.
#[derive(Debug, Default)]
pub struct Directory {
    /// Those that should be pictures.
    pub members: Vec<Member>,
    /// Every `dataset.json`, the shortest way first.
    pub json: Vec<Member>,
    /// Members that no extension marks as pictures, and hidden ones.
    pub ignored: usize,
}

impl Directory {
    /// # Errors
    /// [`Error::Data`] where it is not whole, or an entry is one that no honest archive has.
    pub fn read(path: &Path, file: &File) -> Result<Self> {
        let broken = |error: ZipError| {
            let got = format!("one that cannot be read ({error}): it is truncated or damaged");
            Error::data(path, "a whole ZIP archive", got, ADVICE)
        };
        let refuse = |name: &str, what: String| Err(Error::data(path.join(name), "an honest archive", what, ADVICE));
        let length = file.metadata().map_err(Error::io("read", path))?.len();
        let copy = file.try_clone().map_err(Error::io("read", path))?;
        let mut archive = ZipIterable::try_new(BufReader::new(copy), Config::default()).map_err(broken)?;
        if archive.len() > MAX_MEMBERS {
            return refuse("", format!("{} members, more than {MAX_MEMBERS}", archive.len()));
        }
        let mut directory = Directory::default();
        let mut names: HashSet<u128> = HashSet::new();
        let mut claimed = 0u64;
        for entry in archive.files().map_err(broken)? {
            let entry = entry.map_err(broken)?;
            // what is no text comes with a mark in its place
            let name = entry.name().unwrap_or_else(|_| String::from_utf8_lossy(entry.name_raw()));
            if let Some(what) = trick(&name) {
                // what is shown must not be taken for a path itself
                return refuse("", format!("a member named {name:?}, which {what}"));
            }
            if name.ends_with('/') {
                continue;
            }
            if !names.insert(digest(&name)) {
                return refuse(&name, "two members of that name".into());
            }
            claimed = claimed.saturating_add(entry.compressed_size());
            if claimed > length {
                return refuse(&name, format!("members that lie on top of each other, or beyond its {length} bytes"));
            }
            directory.add(member(&entry, &name));
        }
        directory.members.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        directory.json.sort_unstable_by_key(|json| json.name.len());
        Ok(directory)
    }

    fn add(&mut self, member: Member) {
        let is_hidden = member.name.split('/').any(|part| part.starts_with('.') || part == MACOS);
        let file = member.name.rsplit('/').next().unwrap_or_default();
        if !is_hidden && file == labels::FILE {
            self.json.push(member);
        } else if !is_hidden && is_picture(file) {
            self.members.push(member);
        } else {
            self.ignored += 1;
        }
    }
}

fn member(entry: &ZipFileEntry, name: &str) -> Member {
    let coding = match entry.compression() {
        _ if entry.encrypted() => Coding::Encrypted,
        CompressionMethod::Stored => Coding::Stored,
        CompressionMethod::Deflated => Coding::Deflated,
        _ => Coding::Other,
    };
    Member {
        name: name.strip_prefix("./").unwrap_or(name).into(),
        coding,
        header: entry.header_start(),
        compressed: entry.compressed_size(),
        size: entry.size(),
        checksum: entry.crc32(),
    }
}

/// What a name does that no name of a picture has to do.
fn trick(name: &str) -> Option<&'static str> {
    let mut start = name.chars();
    let is_drive = start.next().is_some_and(|letter| letter.is_ascii_alphabetic()) && start.next() == Some(':');
    if name.is_empty() {
        Some("is empty")
    } else if name.contains('\0') {
        Some("holds a NUL")
    } else if name.contains(char::REPLACEMENT_CHARACTER) {
        Some("is no text")
    } else if name.contains('\\') {
        Some("holds a backslash, where archives have /")
    } else if name.starts_with('/') || is_drive {
        Some("is an absolute path")
    } else if name.split('/').any(|part| part == "..") {
        Some("leads out of the archive")
    } else {
        None
    }
}

/// Sixteen bytes that stand for a name: no two names have the same.
fn digest(name: &str) -> u128 {
    let name = name.strip_prefix("./").unwrap_or(name);
    let mut bytes = [0; 16];
    blake3::Hasher::new().update(name.as_bytes()).finalize_xof().fill(&mut bytes);
    u128::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_told_from_those_that_do_not() {
        for name in ["", "/etc/a.png", "../a.png", "a/../b.png", "a/..", "C:a.png", "c:/a.png", "a\\b.png", "a\0.png"] {
            assert!(trick(name).is_some(), "{name:?}");
        }
        for name in ["a.png", "a/b..png", "...png", "./a.png", "é/日本.png", "a:b.png/c", "a b"] {
            assert_eq!(trick(name).is_some(), name.starts_with("a:"), "{name:?}");
        }
    }
}
