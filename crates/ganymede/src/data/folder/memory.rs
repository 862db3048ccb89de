//! What decoding one picture takes, known from its header before anything is decoded.
//!
//! ```text
//! decode    pixels + the file (JPEG is read whole) + its coefficients (JPEG in passes), or metadata (PNG)
//! cut       pixels + the middle square, or the square twice to turn it
//! convert   the square + its bytes on white, grey or RGB
//! resize    those bytes + a strip of the new height, four 32-bit floats a pixel + the resized bytes
//! ```
//! The largest of these is what the picture takes at most.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use image::ColorType;

/// The most that one picture may take.
pub const MAX_MEMORY: u64 = 64 << 20;
/// What a file may have beside its pixels, such as a colour profile.
pub const MAX_METADATA: u64 = 4 << 20;
/// A number of the resized strip.
const STRIP: u64 = 16;
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
}

impl Coding {
    /// That of a file by what it begins with.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut file = BufReader::new(file);
        let mut marker = [0; 2];
        if file.read_exact(&mut marker).is_err() || marker != [0xff, 0xd8] {
            return Ok(Coding::Streamed);
        }
        Ok(if is_in_one_pass(&mut file) { Coding::Whole(length) } else { Coding::Passes(length) })
    }

    /// What is held beside the pixels of a picture of that size.
    fn beside(self, width: u64, height: u64) -> u64 {
        match self {
            Coding::Streamed => MAX_METADATA,
            Coding::Whole(file) => file,
            Coding::Passes(file) => {
                let blocks = |side: u64| side.next_multiple_of(BLOCK);
                file.saturating_add(blocks(width) * blocks(height) * COEFFICIENT * MAX_COMPONENTS)
            }
        }
    }
}

/// Whether the frame of a JPEG, which follows its metadata, is a baseline or extended one.
fn is_in_one_pass(file: &mut BufReader<File>) -> bool {
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

/// The most bytes held at a time on the way from a file to `channels` planes of `size`·`size` bytes.
pub fn needed(coding: Coding, color: ColorType, [width, height]: [u32; 2], channels: usize, size: usize) -> u64 {
    let (width, height) = (u64::from(width), u64::from(height));
    let (channels, size, pixel) = (channels as u64, size as u64, u64::from(color.bytes_per_pixel()));
    let side = width.min(height);
    let (pixels, square) = (width * height * pixel, side * side);
    let decode = pixels.saturating_add(coding.beside(width, height));
    let cut = pixels + square * pixel;
    // what is transparent becomes RGBA on the way
    let convert = square * if color.has_alpha() { 4 + pixel.max(channels) } else { pixel + channels };
    let resize = square * channels + side * size * STRIP + size * size * channels;
    decode.max(cut).max(convert).max(resize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photograph_is_within_the_limit_and_a_bomb_is_not() {
        let needs = |coding, side| needed(coding, ColorType::Rgb8, side, 3, 32);
        assert!(needs(Coding::Whole(5 << 20), [4000, 3000]) <= MAX_MEMORY);
        assert!(needs(Coding::Passes(5 << 20), [4000, 3000]) > MAX_MEMORY);
        assert!(needs(Coding::Passes(1 << 20), [2000, 1500]) <= MAX_MEMORY);
        assert!(needs(Coding::Streamed, [65_535, 65_535]) > MAX_MEMORY);
        assert!(needs(Coding::Whole(u64::MAX), [1, 1]) > MAX_MEMORY);
    }

    #[test]
    fn the_coding_is_read_from_the_frame_behind_the_metadata() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture");
        let comment = [&[0xff, 0xfe, 0, 4][..], b"hi"].concat();
        for (frame, expected) in [(0xc0, Coding::Whole(16)), (0xc1, Coding::Whole(16)), (0xc2, Coding::Passes(16))] {
            std::fs::write(&path, [&[0xff, 0xd8][..], &comment, &[0xff, frame, 0, 17, 8, 0, 8, 0]].concat()).unwrap();
            assert_eq!(Coding::of(&path).unwrap(), expected);
        }
        std::fs::write(&path, [0xff, 0xd8, 0xff]).unwrap();
        assert_eq!(Coding::of(&path).unwrap(), Coding::Passes(3));
        std::fs::write(&path, b"\x89PNG").unwrap();
        assert_eq!(Coding::of(&path).unwrap(), Coding::Streamed);
    }
}
