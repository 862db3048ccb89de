//! From the pixels of a picture to the planes of a sample: cut, resize, recolour, frame.
//!
//! ```text
//! crop      the middle of the frame's aspect ratio -> resize to the frame
//! pad       resize to fit inside the frame -> lay on the background
//! stretch   resize to the frame
//! ```
//! Resizing is by Lanczos's filter of radius 3, stretched when shrinking, so that nothing is skipped. Colours count by their
//! opacity, and what is wholly transparent has none.

use fast_image_resize::{
    PixelType, ResizeOptions, Resizer,
    images::{CroppedImage, Image, ImageRef},
};

use crate::data::{Colour, form::Target};

/// Pixels row by row, the channels of a pixel side by side.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    pub bytes: &'a [u8],
    pub width: u32,
    pub height: u32,
    /// 1 for grey, 3 for RGB, 4 for RGB and opacity.
    pub channels: usize,
}

/// Writes the picture to the planes `out` of a sample, which has as many channels.
///
/// # Errors
/// Where the numbers do not belong together.
pub fn into_planes(picture: Pixels, target: &Target, out: &mut [u8]) -> Result<(), String> {
    let Pixels { bytes, width, height, channels } = picture;
    let kind = match channels {
        1 => PixelType::U8,
        3 => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
    let [cut_width, cut_height] = target.cut([width, height]);
    let inside = target.inside([cut_width, cut_height]);
    let source = ImageRef::new(width, height, bytes, kind).map_err(|error| error.to_string())?;
    let mut resized = Image::new(inside.width as u32, inside.height as u32, kind);
    let (left, top) = ((width - cut_width) / 2, (height - cut_height) / 2);
    // what is cut away must not be seen by the filter either
    let cut = CroppedImage::new(&source, left, top, cut_width, cut_height).map_err(|error| error.to_string())?;
    let options = ResizeOptions::new().use_alpha(channels == 4);
    Resizer::new().resize(&cut, &mut resized, &options).map_err(|error| error.to_string())?;

    let frame = target.size;
    if (inside.width, inside.height) != (frame.width, frame.height) {
        fill(out, frame.area(), target);
    }
    let (left, top) = ((frame.width - inside.width) / 2, (frame.height - inside.height) / 2);
    for (y, row) in resized.buffer().chunks_exact(inside.width * channels).enumerate() {
        let start = (top + y) * frame.width + left;
        for (x, pixel) in row.chunks_exact(channels).enumerate() {
            let is_clear = channels == 4 && pixel.last() == Some(&0);
            for (plane, byte) in out.chunks_exact_mut(frame.area()).zip(pixel) {
                if let Some(place) = plane.get_mut(start + x) {
                    *place = if is_clear { 0 } else { *byte };
                }
            }
        }
    }
    Ok(())
}

/// Fills the planes with the background; with nothing where there is opacity.
fn fill(out: &mut [u8], area: usize, target: &Target) {
    let colour = match target.channels {
        1 => [target.background.luma(); 3],
        3 => target.background.0,
        _ => [0; 3],
    };
    for (plane, byte) in out.chunks_exact_mut(area).zip(colour.into_iter().chain([0])) {
        plane.fill(byte);
    }
}

/// The pixels in `to` channels: grey repeated, colours weighed by how bright they are, all of it opaque.
pub fn recoloured(bytes: &[u8], from: usize, to: usize) -> Vec<u8> {
    let pixels = bytes.chunks_exact(from.max(1));
    let rgb = |pixel: &[u8]| match *pixel {
        [grey] => [grey; 3],
        [red, green, blue, ..] => [red, green, blue],
        _ => [0; 3],
    };
    match to {
        1 => pixels.map(|pixel| if from == 1 { rgb(pixel)[0] } else { Colour(rgb(pixel)).luma() }).collect(),
        3 => pixels.flat_map(rgb).collect(),
        _ => pixels.flat_map(|pixel| rgb(pixel).into_iter().chain([255])).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Fit, Size};

    fn planes(picture: Pixels, size: Size, fit: Fit) -> Vec<u8> {
        let target = Target { size, channels: picture.channels, fit, background: Colour([1, 2, 3]) };
        let mut out = vec![77; target.sample()];
        into_planes(picture, &target, &mut out).unwrap();
        out
    }

    #[test]
    fn a_picture_of_the_frames_size_stays_as_it_is() {
        let bytes: Vec<u8> = (0..5 * 4 * 3).collect();
        for fit in [Fit::Crop, Fit::Pad, Fit::Stretch] {
            let out =
                planes(Pixels { bytes: &bytes, width: 5, height: 4, channels: 3 }, Size { width: 5, height: 4 }, fit);
            for (at, byte) in bytes.iter().enumerate() {
                assert_eq!(out[at % 3 * 20 + at / 3], *byte, "{fit:?}");
            }
        }
    }

    #[test]
    fn a_crop_takes_the_middle_and_a_padded_picture_has_the_background_beside_it() {
        // three columns, of which the middle one is bright
        let bytes = [0, 200, 0, 0, 200, 0];
        let picture = Pixels { bytes: &bytes, width: 3, height: 2, channels: 1 };
        assert_eq!(planes(picture, Size { width: 1, height: 2 }, Fit::Crop), [200, 200]);
        let padded = planes(picture, Size { width: 3, height: 4 }, Fit::Pad);
        let background = Colour([1, 2, 3]).luma();
        assert_eq!(padded, [[background; 3], [0, 200, 0], [0, 200, 0], [background; 3]].concat());
    }

    #[test]
    fn a_colour_that_nobody_sees_does_not_bleed_into_those_beside_it() {
        // opaque blue beside transparent red
        let bytes = [[0, 0, 255, 255], [255, 0, 0, 0]].concat();
        let out = planes(Pixels { bytes: &bytes, width: 2, height: 1, channels: 4 }, Size::square(1), Fit::Stretch);
        assert_eq!(out[..3], [0, 0, 255]);
        assert!((120..=136).contains(&out[3]), "half as opaque: {}", out[3]);
        let kept =
            planes(Pixels { bytes: &bytes, width: 2, height: 1, channels: 4 }, Size { width: 2, height: 1 }, Fit::Crop);
        assert_eq!(kept, [0, 0, 0, 0, 255, 0, 255, 0]);
    }

    #[test]
    fn grey_is_repeated_and_colours_become_as_bright_as_they_are() {
        assert_eq!(recoloured(&[7, 9], 1, 3), [7, 7, 7, 9, 9, 9]);
        assert_eq!(recoloured(&[7], 1, 4), [7, 7, 7, 255]);
        assert_eq!(recoloured(&[255, 255, 255, 0, 255, 0], 3, 1), [255, 182]);
    }
}
