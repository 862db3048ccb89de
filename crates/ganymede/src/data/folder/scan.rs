//! What a folder holds: the pictures in the order of their paths, and the class of each.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
};

use crate::error::{Error, Result};

/// A file that should be a picture.
#[derive(Debug)]
pub struct Candidate {
    pub path: PathBuf,
    /// The number of the top folder it lies in.
    pub class: Option<u32>,
}

/// The candidates below a folder.
#[derive(Debug)]
pub struct Scan {
    pub files: Vec<Candidate>,
    /// The names of the classes; none where the folders make none.
    pub classes: Vec<String>,
    /// Files that no extension marks as PNG or JPEG, and hidden ones.
    pub ignored: usize,
}

/// Lists the pictures in `root` and below.
pub fn scan(root: &Path) -> Result<Scan> {
    let mut found = Vec::new();
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
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                ignored += 1;
            } else if path.is_dir() {
                folders.push(path);
            } else if is_picture(&path) {
                found.push(path);
            } else {
                ignored += 1;
            }
        }
    }
    found.sort_unstable();

    let tops: Vec<Option<String>> = found.iter().map(|path| top_folder(root, path)).collect();
    let names: BTreeSet<&String> = tops.iter().flatten().collect();
    let labelled = tops.iter().all(Option::is_some) && names.len() > 1;
    let classes: Vec<String> = if labelled { names.into_iter().cloned().collect() } else { Vec::new() };
    let files = found
        .into_iter()
        .zip(&tops)
        .map(|(path, top)| {
            let class = top.as_ref().and_then(|top| classes.binary_search(top).ok()).map(|class| class as u32);
            Candidate { path, class }
        })
        .collect();
    Ok(Scan { files, classes, ignored })
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The first folder on the way from `root` to a file that does not lie in `root` itself.
fn top_folder(root: &Path, path: &Path) -> Option<String> {
    let mut way = path.strip_prefix(root).ok()?.components();
    let first = way.next()?;
    way.next()?;
    Some(first.as_os_str().to_string_lossy().into_owned())
}
