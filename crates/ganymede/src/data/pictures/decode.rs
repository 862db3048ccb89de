//! One picture, from its file to the bytes of a sample.

use std::io::SeekFrom;

use image::{
    ColorType, DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits, Rgba,
    metadata::Orientation,
};

use super::{
    container::{Container, Encoded},
    memory::{Coding, MAX_MEMORY, MAX_METADATA, needed, read_up_to},
    resample::{Pixels, into_planes},
};
use crate::data::{Colour, Fit, Size, form::Target};

/// The largest side of a picture that is decoded.
const MAX_SIDE: u32 = 32_768;
const OPAQUE: u8 = 255;

/// What a picture's file says before its pixels.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    /// Once it is turned as EXIF says.
    pub width: u32,
    pub height: u32,
    /// Whether the file holds shades of grey, with or without transparency.
    pub grey: bool,
}

/// Reads the header of picture `index`; what is wrong, if it cannot be read.
pub fn header(container: &dyn Container, index: usize) -> Result<Header, String> {
    let (mut decoder, _) = match decoder(container.open_header(index)?) {
        Ok(opened) => opened,
        // a header may be longer than most
        Err(_) => decoder(container.open(index)?)?,
    };
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let [width, height] = if is_on_its_side(orientation) { [height, width] } else { [width, height] };
    Ok(Header { width, height, grey: !decoder.color_type().has_color() })
}

/// All that a picture's file says before its pixels.
#[derive(Debug, Clone)]
pub struct About {
    /// Once it is turned as EXIF says.
    pub width: u32,
    pub height: u32,
    /// PNG, JPEG, ...
    pub format: String,
    /// Grey, RGB, palette, ..., with the depth where it is not 8 bits.
    pub mode: String,
    pub grey: bool,
    /// Whether it may be transparent.
    pub alpha: bool,
}

/// What an open picture says of itself; what is wrong, if it cannot be read.
pub fn about(mut encoded: Encoded) -> Result<About, String> {
    let mut start = [0; 26];
    let got = read_up_to(&mut *encoded.reader, &mut start).map_err(|error| error.to_string())?;
    encoded.reader.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    let start = start.get(..got).unwrap_or_default();
    let format = image::guess_format(start).map_err(reason)?;
    let (mut decoder, _) = decoder(encoded)?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let [width, height] = if is_on_its_side(orientation) { [height, width] } else { [width, height] };
    let color = decoder.color_type();
    let mode = match (format, start) {
        // what a PNG decodes to is not what it is: its header says that
        (ImageFormat::Png, [.., depth, kind]) => png_mode(*depth, *kind),
        (ImageFormat::Gif, _) => "palette".into(),
        _ => match (color.has_color(), color.has_alpha()) {
            (false, false) => "grey".into(),
            (false, true) => "grey with opacity".into(),
            (true, false) => "RGB".into(),
            (true, true) => "RGBA".into(),
        },
    };
    let format = match format {
        ImageFormat::WebP => "WebP".into(),
        other => format!("{other:?}").to_uppercase(),
    };
    Ok(About { width, height, format, mode, grey: !color.has_color(), alpha: color.has_alpha() })
}

fn png_mode(depth: u8, kind: u8) -> String {
    let kind = match kind {
        0 => "grey",
        2 => "RGB",
        3 => "palette",
        4 => "grey with opacity",
        _ => "RGBA",
    };
    if depth == 8 { kind.into() } else { format!("{depth}-bit {kind}") }
}

/// Decodes picture `index` into the planes of a sample.
pub fn decode(container: &dyn Container, index: usize, target: &Target, out: &mut [u8]) -> Result<(), String> {
    let (picture, is_cut) = picture(container.open(index)?, target)?;
    let (width, height) = picture.dimensions();
    // what was cut already is not cut again, whatever was rounded
    let fit = if is_cut && target.fit == Fit::Crop { Fit::Stretch } else { target.fit };
    let planes = |bytes: &[u8], channels: usize, out: &mut [u8]| {
        into_planes(Pixels { bytes, width, height, channels }, &Target { fit, ..*target }, out)
    };
    match target.channels {
        1 => planes(&picture.into_luma8(), 1, out),
        3 => planes(&picture.into_rgb8(), 3, out),
        _ => planes(&picture.into_rgba8(), 4, out),
    }
}

/// The picture decoded, turned, and laid on the background where no opacity is asked for; whether it is cut as well.
fn picture(encoded: Encoded, target: &Target) -> Result<(DynamicImage, bool), String> {
    let held = encoded.held;
    let (mut decoder, coding) = decoder(encoded)?;
    let (width, height) = decoder.dimensions();
    // a broken EXIF block spoils no pixels
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let cut = cut(target, [width, height], orientation);
    let needed = needed(coding, decoder.color_type(), [width, height], cut, target).saturating_add(held);
    if needed > MAX_MEMORY {
        return Err(too_large([width, height], needed));
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
    let is_as_it_should_be =
        matches!((picture.color(), target.channels), (ColorType::L8, 1) | (ColorType::Rgb8, 3) | (ColorType::Rgba8, 4));
    if is_as_it_should_be && orientation == Orientation::NoTransforms {
        return Ok((picture, false));
    }
    // cutting first leaves little to turn and resize, however long the picture is
    let mut middle = middle(picture, cut, orientation);
    middle.apply_orientation(orientation);
    let has_alpha = middle.color().has_alpha();
    let is_to_be_opaque = has_alpha && target.channels != 4;
    Ok((if is_to_be_opaque { on_paper(&middle, target.background) } else { middle }, true))
}

/// Whether turning exchanges width and height.
fn is_on_its_side(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// The width and height that are cut out of a picture that is turned afterwards.
fn cut(target: &Target, [width, height]: [u32; 2], orientation: Orientation) -> [u32; 2] {
    if is_on_its_side(orientation) {
        let Size { width: to_width, height: to_height } = target.size;
        Target { size: Size { width: to_height, height: to_width }, ..*target }.cut([width, height])
    } else {
        target.cut([width, height])
    }
}

/// The part that is in the middle once the picture is turned.
fn middle(picture: DynamicImage, [width, height]: [u32; 2], orientation: Orientation) -> DynamicImage {
    use Orientation::{FlipHorizontal, FlipVertical, Rotate90, Rotate180, Rotate270, Rotate270FlipH};
    let margins = [picture.width() - width, picture.height() - height];
    if margins == [0, 0] {
        return picture;
    }
    // an odd margin is smaller at the beginning of the turned picture
    let is_backwards = [
        matches!(orientation, Rotate180 | Rotate270FlipH | Rotate270 | FlipHorizontal),
        matches!(orientation, Rotate180 | Rotate270FlipH | Rotate90 | FlipVertical),
    ];
    let start = |axis: usize| if is_backwards[axis] { margins[axis].div_ceil(2) } else { margins[axis] / 2 };
    picture.crop_imm(start(0), start(1), width, height)
}

/// A decoder whose sizes are within the limits, and how the file is coded.
fn decoder(encoded: Encoded) -> Result<(impl ImageDecoder, Coding), String> {
    let Encoded { mut reader, length, .. } = encoded;
    let text = |error: std::io::Error| error.to_string();
    let coding = Coding::of(&mut *reader, length).map_err(text)?;
    if let Some(bytes) = coding.whole_file()
        && bytes > MAX_MEMORY
    {
        return Err(format!("a picture of {bytes} bytes, more than the {MAX_MEMORY} that one may take"));
    }
    // by what the file begins with: a JPEG named .png is read
    let mut reader = ImageReader::new(reader).with_guessed_format().map_err(text)?;
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

/// The picture laid on paper of that colour.
fn on_paper(picture: &DynamicImage, Colour(paper): Colour) -> DynamicImage {
    let mut rgba = picture.to_rgba8();
    for Rgba([red, green, blue, alpha]) in rgba.pixels_mut() {
        for (ink, paper) in [red, green, blue].into_iter().zip(paper) {
            let through = u16::from(OPAQUE - *alpha);
            *ink = ((u16::from(*ink) * u16::from(*alpha) + u16::from(paper) * through + 127) / 255) as u8;
        }
        *alpha = OPAQUE;
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
        for (width, height, size) in
            [(7, 4, "9"), (4, 7, "9"), (8, 4, "9"), (5, 5, "9"), (9, 7, "48x32"), (7, 9, "2x3")]
        {
            let picture = DynamicImage::from(GrayImage::from_fn(width, height, |x, y| Luma([(x * 16 + y) as u8])));
            let size = size.parse().unwrap();
            let target = Target { size, channels: 1, fit: Fit::Crop, background: Colour::WHITE };
            for orientation in ORIENTATIONS {
                let mut turned = picture.clone();
                turned.apply_orientation(orientation);
                let [w, h] = target.cut(turned.dimensions().into());
                let expected = turned.crop_imm((turned.width() - w) / 2, (turned.height() - h) / 2, w, h);
                let cut = cut(&target, [width, height], orientation);
                let mut got = middle(picture.clone(), cut, orientation);
                got.apply_orientation(orientation);
                assert_eq!(got, expected, "{width}x{height} to {size}, {orientation:?}");
            }
        }
    }
}
