//! Encoded pictures as samples, whether they lie in a folder or in an archive.
//!
//! ```text
//! headers -> size and channels -> every picture decoded once
//!     those that fit are kept as bytes; of a larger set nothing is kept, and training decodes ahead of itself
//! ```
//! A few unreadable pictures are left out and reported, many are an error.

mod container;
mod decode;
mod memory;
mod resample;
mod streamed;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::*;

use self::streamed::StreamedSet;
pub(super) use self::{
    container::{Container, Encoded},
    decode::{About, Header, about, decode, header},
    memory::MAX_MEMORY,
    resample::{Pixels, into_planes, recoloured},
};
use super::{
    Dataset, Form, Size,
    event::{Event, Progress, Unreadable},
    form::Target,
    image_set::{ImageSet, pixel_bytes},
};
use crate::error::{Error, Result};

/// The share of unreadable pictures up to which a set is used without them, unless told otherwise.
pub(crate) const TOLERATED: f64 = 0.001;
/// The most bytes of pixels that are kept in memory, unless told otherwise: a larger set is decoded while it is trained on.
pub(crate) const KEPT: u64 = 256 << 20;
/// The extensions of the pictures that are read.
pub(super) const EXTENSIONS: [&str; 6] = ["png", "jpg", "jpeg", "webp", "gif", "bmp"];
/// Those formats, for messages.
pub(super) const FORMATS: &str = "PNG, JPEG, WebP, GIF or BMP pictures";
/// Unreadable pictures that an error lists.
const LISTED: usize = 5;
/// Pictures between two reports.
const REPORT_EVERY: usize = 256;

/// How the pictures of a folder or an archive are to be.
#[derive(Clone, Copy, Default)]
pub struct PictureOptions<'a> {
    /// The size is the common one of the pictures where it is not given; channels are those of RGB unless all files are grey.
    pub form: Form,
    /// The share of unreadable pictures up to which the set is used without them; 0.1 % where not given.
    pub tolerate: Option<f64>,
    /// The most bytes of pixels that are kept in memory; 256 MiB where not given.
    pub kept: Option<u64>,
    pub progress: Option<Progress<'a>>,
}

/// Whether a file of that name is a picture.
pub(super) fn is_picture(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or("");
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The pictures of `container` as a set called `name`.
///
/// # Errors
/// [`Error::Data`] where there are no pictures, or more of them are unreadable than is tolerated; [`Error::Setting`] where the
/// size is neither given nor common to all pictures, or makes no sense.
pub(super) fn open(container: Arc<dyn Container>, name: String, options: &PictureOptions) -> Result<Arc<dyn Dataset>> {
    options.form.check()?;
    let of = container.len();
    if of == 0 {
        let got = format!("none among {} files", container.ignored());
        return Err(Error::data(container.path(), FORMATS, got, "put pictures there, or give another place"));
    }
    let headers: Vec<Result<Header, String>> =
        (0..of).into_par_iter().map(|index| header(&*container, index)).collect();
    let mut unreadable: Vec<Unreadable> = Vec::new();
    let (mut indices, mut known) = (Vec::with_capacity(of), Vec::with_capacity(of));
    for (index, header) in headers.into_iter().enumerate() {
        match header {
            Ok(header) => {
                indices.push(index);
                known.push(header);
            }
            Err(reason) => unreadable.push(Unreadable { path: container.name(index), reason }),
        }
    }
    check_unreadable(container.path(), &unreadable, of, options)?;
    let target = target(container.path(), &known, &options.form)?;
    drop(known);
    let kept =
        pixel_bytes(indices.len() as u64, target.shape()).filter(|bytes| *bytes as u64 <= options.kept.unwrap_or(KEPT));
    let reporter = Reporter { done: AtomicUsize::new(0), of: indices.len(), progress: options.progress };
    let (whole, broken, pixels) = match kept {
        Some(bytes) => decode_all(&*container, &indices, &target, bytes, &reporter),
        None => {
            let (whole, broken) = check_all(&*container, &indices, &target, &reporter);
            (whole, broken, None)
        }
    };
    unreadable.extend(broken);
    check_unreadable(container.path(), &unreadable, of, options)?;
    if let Some(report) = options.progress {
        report(Event::LeftOut { unreadable: &unreadable, ignored: container.ignored() });
    }
    let Some(pixels) = pixels else {
        return Ok(Arc::new(StreamedSet::new(name, container, whole, target)));
    };
    let set = ImageSet::new(name, target.shape(), pixels);
    let labels: Option<Vec<u32>> = whole.iter().map(|index| container.label(*index as usize)).collect();
    Ok(Arc::new(match labels {
        Some(labels) if !container.classes().is_empty() => set.labelled(labels, container.classes().to_vec()),
        _ => set,
    }))
}

/// Tells how far decoding has come.
struct Reporter<'a> {
    done: AtomicUsize,
    of: usize,
    progress: Option<Progress<'a>>,
}

impl Reporter<'_> {
    fn one_more(&self) {
        let images = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(report) = self.progress.filter(|_| images.is_multiple_of(REPORT_EVERY) || images == self.of) {
            report(Event::Decoded { images, of: self.of });
        }
    }
}

/// The pictures that could be read by number, those that could not, and where they are kept, the bytes of the former.
type Decoded = (Vec<u32>, Vec<Unreadable>, Option<Vec<u8>>);

/// Decodes the pictures into `bytes` bytes.
fn decode_all(
    container: &dyn Container,
    indices: &[usize],
    target: &Target,
    bytes: usize,
    reporter: &Reporter,
) -> Decoded {
    let sample = target.sample();
    let mut pixels = vec![0; bytes];
    let outcomes: Vec<Result<(), String>> = pixels
        .par_chunks_exact_mut(sample)
        .zip(indices)
        .map(|(out, index)| {
            let outcome = decode(container, *index, target, out);
            reporter.one_more();
            outcome
        })
        .collect();
    let (whole, broken) = parted(container, indices, &outcomes);
    let mut kept = 0;
    for (place, _) in outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_ok()) {
        // close the gaps that unreadable pictures leave
        pixels.copy_within(place * sample..(place + 1) * sample, kept * sample);
        kept += 1;
    }
    pixels.truncate(kept * sample);
    (whole, broken, Some(pixels))
}

/// Decodes the pictures and keeps nothing of them: so that those which cannot be read are known before training begins.
fn check_all(
    container: &dyn Container,
    indices: &[usize],
    target: &Target,
    reporter: &Reporter,
) -> (Vec<u32>, Vec<Unreadable>) {
    let check = |room: &mut Vec<u8>, index: &usize| {
        let outcome = decode(container, *index, target, room);
        reporter.one_more();
        outcome
    };
    let outcomes: Vec<Result<(), String>> = indices.par_iter().map_init(|| vec![0; target.sample()], check).collect();
    parted(container, indices, &outcomes)
}

fn parted(
    container: &dyn Container,
    indices: &[usize],
    outcomes: &[Result<(), String>],
) -> (Vec<u32>, Vec<Unreadable>) {
    let (mut whole, mut broken) = (Vec::with_capacity(indices.len()), Vec::new());
    for (index, outcome) in indices.iter().zip(outcomes) {
        match outcome {
            Ok(()) => whole.push(*index as u32),
            Err(reason) => broken.push(Unreadable { path: container.name(*index), reason: reason.clone() }),
        }
    }
    (whole, broken)
}

fn check_unreadable(path: &Path, unreadable: &[Unreadable], of: usize, options: &PictureOptions) -> Result<()> {
    let tolerated = options.tolerate.unwrap_or(TOLERATED);
    if unreadable.len() as f64 <= tolerated * of as f64 && unreadable.len() < of {
        return Ok(());
    }
    let first = unreadable.iter().take(LISTED).map(|bad| format!("{}: {}", bad.path.display(), bad.reason));
    let mut got = format!("{} of {of} that cannot: {}", unreadable.len(), first.collect::<Vec<_>>().join("; "));
    if unreadable.len() > LISTED {
        got.push_str("; ...");
    }
    let expected = format!("{FORMATS} that can be read, all but {} %", 100.0 * tolerated);
    Err(Error::data(path, expected, got, "repair or remove those files, or tolerate more of them"))
}

/// What the pictures become.
fn target(path: &Path, headers: &[Header], form: &Form) -> Result<Target> {
    let size = form.size.map_or_else(|| common_size(path, headers), Ok)?;
    size.check()?;
    let channels = if headers.iter().all(|header| header.grey) { 1 } else { 3 };
    Ok(Target::of(form, size, channels))
}

fn common_size(path: &Path, headers: &[Header]) -> Result<Size> {
    let sizes = || headers.iter().map(|header| (header.width, header.height));
    let first = sizes().next().unwrap_or((0, 0));
    match sizes().find(|size| *size != first) {
        None => Ok(Size { width: first.0 as usize, height: first.1 as usize }),
        Some((w, h)) => {
            let got = format!("none, and {} holds pictures of {}x{} and {w}x{h}", path.display(), first.0, first.1);
            Err(Error::setting("size", "pixels such as 32 or 48x32, as the pictures are not all of one size", got))
        }
    }
}

#[cfg(test)]
mod tests;
