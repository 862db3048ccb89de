//! A folder of PNG and JPEG pictures, or a folder of such folders, one a class.
//!
//! ```text
//! cut out the middle square -> turn as EXIF says -> lay on white -> resize (Lanczos 3) -> bytes
//! ```
//! Pictures are decoded once, in parallel, and kept in memory. What no PNG or JPEG extension or a leading dot sets apart is
//! passed over and counted; a few unreadable pictures are left out and reported, many are an error.

mod decode;
mod memory;
mod scan;

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use rayon::prelude::*;

use self::{
    decode::{Header, decode, header},
    scan::{Scan, scan},
};
use super::{
    event::{Event, Progress, Unreadable},
    image_set::{ImageSet, MAX_BYTES, pixel_bytes},
};
use crate::error::{Error, Result};

/// The share of unreadable pictures up to which a folder is used without them, unless told otherwise.
pub(crate) const TOLERATED: f64 = 0.001;
/// Unreadable pictures that an error lists.
const LISTED: usize = 5;
/// Pictures between two reports.
const REPORT_EVERY: usize = 256;
/// The largest side that pictures are resized to.
const MAX_SIZE: usize = 4096;

/// How the pictures of a folder are to be.
#[derive(Clone, Copy, Default)]
pub struct FolderOptions<'a> {
    /// Height and width. Where not given, the common size of pictures that are all square and of one size.
    pub size: Option<usize>,
    /// 1 for grey, 3 for RGB. Where not given, RGB unless all files are grey ones.
    pub channels: Option<usize>,
    /// The share of unreadable pictures up to which the folder is used without them; 0.1 % where not given.
    pub tolerate: Option<f64>,
    pub progress: Option<Progress<'a>>,
}

/// Reads all PNG and JPEG pictures in a folder and the folders below it.
///
/// When every picture lies in one of at least two folders at the top, those folders, sorted, are the classes. Pictures come
/// in the order of their paths. Links are followed; a folder met twice is read once.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be listed. [`Error::Data`] where it holds no pictures, more of them are unreadable
/// than is tolerated, or they are more than fits in memory. [`Error::Setting`] where the size is neither given nor common to all
/// pictures, or makes no sense.
pub fn open_folder(path: &Path, options: &FolderOptions) -> Result<ImageSet> {
    if let Some(size) = options.size.filter(|size| !(1..=MAX_SIZE).contains(size)) {
        return Err(Error::setting("size", format!("1..={MAX_SIZE}"), size));
    }
    if let Some(channels) = options.channels.filter(|channels| ![1, 3].contains(channels)) {
        return Err(Error::setting("channels", "1 (grey) or 3 (RGB)", channels));
    }
    let found = scan(path)?;
    if found.files.is_empty() {
        let got = format!("none among {} files", found.ignored);
        return Err(Error::data(path, "PNG or JPEG pictures", got, "put pictures there, or give another folder"));
    }
    let headers: Vec<Result<Header, String>> = found.files.par_iter().map(|file| header(&file.path)).collect();
    let mut unreadable: Vec<Unreadable> = Vec::new();
    let (mut files, mut known) = (Vec::new(), Vec::new());
    for (file, header) in found.files.iter().zip(headers) {
        match header {
            Ok(header) => {
                files.push(file);
                known.push(header);
            }
            Err(reason) => unreadable.push(Unreadable { path: file.path.clone(), reason }),
        }
    }
    check_unreadable(path, &unreadable, found.files.len(), options)?;
    let size = options.size.map_or_else(|| common_size(path, &known), Ok)?;
    let channels = options.channels.unwrap_or(if known.iter().all(|header| header.grey) { 1 } else { 3 });
    let shape = [channels, size, size];
    let sample = channels * size * size;
    let Some(bytes) = pixel_bytes(files.len() as u64, shape) else {
        let expected = format!("at most {MAX_BYTES} bytes of pixels in memory");
        let got = format!("{} pictures of {channels}x{size}x{size}", files.len());
        return Err(Error::data(path, expected, got, "ask for a smaller size"));
    };

    let mut pixels = vec![0; bytes];
    let done = AtomicUsize::new(0);
    let outcomes: Vec<Result<(), String>> = pixels
        .par_chunks_exact_mut(sample)
        .zip(&files)
        .map(|(out, file)| {
            let outcome = decode(&file.path, size, out);
            let images = done.fetch_add(1, Ordering::Relaxed) + 1;
            if let Some(report) =
                options.progress.filter(|_| images.is_multiple_of(REPORT_EVERY) || images == files.len())
            {
                report(Event::Decoded { images, of: files.len() });
            }
            outcome
        })
        .collect();
    let mut labels = Vec::with_capacity(files.len());
    for (place, (file, outcome)) in files.iter().zip(outcomes).enumerate() {
        match outcome {
            Ok(()) => {
                // close the gaps that unreadable pictures leave
                pixels.copy_within(place * sample..(place + 1) * sample, labels.len() * sample);
                labels.push(file.class);
            }
            Err(reason) => unreadable.push(Unreadable { path: file.path.clone(), reason }),
        }
    }
    pixels.truncate(labels.len() * sample);
    check_unreadable(path, &unreadable, found.files.len(), options)?;
    if let Some(report) = options.progress {
        report(Event::LeftOut { unreadable: &unreadable, ignored: found.ignored });
    }
    Ok(with_labels(ImageSet::new(name(path), shape, pixels), labels, found))
}

fn with_labels(set: ImageSet, labels: Vec<Option<u32>>, found: Scan) -> ImageSet {
    match labels.into_iter().collect::<Option<Vec<u32>>>() {
        Some(labels) if !found.classes.is_empty() => set.labelled(labels, found.classes),
        _ => set,
    }
}

/// The folder's own name, also for paths such as `.`.
fn name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole.file_name().map_or_else(|| "folder".into(), |name| name.to_string_lossy().into_owned())
}

fn check_unreadable(path: &Path, unreadable: &[Unreadable], of: usize, options: &FolderOptions) -> Result<()> {
    let tolerated = options.tolerate.unwrap_or(TOLERATED);
    if unreadable.len() as f64 <= tolerated * of as f64 && unreadable.len() < of {
        return Ok(());
    }
    let first = unreadable.iter().take(LISTED).map(|bad| format!("{}: {}", bad.path.display(), bad.reason));
    let mut got = format!("{} of {of} that cannot: {}", unreadable.len(), first.collect::<Vec<_>>().join("; "));
    if unreadable.len() > LISTED {
        got.push_str("; ...");
    }
    let expected = format!("PNG or JPEG pictures that can be read, all but {} %", 100.0 * tolerated);
    Err(Error::data(path, expected, got, "repair or remove those files, or tolerate more of them"))
}

fn common_size(path: &Path, headers: &[Header]) -> Result<usize> {
    let sizes = || headers.iter().map(|header| (header.width, header.height));
    let first = sizes().next().unwrap_or((0, 0));
    if first.0 == first.1 && sizes().all(|size| size == first) {
        return Ok(first.0 as usize);
    }
    let other = sizes().find(|size| *size != first);
    let also = other.map_or(String::new(), |(w, h)| format!(" and {w}x{h}"));
    let got = format!("none, and {} holds pictures of {}x{}{also}", path.display(), first.0, first.1);
    Err(Error::setting("size", "a number, as the pictures are not all square and of one size", got))
}

#[cfg(test)]
mod tests;
