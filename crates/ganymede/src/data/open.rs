//! A data set by its name or path.
//!
//! ```text
//! shapes ring8 grid25 two-moons swiss-roll    drawn, no files
//! fashion-mnist mnist                         found or downloaded
//! stacked-mnist                               three digits of MNIST in red, green and blue
//! a folder                                    of pictures, or one a class
//! a ZIP archive                               of pictures, or one folder a class, or with a dataset.json
//! an archive or folder of CIFAR               as it is published
//! a file                                      IDX images, with the labels beside it
//! ```
//! What a file is, its first bytes tell.
//! Names come first; a folder called `shapes` is `./shapes`.

use std::{fs::File, io::Read, path::Path, sync::Arc};

use super::{
    Dataset, Form, PictureOptions, Points, Progress, Shapes, Size, Split, cifar, download::PUBLISHED, grid25,
    hold_out::Part, idx, mirrored::Mirrored, open_cifar, open_folder, open_idx, open_zip, ring8, stacked_mnist,
    stacked_mnist::StackedMnist, swiss_roll, two_moons, zip,
};
use crate::error::{Error, Result};

/// How a data set is to be read.
#[derive(Clone, Copy, Default)]
pub struct OpenOptions<'a> {
    /// What the images are to be like; as they are where not given.
    pub form: Form,
    /// Whether every image is there a second time, from right to left.
    pub mirror: bool,
    /// The share of unreadable pictures up to which a folder or an archive is used without them; 0.1 % where not given.
    pub tolerate: Option<f64>,
    /// The share of the samples of a path that is its test part and that no training sees; a path has none where not given.
    pub hold_out: Option<f64>,
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
    PUBLISHED.iter().map(|set| set.name).chain([stacked_mnist::NAME, SHAPES]).chain(densities)
}

/// Opens the data set that goes by a name, or that lies at a path.
///
/// # Errors
/// [`Error::UnknownName`] for what is neither; [`Error::Setting`] for a size, channels or split that the data cannot have;
/// [`Error::Data`], [`Error::Io`] and [`Error::Download`] for data that cannot be used, read or fetched.
pub fn open(source: &str, options: &OpenOptions) -> Result<Arc<dyn Dataset>> {
    let set = match options.hold_out {
        None => open_plain(source, options)?,
        Some(_) if known_names().any(|name| name == source) => {
            let expected = format!("none beside '{source}', which has a test part of its own");
            return Err(Error::setting("hold-out", expected, options.hold_out.unwrap_or_default()));
        }
        Some(share) => {
            let whole = open_plain(source, &OpenOptions { split: Split::Train, ..*options })?;
            Arc::new(Part::of(whole, share, options.split)?)
        }
    };
    Ok(if options.mirror { Arc::new(Mirrored::of(set)?) } else { set })
}

fn open_plain(source: &str, options: &OpenOptions) -> Result<Arc<dyn Dataset>> {
    let OpenOptions { form, tolerate, split, progress, .. } = *options;
    form.check()?;
    if source == SHAPES {
        let size = form.size.unwrap_or(Size::square(Shapes::SIZE));
        let side = size.side().ok_or_else(|| Error::setting("size", "a square for shapes", size))?;
        return Ok(Arc::new(Shapes::new(split, side, form.channels.unwrap_or(1))?));
    }
    if let Some((name, open)) = DENSITIES.iter().find(|(name, _)| *name == source) {
        let given =
            [("size", form.size.map(|size| size.to_string())), ("channels", form.channels.map(|n| n.to_string()))];
        if let Some((setting, value)) = given.into_iter().find_map(|(setting, value)| Some((setting, value?))) {
            return Err(Error::setting(setting, format!("none beside '{name}', whose samples are points"), value));
        }
        return Ok(Arc::new(open(split)));
    }
    if source == stacked_mnist::NAME {
        if let Some(channels) = form.channels.filter(|channels| *channels != 3) {
            return Err(Error::setting("channels", "3, a digit each", channels));
        }
        let grey = Form { channels: Some(1), ..form };
        let mnist = PUBLISHED.iter().find(|set| set.name == "mnist");
        let mnist = mnist.ok_or_else(|| Error::unknown_name("data set", "mnist", known_names()))?;
        return Ok(Arc::new(StackedMnist::new(mnist.open(split, progress)?.converted(&grey)?, split)?));
    }
    if let Some(published) = PUBLISHED.iter().find(|set| set.name == source) {
        return Ok(Arc::new(published.open(split, progress)?.converted(&form)?));
    }
    let path = Path::new(source);
    if !path.exists() {
        return Err(Error::unknown_name("data set, file or folder", source, known_names()));
    }
    let start = if path.is_dir() { Vec::new() } else { start(path)? };
    if if path.is_dir() { cifar::is_folder(path) } else { cifar::is_archive(&start) } {
        return Ok(Arc::new(open_cifar(path, split)?.converted(&form)?));
    }
    if split == Split::Test {
        return Err(Error::setting("split", "train, as a path has no other part without --hold-out", "test"));
    }
    let pictures = PictureOptions { form, tolerate, progress, ..PictureOptions::default() };
    if path.is_dir() {
        return open_folder(path, &pictures);
    }
    if zip::is_zip(&start) {
        return open_zip(path, &pictures);
    }
    let labels = idx::labels_beside(path);
    Ok(Arc::new(open_idx(path, labels.as_deref())?.converted(&form)?))
}

/// What a file begins with.
pub(super) fn start(path: &Path) -> Result<Vec<u8>> {
    const ENOUGH: u64 = 4096;
    let mut start = Vec::new();
    let file = File::open(path).map_err(Error::io("open", path))?;
    file.take(ENOUGH).read_to_end(&mut start).map_err(Error::io("read", path))?;
    Ok(start)
}

#[cfg(test)]
mod tests;
