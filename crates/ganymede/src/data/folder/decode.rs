//! One picture, from its file to the bytes of a sample.

use std::{io::BufReader, path::Path};

use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageReader, Limits, Rgba,
    imageops::{self, FilterType},
    metadata::Orientation,
};

use super::memory::{Coding, MAX_MEMORY, MAX_METADATA, needed};

/// The largest side of a picture that is decoded.
const MAX_SIDE: u32 = 32_768;
const WHITE: u8 = 255;

/// What a picture's file says before its pixels.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    pub width: u32,
    pub height: u32,
    /// Whether the file holds shades of grey, with or without transparency.
    pub grey: bool,
}

/// Reads the header; what is wrong, if it cannot be read.
pub fn header(path: &Path) -> Result<Header, String> {
    let (decoder, _) = decoder(path)?;
    let (width, height) = decoder.dimensions();
    Ok(Header { width, height, grey: !decoder.color_type().has_color() })
}

/// Decodes the middle square, resized to `size`, into `out`: planes of `size`·`size` bytes, one of grey or three of RGB.
pub fn decode(path: &Path, size: usize, out: &mut [u8]) -> Result<(), String> {
    let (mut decoder, coding) = decoder(path)?;
    let (width, height) = decoder.dimensions();
    let channels = out.len() / (size * size).max(1);
    let needed = needed(coding, decoder.color_type(), [width, height], channels, size);
    if needed > MAX_MEMORY {
        return Err(too_large([width, height], needed));
    }
    // a broken EXIF block spoils no pixels
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
    // cutting first leaves little to turn and resize, however long the picture is
    let mut square = middle_square(picture, orientation);
    square.apply_orientation(orientation);
    let side = square.width() as usize;
    if square.color().has_alpha() {
        square = on_white(&square);
    }
    if out.len() == size * size {
        let grey = square.into_luma8();
        out.copy_from_slice(&if side == size {
            grey
        } else {
            imageops::resize(&grey, size as u32, size as u32, FilterType::Lanczos3)
        });
        return Ok(());
    }
    let rgb = square.into_rgb8();
    let rgb = if side == size { rgb } else { imageops::resize(&rgb, size as u32, size as u32, FilterType::Lanczos3) };
    for (channel, plane) in out.chunks_exact_mut(size * size).enumerate() {
        for (byte, pixel) in plane.iter_mut().zip(rgb.pixels()) {
            *byte = pixel.0[channel];
        }
    }
    Ok(())
}

/// The square that is in the middle once the picture is turned.
fn middle_square(picture: DynamicImage, orientation: Orientation) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let side = width.min(height);
    if width == height {
        return picture;
    }
    // an odd margin is smaller at the beginning of the turned picture
    let margin = width.max(height) - side;
    let is_backwards = match orientation {
        Orientation::NoTransforms | Orientation::Rotate90FlipH => false,
        Orientation::Rotate180 | Orientation::Rotate270FlipH => true,
        Orientation::Rotate270 | Orientation::FlipHorizontal => width > height,
        Orientation::Rotate90 | Orientation::FlipVertical => height > width,
    };
    let start = if is_backwards { margin.div_ceil(2) } else { margin / 2 };
    let (x, y) = if width > height { (start, 0) } else { (0, start) };
    picture.crop_imm(x, y, side, side)
}

/// A decoder whose sizes are within the limits, and how the file is coded.
fn decoder(path: &Path) -> Result<(impl ImageDecoder, Coding), String> {
    let text = |error: std::io::Error| error.to_string();
    // to open a pipe would be to wait for whoever writes to it
    if !path.metadata().map_err(text)?.is_file() {
        return Err("it is no regular file".into());
    }
    let coding = Coding::of(path).map_err(text)?;
    if let Coding::Whole(bytes) | Coding::Passes(bytes) = coding
        && bytes > MAX_MEMORY
    {
        return Err(format!("a JPEG of {bytes} bytes, more than the {MAX_MEMORY} that one picture may take"));
    }
    let file = std::fs::File::open(path).map_err(text)?;
    // by what the file begins with: a JPEG named .png is read
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(text)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    // the pixels are counted here, not by the decoder
    limits.max_alloc = Some(MAX_METADATA);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(reason)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(format!("it has no pixels ({width}x{height})"));
    }
    if decoder.total_bytes() > MAX_MEMORY {
        return Err(too_large([width, height], decoder.total_bytes()));
    }
    Ok((decoder, coding))
}

fn too_large([width, height]: [u32; 2], needed: u64) -> String {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    format!("{width}x{height} pixels would take {} MiB, more than {}: make it smaller", mib(needed), mib(MAX_MEMORY))
}

fn reason(error: image::ImageError) -> String {
    match error {
        image::ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it is truncated".into()
        }
        error => error.to_string(),
    }
}

/// The picture laid on white paper.
fn on_white(picture: &DynamicImage) -> DynamicImage {
    let mut rgba = picture.to_rgba8();
    for Rgba([red, green, blue, alpha]) in rgba.pixels_mut() {
        for colour in [red, green, blue] {
            let (ink, paper) = (u16::from(*colour) * u16::from(*alpha), u16::from(WHITE) * u16::from(WHITE - *alpha));
            *colour = ((ink + paper + 127) / 255) as u8;
        }
        *alpha = WHITE;
    }
    rgba.into()
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;

    const ORIENTATIONS: [Orientation; 8] = [
        Orientation::NoTransforms,
        Orientation::Rotate90,
        Orientation::Rotate180,
        Orientation::Rotate270,
        Orientation::FlipHorizontal,
        Orientation::FlipVertical,
        Orientation::Rotate90FlipH,
        Orientation::Rotate270FlipH,
    ];

    #[test]
    fn cutting_first_and_turning_then_is_turning_first_and_cutting_then() {
        for (width, height) in [(7, 4), (4, 7), (8, 4), (4, 8), (5, 5)] {
            let picture = DynamicImage::from(GrayImage::from_fn(width, height, |x, y| Luma([(x * 16 + y) as u8])));
            for orientation in ORIENTATIONS {
                let mut turned = picture.clone();
                turned.apply_orientation(orientation);
                let (w, h) = turned.dimensions();
                let side = w.min(h);
                let expected = turned.crop_imm((w - side) / 2, (h - side) / 2, side, side);
                let mut got = middle_square(picture.clone(), orientation);
                got.apply_orientation(orientation);
                assert_eq!(got, expected, "{width}x{height}, {orientation:?}");
            }
        }
    }
}
