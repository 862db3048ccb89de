//! Pictures one after the other, for ever: GIF for wherever it is shown, APNG for all colours.

use std::{
    io::{self, Cursor},
    path::Path,
};

use image::RgbImage;

use crate::{
    error::{Error, Result},
    files,
};

/// Thousandths of a second that a picture is shown.
const MILLISECONDS: u16 = 80;
/// How quickly a GIF's 256 colours are chosen, from 1, the best, to 30.
const COLOUR_SPEED: i32 = 10;

/// Writes `frames`, all of one size, as the extension of `path` says: `.gif` or `.apng`.
///
/// # Errors
/// [`Error::Setting`] for another extension or no frames, [`Error::Io`] when the file cannot be written.
pub fn save_animation(frames: &[RgbImage], path: &Path) -> Result<()> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let bytes = match extension.as_deref() {
        _ if frames.is_empty() => return Err(Error::setting("animation", "one picture or more", 0)),
        Some("gif") => gif(frames),
        Some("apng") => apng(frames),
        _ => return Err(Error::setting("out", "a name that ends in .gif or .apng", path.display())),
    };
    files::write_atomically(path, &bytes.map_err(Error::io("encode", path))?)
}

fn gif(frames: &[RgbImage]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let side = |side: u32| u16::try_from(side).map_err(io::Error::other);
    let (width, height) = frames.first().map_or((0, 0), RgbImage::dimensions);
    let (width, height) = (side(width)?, side(height)?);
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &[]).map_err(io::Error::other)?;
    encoder.set_repeat(gif::Repeat::Infinite).map_err(io::Error::other)?;
    for frame in frames {
        let mut frame = gif::Frame::from_rgb_speed(width, height, frame.as_raw(), COLOUR_SPEED);
        // GIF counts in hundredths
        frame.delay = MILLISECONDS / 10;
        encoder.write_frame(&frame).map_err(io::Error::other)?;
    }
    drop(encoder);
    Ok(bytes)
}

fn apng(frames: &[RgbImage]) -> io::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let (width, height) = frames.first().map_or((0, 0), RgbImage::dimensions);
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(frames.len() as u32, 0).map_err(io::Error::other)?;
    encoder.set_frame_delay(MILLISECONDS, 1000).map_err(io::Error::other)?;
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    for frame in frames {
        writer.write_image_data(frame.as_raw()).map_err(io::Error::other)?;
    }
    writer.finish().map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use image::{AnimationDecoder, Rgb, codecs::png::PngDecoder};

    use super::*;

    fn frames() -> Vec<RgbImage> {
        [[255, 0, 0], [0, 255, 0], [0, 0, 255]].map(|colour| RgbImage::from_pixel(5, 3, Rgb(colour))).to_vec()
    }

    #[test]
    fn both_formats_hold_every_frame_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["walk.gif", "walk.apng"] {
            save_animation(&frames(), &folder.path().join(name)).unwrap();
        }
        let read = |name: &str| Cursor::new(std::fs::read(folder.path().join(name)).unwrap());
        let expected = [[255, 0, 0], [0, 255, 0], [0, 0, 255]];

        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(read("walk.gif")).unwrap();
        let mut colours: Vec<[u8; 3]> = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            assert_eq!(frame.delay, 8);
            colours.push(frame.buffer[..3].try_into().unwrap());
        }
        assert_eq!(colours, expected);

        let apng = PngDecoder::new(read("walk.apng")).unwrap().apng().unwrap().into_frames().collect_frames().unwrap();
        let colours: Vec<[u8; 3]> =
            apng.iter().map(|frame| frame.buffer().get_pixel(2, 1).0[..3].try_into().unwrap()).collect();
        assert_eq!(colours, expected);
    }

    #[test]
    fn no_frames_and_other_formats_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (frames, name) in [(frames(), "walk.png"), (frames(), "walk"), (Vec::new(), "walk.gif")] {
            assert!(save_animation(&frames, &folder.path().join(name)).is_err_and(|error| error.is_usage()), "{name}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
