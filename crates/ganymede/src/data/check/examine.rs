//! One picture as the doctor sees it.

use std::io::{Read, SeekFrom};

use crate::data::{
    Colour, Fit, Size,
    form::Target,
    pictures::{About, Container, about, decode},
};

/// The size of the thumbnails that pictures are compared by: two by two pixels for each that a fingerprint compares.
const THUMBNAIL: Size = Size { width: 18, height: 16 };
/// Bytes that are hashed at a time.
const PIECE: usize = 1 << 16;

/// What was found out about a picture.
#[derive(Debug, Clone)]
pub struct Finding {
    pub width: u32,
    pub height: u32,
    pub format: String,
    pub mode: String,
    pub grey: bool,
    pub alpha: bool,
    pub transparent: bool,
    /// BLAKE3 of the file.
    pub digest: [u8; 32],
    /// Red, green and blue on white, each row by row.
    pub thumbnail: Vec<u8>,
    /// A bit for each pixel of 8x8 that is darker than the one to its right, of the thumbnail in grey (dHash).
    pub fingerprint: u64,
}

/// Reads the whole picture.
pub fn examine(container: &dyn Container, index: usize) -> Result<Finding, String> {
    let About { width, height, format, mode, grey, alpha } = about(container.open(index)?)?;
    let mut encoded = container.open(index)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    encoded.reader.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    loop {
        match encoded.reader.read(&mut piece).map_err(|error| error.to_string())? {
            0 => break,
            got => hasher.update(piece.get(..got).unwrap_or_default()),
        };
    }
    let target = Target { size: THUMBNAIL, channels: 4, fit: Fit::Stretch, background: Colour::WHITE };
    let mut planes = vec![0; target.sample()];
    decode(container, index, &target, &mut planes)?;
    let (colours, opacity) = planes.split_at(3 * THUMBNAIL.area());
    let on_white = |(colour, opacity): (&u8, &u8)| {
        let (colour, opacity) = (u16::from(*colour), u16::from(*opacity));
        ((colour * opacity + 255 * (255 - opacity) + 127) / 255) as u8
    };
    let thumbnail: Vec<u8> = colours.iter().zip(opacity.iter().cycle()).map(on_white).collect();
    Ok(Finding {
        width,
        height,
        format,
        mode,
        grey,
        alpha,
        transparent: opacity.iter().any(|opacity| *opacity < 255),
        digest: *hasher.finalize().as_bytes(),
        fingerprint: fingerprint(&thumbnail),
        thumbnail,
    })
}

/// The bits by which pixels of 9x8 in grey are darker than those to their right.
fn fingerprint(thumbnail: &[u8]) -> u64 {
    let Size { width, height } = THUMBNAIL;
    let grey = |x: usize, y: usize| -> u32 {
        let places = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| (2 * y + dy) * width + 2 * x + dx);
        let planes = thumbnail.chunks_exact(width * height);
        planes
            .map(|plane| places.iter().filter_map(|at| plane.get(*at)).map(|byte| u32::from(*byte)).sum::<u32>())
            .sum()
    };
    let bits = (0..height / 2).flat_map(|y| (0..width / 2 - 1).map(move |x| (x, y)));
    bits.fold(0, |bits, (x, y)| bits << 1 | u64::from(grey(x, y) < grey(x + 1, y)))
}

impl Finding {
    /// What training does with the picture on the way to a sample, step by step.
    pub fn treatment(&self, target: &Target) -> Vec<String> {
        let mut steps = Vec::new();
        let own = [self.width, self.height];
        let cut = target.cut(own);
        if cut != own {
            steps.push(format!("cut to the middle {}", if cut[0] < own[0] { "of its width" } else { "of its height" }));
        }
        let inside = target.inside(cut);
        let is_wider = u64::from(cut[0]) * inside.height as u64 != u64::from(cut[1]) * inside.width as u64;
        if target.fit == Fit::Stretch && is_wider {
            steps.push("stretched".into());
        }
        match (inside.width * inside.height).cmp(&(cut[0] as usize * cut[1] as usize)) {
            std::cmp::Ordering::Less => steps.push("made smaller".into()),
            std::cmp::Ordering::Greater => steps.push("made larger".into()),
            std::cmp::Ordering::Equal => {}
        }
        if inside != target.size {
            steps.push("padded".into());
        }
        if self.transparent && target.channels != 4 {
            steps.push(format!("laid on {}", target.background));
        }
        match (self.grey, target.channels) {
            (true, 3 | 4) => steps.push("grey made RGB".into()),
            (false, 1) => steps.push("colours made grey".into()),
            _ => {}
        }
        if !self.alpha && target.channels == 4 {
            steps.push("made opaque RGBA".into());
        }
        if self.mode.contains("16-bit") {
            steps.push("16 bits made 8".into());
        }
        if steps.is_empty() {
            steps.push("taken as it is".into());
        }
        steps
    }
}
