//! Labelled images held in memory as bytes: what every source of pictures becomes.
//!
//! ```text
//! x = b / 127.5 - 1          0 -> -1, 255 -> 1
//! ```

use std::path::Path;

use rayon::prelude::*;

use super::{
    Dataset, Form, Size, check_read,
    form::Target,
    pictures::{Pixels, into_planes, recoloured},
};
use crate::error::{Error, Result};

/// The most bytes of pixels that a set may hold in memory.
pub(super) const MAX_BYTES: u64 = 16 << 30;

/// Images of one size, one byte a pixel and channel.
#[derive(Clone)]
pub struct ImageSet {
    name: String,
    shape: [usize; 3],
    /// Image after image, each [C, H, W].
    pixels: Vec<u8>,
    /// One a image, or none at all.
    labels: Vec<u32>,
    classes: Vec<String>,
}

impl ImageSet {
    /// Images without labels.
    pub(super) fn new(name: String, shape: [usize; 3], pixels: Vec<u8>) -> Self {
        ImageSet { name, shape, pixels, labels: Vec::new(), classes: Vec::new() }
    }

    /// The set with a class for each image.
    pub(super) fn labelled(mut self, labels: Vec<u32>, classes: Vec<String>) -> Self {
        self.labels = labels;
        self.classes = classes;
        self
    }

    /// The set under another name.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// The set with names for its classes, as many as there are or more.
    pub(super) fn with_classes(mut self, classes: &[&str], path: &Path) -> Result<Self> {
        if self.classes.len() > classes.len() {
            return Err(Error::data(
                path,
                format!("labels below {}", classes.len()),
                format!("label {}", self.classes.len() - 1),
                "the file is not the one its name says; remove it",
            ));
        }
        self.classes = classes.iter().map(|class| (*class).to_owned()).collect();
        Ok(self)
    }

    /// The images in another form, where one is asked for and is not theirs already.
    pub(super) fn converted(self, form: &Form) -> Result<Self> {
        form.check()?;
        let [channels, height, width] = self.shape;
        let target = Target::of(form, Size { width, height }, channels);
        if target.shape() == self.shape {
            return Ok(self);
        }
        let bytes = pixel_bytes(self.len() as u64, target.shape()).ok_or_else(|| {
            Error::setting("size", format!("at most {MAX_BYTES} bytes for '{}' in memory", self.name), target.size)
        })?;
        let mut pixels = vec![0; bytes];
        pixels
            .par_chunks_mut(target.sample())
            .zip(self.pixels.par_chunks(self.shape.iter().product()))
            .try_for_each(|(out, image)| convert(image, self.shape, &target, out))
            .map_err(|reason| Error::setting("size", format!("one that '{}' can have", self.name), reason))?;
        Ok(ImageSet { shape: target.shape(), pixels, ..self })
    }
}

/// One image, from its planes to those of the target.
fn convert(
    image: &[u8],
    [channels, height, width]: [usize; 3],
    target: &Target,
    out: &mut [u8],
) -> std::result::Result<(), String> {
    let area = height * width;
    let side_by_side: Vec<u8> = (0..area).flat_map(|at| image.iter().skip(at).step_by(area).copied()).collect();
    let bytes =
        if channels == target.channels { side_by_side } else { recoloured(&side_by_side, channels, target.channels) };
    let picture = Pixels { bytes: &bytes, width: width as u32, height: height as u32, channels: target.channels };
    into_planes(picture, target, out)
}

/// x = b / 127.5 - 1
pub(super) fn to_unit(bytes: &[u8], out: &mut [f32]) {
    for (value, byte) in out.iter_mut().zip(bytes) {
        *value = f32::from(*byte) / 127.5 - 1.0;
    }
}

/// The bytes of `images` images of `shape`; none where that is more than may be held in memory.
pub(super) fn pixel_bytes(images: u64, shape: [usize; 3]) -> Option<usize> {
    let bytes = shape.iter().try_fold(images, |product, size| product.checked_mul(*size as u64))?;
    if bytes > MAX_BYTES { None } else { usize::try_from(bytes).ok() }
}

impl Dataset for ImageSet {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.pixels.len() / self.shape.iter().product::<usize>()
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        check_read(self, index, out)?;
        to_unit(&self.pixels[index * out.len()..][..out.len()], out);
        self.label(index)
    }

    fn label(&self, index: usize) -> Result<Option<usize>> {
        Ok(self.labels.get(index).map(|label| *label as usize))
    }
}

impl std::fmt::Debug for ImageSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ImageSet { name, shape, classes, .. } = self;
        write!(f, "ImageSet({name:?}, {} images of {shape:?}, {} classes)", self.len(), classes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ImageSet {
        ImageSet::new("two".into(), [1, 2, 2], vec![0, 255, 51, 204, 7, 7, 7, 7])
            .labelled(vec![1, 0], vec!["a".into(), "b".into()])
    }

    #[test]
    fn bytes_become_numbers_from_minus_one_to_one() {
        let mut out = [9.0; 4];
        assert_eq!(set().read(0, &mut out).unwrap(), Some(1));
        for (value, expected) in out.into_iter().zip([-1.0f32, 1.0, -0.6, 0.6]) {
            assert!((value - expected).abs() < 1e-6, "expected {expected}, got {value}");
        }
    }

    fn form(size: Option<usize>, channels: Option<usize>) -> Form {
        Form { size: size.map(Size::square), channels, ..Form::default() }
    }

    #[test]
    fn grey_is_repeated_and_a_plain_image_stays_plain_when_resized() {
        let large = set().converted(&form(Some(5), Some(3))).unwrap();
        assert_eq!((large.shape(), large.len()), ([3, 5, 5], 2));
        assert!(large.pixels[75..].iter().all(|byte| *byte == 7));
        assert_eq!(large.pixels[..25], large.pixels[50..75]);
        let back = set().converted(&form(None, Some(3))).unwrap().converted(&form(None, Some(1))).unwrap();
        assert_eq!(back.pixels, set().pixels);
        let opaque = set().converted(&form(None, Some(4))).unwrap();
        assert_eq!((opaque.shape(), &opaque.pixels[8..16]), ([4, 2, 2], &[0, 255, 51, 204, 255, 255, 255, 255][..]));
    }

    #[test]
    fn a_read_past_the_end_or_into_the_wrong_room_is_an_error() {
        assert!(set().read(2, &mut [0.0; 4]).is_err());
        assert!(set().read(0, &mut [0.0; 3]).is_err());
    }

    #[test]
    fn a_size_that_no_memory_holds_is_refused_before_it_is_allocated() {
        assert!(matches!(set().converted(&form(Some(1 << 20), None)), Err(Error::Setting { .. })));
        assert_eq!(pixel_bytes(u64::MAX, [3, 2, 2]), None);
    }
}
