//! What decoding one picture takes, known from its header before anything is decoded.
//!
//! ```text
//! decode    pixels + the file (JPEG and WebP are read whole) + its coefficients (JPEG in passes), a frame (GIF), the planes
//!           and a copy (WebP), or metadata (PNG, BMP)
//! cut       pixels + the middle, or the middle twice to turn it
//! convert   the middle + its bytes on paper, grey, RGB or RGBA
//! resize    those bytes, twice where opacity counts + a strip of the new width + the resized bytes, twice as planes
//! ```
//! The largest of these is what the picture takes at most. A lossless WebP may hold as many tables of codes as it likes, which
//! nothing says beforehand: one that was made for that takes more.

use std::io::{self, SeekFrom};

use image::ColorType;

use super::container::ReadSeek;
use crate::data::form::Target;

/// The most that one picture may take.
pub const MAX_MEMORY: u64 = 64 << 20;
/// What a file may have beside its pixels, such as a colour profile.
pub const MAX_METADATA: u64 = 4 << 20;
/// Coefficients are held for whole blocks, 16 pixels wide where colour is halved, for four components at most.
const BLOCK: u64 = 16;
const COEFFICIENT: u64 = 2;
const MAX_COMPONENTS: u64 = 4;

/// What the file of a picture adds to its pixels while it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Read piece by piece.
    Streamed,
    /// JPEG in one pass: the file is read whole, of so many bytes.
    Whole(u64),
    /// JPEG in several passes: all coefficients are held as well.
    Passes(u64),
    /// GIF: a frame is held beside the picture.
    Frame,
    /// WebP: the file is read whole, and planes of brightness and colour, or all pixels with opacity, are held as well.
    Planes(u64),
}

impl Coding {
    /// That of a file by what it begins with. The reader is then where it was, at the beginning.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(reader: &mut dyn ReadSeek, length: u64) -> io::Result<Self> {
        let mut start = [0; 12];
        let got = read_up_to(reader, &mut start)?;
        let coding = match start.get(..got).unwrap_or_default() {
            [0xff, 0xd8, ..] => {
                reader.seek(SeekFrom::Start(2))?;
                if is_in_one_pass(reader) { Coding::Whole(length) } else { Coding::Passes(length) }
            }
            [b'G', b'I', b'F', ..] => Coding::Frame,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Coding::Planes(length),
            _ => Coding::Streamed,
        };
        reader.seek(SeekFrom::Start(0))?;
        Ok(coding)
    }

    /// The bytes of a file that is read whole.
    pub fn whole_file(self) -> Option<u64> {
        match self {
            Coding::Whole(bytes) | Coding::Passes(bytes) | Coding::Planes(bytes) => Some(bytes),
            Coding::Streamed | Coding::Frame => None,
        }
    }

    /// What is held beside the pixels of a picture of that size.
    fn beside(self, width: u64, height: u64) -> u64 {
        let blocks = |side: u64| side.next_multiple_of(BLOCK);
        match self {
            Coding::Streamed => MAX_METADATA,
            Coding::Whole(file) => file,
            Coding::Passes(file) => file.saturating_add(blocks(width) * blocks(height) * COEFFICIENT * MAX_COMPONENTS),
            Coding::Frame => MAX_METADATA + 4 * width * height,
            Coding::Planes(file) => file.saturating_add(MAX_METADATA + 4 * blocks(width) * blocks(height)),
        }
    }
}

/// Fills `bytes` as far as the file goes; how far that is.
pub fn read_up_to(reader: &mut dyn ReadSeek, bytes: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while let Some(rest) = bytes.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// Whether the frame of a JPEG, which follows its metadata, is a baseline or extended one.
fn is_in_one_pass(file: &mut dyn ReadSeek) -> bool {
    const BASELINE: [u8; 2] = [0xc0, 0xc1];
    let tables = |kind: u8| [0xc4, 0xcc].contains(&kind);
    let mut segment = || -> io::Result<Option<bool>> {
        let mut head = [0; 4];
        file.read_exact(&mut head)?;
        let [0xff, kind, high, low] = head else { return Ok(Some(false)) };
        if (0xc0..=0xcf).contains(&kind) && !tables(kind) {
            return Ok(Some(BASELINE.contains(&kind)));
        }
        let rest = i64::from(u16::from_be_bytes([high, low])) - 2;
        file.seek_relative(rest)?;
        Ok(None)
    };
    loop {
        match segment() {
            Ok(None) => {}
            Ok(Some(answer)) => return answer,
            Err(_) => return false,
        }
    }
}

/// The most bytes held at a time on the way from a file to a sample, when `cut` is the width and height that are kept.
pub fn needed(
    coding: Coding,
    color: ColorType,
    [width, height]: [u32; 2],
    [cut_width, cut_height]: [u32; 2],
    target: &Target,
) -> u64 {
    let (width, height) = (u64::from(width), u64::from(height));
    let (channels, pixel) = (target.channels as u64, u64::from(color.bytes_per_pixel()));
    let (pixels, middle) = (width * height * pixel, u64::from(cut_width) * u64::from(cut_height));
    let decode = pixels.saturating_add(coding.beside(width, height));
    let cut = pixels + middle * pixel;
    // what is transparent becomes RGBA on the way
    let convert = middle * if color.has_alpha() { 4 + pixel.max(channels) } else { pixel + channels };
    let weighed = if channels == 4 { 2 } else { 1 };
    // a picture may have been turned
    let strip = u64::from(cut_width.max(cut_height)) * target.size.width as u64 * channels;
    let resize = middle * channels * weighed + strip + 2 * target.sample() as u64;
    decode.max(cut).max(convert).max(resize)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::data::{Form, Size};

    #[test]
    fn a_photograph_is_within_the_limit_and_a_bomb_is_not() {
        let target = Target::of(&Form::default(), Size::square(32), 3);
        let needs = |coding, side| needed(coding, ColorType::Rgb8, side, target.cut(side), &target);
        assert!(needs(Coding::Whole(5 << 20), [4000, 3000]) <= MAX_MEMORY);
        assert!(needs(Coding::Passes(5 << 20), [4000, 3000]) > MAX_MEMORY);
        assert!(needs(Coding::Passes(1 << 20), [2000, 1500]) <= MAX_MEMORY);
        assert!(needs(Coding::Streamed, [65_535, 65_535]) > MAX_MEMORY);
        assert!(needs(Coding::Whole(u64::MAX), [1, 1]) > MAX_MEMORY);
    }

    #[test]
    fn the_coding_is_read_from_the_frame_behind_the_metadata() {
        let of = |bytes: &[u8]| Coding::of(&mut Cursor::new(bytes), bytes.len() as u64).unwrap();
        let comment = [&[0xff, 0xfe, 0, 4][..], b"hi"].concat();
        for (frame, expected) in [(0xc0, Coding::Whole(16)), (0xc1, Coding::Whole(16)), (0xc2, Coding::Passes(16))] {
            assert_eq!(of(&[&[0xff, 0xd8][..], &comment, &[0xff, frame, 0, 17, 8, 0, 8, 0]].concat()), expected);
        }
        assert_eq!(of(&[0xff, 0xd8, 0xff]), Coding::Passes(3));
        assert_eq!(of(b"\x89PNG"), Coding::Streamed);
        assert_eq!(of(b"GIF89a"), Coding::Frame);
        assert_eq!(of(b"RIFF\x08\0\0\0WEBPVP8L"), Coding::Planes(16));
        assert_eq!(of(b""), Coding::Streamed);
    }
}
