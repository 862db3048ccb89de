//! A data set by its name or path.
//!
//! ```text
//! shapes ring8 grid25 two-moons swiss-roll    drawn, no files
//! fashion-mnist mnist                         found or downloaded
//! a folder                                    of pictures, or one a class
//! a file                                      IDX images, with the labels beside it
//! ```
//! Names come first; a folder called `shapes` is `./shapes`.

use std::{path::Path, sync::Arc};

use super::{
    Dataset, FolderOptions, Points, Progress, Shapes, Split, download::PUBLISHED, grid25, idx, open_folder, open_idx,
    ring8, swiss_roll, two_moons,
};
use crate::error::{Error, Result};

/// How a data set is to be read.
#[derive(Clone, Copy, Default)]
pub struct OpenOptions<'a> {
    /// Height and width of the images; their own where not given.
    pub size: Option<usize>,
    /// 1 for grey, 3 for RGB; as the images are where not given.
    pub channels: Option<usize>,
    /// The share of unreadable pictures up to which a folder is used without them; 0.1 % where not given.
    pub tolerate: Option<f64>,
    pub split: Split,
    /// Hears of downloads and of decoding.
    pub progress: Option<Progress<'a>>,
}

type Constructor = fn(Split) -> Points;

const DENSITIES: [(&str, Constructor); 4] =
    [("ring8", ring8), ("grid25", grid25), ("two-moons", two_moons), ("swiss-roll", swiss_roll)];
const SHAPES: &str = "shapes";

/// The names that [`open`] knows beside paths.
pub fn known_names() -> impl Iterator<Item = &'static str> {
    let densities = DENSITIES.iter().map(|(name, _)| *name);
    PUBLISHED.iter().map(|set| set.name).chain([SHAPES]).chain(densities)
}

/// Opens the data set that goes by a name, or that lies at a path.
///
/// # Errors
/// [`Error::UnknownName`] for what is neither; [`Error::Setting`] for a size, channels or split that the data cannot have;
/// [`Error::Data`], [`Error::Io`] and [`Error::Download`] for data that cannot be used, read or fetched.
pub fn open(source: &str, options: &OpenOptions) -> Result<Arc<dyn Dataset>> {
    let OpenOptions { size, channels, tolerate, split, progress } = *options;
    if size == Some(0) {
        return Err(Error::setting("size", "a whole number from 1", 0));
    }
    if let Some(channels) = channels.filter(|channels| ![1, 3].contains(channels)) {
        return Err(Error::setting("channels", "1 (grey) or 3 (RGB)", channels));
    }
    if source == SHAPES {
        return Ok(Arc::new(Shapes::new(split, size.unwrap_or(Shapes::SIZE), channels.unwrap_or(1))?));
    }
    if let Some((name, open)) = DENSITIES.iter().find(|(name, _)| *name == source) {
        for (setting, value) in [("size", size), ("channels", channels)] {
            if let Some(value) = value {
                return Err(Error::setting(setting, format!("none beside '{name}', whose samples are points"), value));
            }
        }
        return Ok(Arc::new(open(split)));
    }
    if let Some(published) = PUBLISHED.iter().find(|set| set.name == source) {
        return Ok(Arc::new(published.open(split, progress)?.converted(size, channels)?));
    }
    let path = Path::new(source);
    if !path.exists() {
        return Err(Error::unknown_name("data set, file or folder", source, known_names()));
    }
    if split == Split::Test {
        return Err(Error::setting("split", "train: a path has no other part", "test"));
    }
    if path.is_dir() {
        return Ok(Arc::new(open_folder(path, &FolderOptions { size, channels, tolerate, progress })?));
    }
    let labels = idx::labels_beside(path);
    Ok(Arc::new(open_idx(path, labels.as_deref())?.converted(size, channels)?))
}

#[cfg(test)]
mod tests;
