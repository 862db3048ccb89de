//! Labelled images held in memory as bytes: what every source of pictures becomes.
//!
//! ```text
//! x = b / 127.5 - 1          0 -> -1, 255 -> 1
//! ```

use std::path::Path;

use image::{ImageBuffer, Luma, imageops};
use rayon::prelude::*;

use super::{Dataset, check_read};
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

    /// The images resized to `size`x`size` and to `channels`, where those are asked for and are not theirs already.
    ///
    /// Resizing is by Lanczos's filter of radius 3, stretched when shrinking, so that nothing is skipped; grey becomes RGB by
    /// repetition.
    pub(super) fn converted(self, size: Option<usize>, channels: Option<usize>) -> Result<Self> {
        let [own_channels, height, width] = self.shape;
        let (new_height, new_width) = size.map_or((height, width), |size| (size, size));
        let new_channels = channels.unwrap_or(own_channels);
        if [new_channels, new_height, new_width] == self.shape {
            return Ok(self);
        }
        let repeats = match (own_channels, new_channels) {
            (own, new) if own == new => 1,
            (1, new) => new,
            (own, new) => {
                return Err(Error::setting("channels", format!("{own}, as '{}' has", self.name), new));
            }
        };
        let shape = [new_channels, new_height, new_width];
        let bytes = pixel_bytes(self.len() as u64, shape).ok_or_else(|| {
            Error::setting("size", format!("at most {MAX_BYTES} bytes for '{}' in memory", self.name), new_height)
        })?;
        let mut pixels = vec![0; bytes];
        pixels
            .par_chunks_mut(shape.iter().product())
            .zip(self.pixels.par_chunks(self.shape.iter().product()))
            .for_each(|(out, image)| {
                let planes = image.chunks(height * width).flat_map(|plane| std::iter::repeat_n(plane, repeats));
                for (out, plane) in out.chunks_mut(new_height * new_width).zip(planes) {
                    resize_plane(plane, (height, width), out, (new_height, new_width));
                }
            });
        Ok(ImageSet { shape, pixels, ..self })
    }
}

/// The bytes of `images` images of `shape`; none where that is more than may be held in memory.
pub(super) fn pixel_bytes(images: u64, shape: [usize; 3]) -> Option<usize> {
    let bytes = shape.iter().try_fold(images, |product, size| product.checked_mul(*size as u64))?;
    if bytes > MAX_BYTES { None } else { usize::try_from(bytes).ok() }
}

fn resize_plane(
    plane: &[u8],
    (height, width): (usize, usize),
    out: &mut [u8],
    (new_height, new_width): (usize, usize),
) {
    if (height, width) == (new_height, new_width) {
        out.copy_from_slice(plane);
    } else if let Some(plane) = ImageBuffer::<Luma<u8>, _>::from_raw(width as u32, height as u32, plane) {
        let filter = imageops::FilterType::Lanczos3;
        out.copy_from_slice(&imageops::resize(&plane, new_width as u32, new_height as u32, filter));
    }
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
        let image = &self.pixels[index * out.len()..][..out.len()];
        for (value, byte) in out.iter_mut().zip(image) {
            *value = f32::from(*byte) / 127.5 - 1.0;
        }
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

    #[test]
    fn grey_is_repeated_and_a_plain_image_stays_plain_when_resized() {
        let large = set().converted(Some(5), Some(3)).unwrap();
        assert_eq!((large.shape(), large.len()), ([3, 5, 5], 2));
        assert!(large.pixels[75..].iter().all(|byte| *byte == 7));
        assert_eq!(large.pixels[..25], large.pixels[50..75]);
        assert!(set().converted(None, Some(3)).unwrap().converted(None, Some(1)).is_err());
    }

    #[test]
    fn a_read_past_the_end_or_into_the_wrong_room_is_an_error() {
        assert!(set().read(2, &mut [0.0; 4]).is_err());
        assert!(set().read(0, &mut [0.0; 3]).is_err());
    }

    #[test]
    fn a_size_that_no_memory_holds_is_refused_before_it_is_allocated() {
        assert!(matches!(set().converted(Some(1 << 20), None), Err(Error::Setting { .. })));
        assert_eq!(pixel_bytes(u64::MAX, [3, 2, 2]), None);
    }
}
