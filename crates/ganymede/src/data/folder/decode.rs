//! One picture, from its file to the bytes of a sample.

use std::{io::BufReader, path::Path};

use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageReader, Limits, Rgba,
    imageops::{self, FilterType},
};

/// The largest side of a picture that is decoded.
const MAX_SIDE: u32 = 32_768;
/// The most memory that decoding one picture may take, checked against what its header says before anything is decoded.
const MAX_MEMORY: u64 = 64 << 20;
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
    let decoder = decoder(path)?;
    let (width, height) = decoder.dimensions();
    Ok(Header { width, height, grey: !decoder.color_type().has_color() })
}

/// Decodes the middle square, resized to `size`, into `out`: planes of `size`·`size` bytes, one of grey or three of RGB.
pub fn decode(path: &Path, size: usize, out: &mut [u8]) -> Result<(), String> {
    let mut decoder = decoder(path)?;
    // a broken EXIF block spoils no pixels
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    let (width, height) = picture.dimensions();
    let side = width.min(height);
    // cutting first leaves little to resize, however long the picture is
    let mut square = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    if square.color().has_alpha() {
        square = on_white(&square);
    }
    if out.len() == size * size {
        let grey = square.into_luma8();
        out.copy_from_slice(&if side as usize == size {
            grey
        } else {
            imageops::resize(&grey, size as u32, size as u32, FilterType::Lanczos3)
        });
        return Ok(());
    }
    let rgb = square.into_rgb8();
    let rgb = if side as usize == size {
        rgb
    } else {
        imageops::resize(&rgb, size as u32, size as u32, FilterType::Lanczos3)
    };
    for (channel, plane) in out.chunks_exact_mut(size * size).enumerate() {
        for (byte, pixel) in plane.iter_mut().zip(rgb.pixels()) {
            *byte = pixel.0[channel];
        }
    }
    Ok(())
}

/// A decoder whose sizes are within the limits.
fn decoder(path: &Path) -> Result<impl ImageDecoder, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    // by what the file begins with: a JPEG named .png is read
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(|error| error.to_string())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(reason)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(format!("it has no pixels ({width}x{height})"));
    }
    if decoder.total_bytes() > MAX_MEMORY {
        return Err(format!("{width}x{height} pixels take more than {MAX_MEMORY} bytes"));
    }
    Ok(decoder)
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
