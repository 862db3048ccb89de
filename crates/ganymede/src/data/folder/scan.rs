//! What a folder holds: the pictures, in the order of their paths.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    data::pictures::is_picture,
    error::{Error, Result},
};

/// The files below a folder.
#[derive(Debug)]
pub struct Scan {
    /// Those that should be pictures.
    pub files: Vec<PathBuf>,
    /// Files that no extension marks as pictures, and hidden ones.
    pub ignored: usize,
}

/// Lists the pictures in `root` and below.
pub fn scan(root: &Path) -> Result<Scan> {
    let mut files = Vec::new();
    let mut ignored = 0;
    // by their real paths, so that links in a circle end
    let mut seen = HashSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        if !seen.insert(folder.canonicalize().map_err(Error::io("open", &folder))?) {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
            let entry = entry.map_err(Error::io("list", &folder))?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if name.starts_with('.') {
                ignored += 1;
            } else if path.is_dir() {
                folders.push(path);
            } else if is_picture(&name) {
                files.push(path);
            } else {
                ignored += 1;
            }
        }
    }
    files.sort_unstable();
    Ok(Scan { files, ignored })
}
