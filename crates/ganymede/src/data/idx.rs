//! MNIST-style IDX files, plain or compressed with gzip (LeCun, Cortes & Burges 1998).
//!
//! ```text
//! images   00 00 08 03 | count | rows | columns | count·rows·columns bytes       numbers are big-endian u32
//! labels   00 00 08 01 | count | count bytes
//! ```
//! Compression is told by the first bytes (`1f 8b`), not by the name.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;

use super::image_set::{ImageSet, pixel_bytes};
use crate::error::{Error, Result};

const IMAGES: u32 = 0x0803;
const LABELS: u32 = 0x0801;
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The largest side of an image that is believed.
const MAX_SIDE: u32 = 4096;

const ADVICE: &str = "fetch the file again, or give an IDX file of unsigned bytes";

/// Reads a file of images and, where there is one, its file of labels.
///
/// # Errors
/// [`Error::Io`] where a file cannot be opened; [`Error::Data`] where it is truncated, too long, no IDX file of unsigned
/// bytes, or where images and labels are not equally many.
pub fn open_idx(images: &Path, labels: Option<&Path>) -> Result<ImageSet> {
    let (shape, pixels) = read_images(images)?;
    let count = pixels.len() / shape.iter().product::<usize>();
    let name = images.file_name().and_then(|name| Path::new(name).file_stem());
    let name = name.map_or_else(|| "idx".into(), |name| name.to_string_lossy().into_owned());
    let set = ImageSet::new(name, shape, pixels);
    let Some(path) = labels else { return Ok(set) };
    let labels = read_labels(path)?;
    if labels.len() != count {
        let expected = format!("{count} labels, one for each image of {}", images.display());
        return Err(Error::data(path, expected, labels.len(), "give the labels that belong to the images"));
    }
    let classes = labels.iter().max().map_or(0, |label| usize::from(*label) + 1);
    let classes = (0..classes).map(|class| class.to_string()).collect();
    Ok(set.labelled(labels.into_iter().map(u32::from).collect(), classes))
}

/// The file of labels beside a file of images, by MNIST's naming, in either compression.
pub(super) fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let twin = ["images-idx3", "images.idx3"]
        .into_iter()
        .find(|pattern| name.contains(pattern))
        .map(|pattern| name.replace(pattern, &pattern.replace("images", "labels").replace("idx3", "idx1")))?;
    let plain = twin.trim_end_matches(".gz");
    [twin.clone(), plain.to_owned(), format!("{plain}.gz")]
        .into_iter()
        .map(|name| images.with_file_name(name))
        .find(|path| path.is_file())
}

fn read_images(path: &Path) -> Result<([usize; 3], Vec<u8>)> {
    let mut file = open(path)?;
    let [count, rows, columns] = header(&mut file, path, IMAGES)?;
    let side = 1..=MAX_SIDE;
    let bytes = pixel_bytes(count.into(), [1, rows as usize, columns as usize]);
    let believable = count > 0 && side.contains(&rows) && side.contains(&columns);
    let Some(bytes) = bytes.filter(|_| believable) else {
        let expected = format!("at least one image with sides from 1 to {MAX_SIDE}, and no more than fits in memory");
        return Err(Error::data(path, expected, format!("{count} of {rows}x{columns}"), ADVICE));
    };
    Ok(([1, rows as usize, columns as usize], body(file, path, bytes)?))
}

fn read_labels(path: &Path) -> Result<Vec<u8>> {
    let mut file = open(path)?;
    let [count] = header(&mut file, path, LABELS)?;
    body(file, path, count as usize)
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path).map_err(Error::io("open", path))?);
    let mut start = Vec::new();
    file.by_ref().take(GZIP.len() as u64).read_to_end(&mut start).map_err(Error::io("read", path))?;
    let compressed = start == GZIP;
    let whole = Cursor::new(start).chain(file);
    Ok(if compressed { Box::new(GzDecoder::new(whole)) } else { Box::new(whole) })
}

/// The magic number, checked, and the N sizes after it.
fn header<const N: usize>(file: &mut dyn Read, path: &Path, magic: u32) -> Result<[u32; N]> {
    let mut word = || {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes)
            .map_err(|error| broken(path, "an IDX header", error))
            .map(|()| u32::from_be_bytes(bytes))
    };
    let got = word()?;
    if got != magic {
        let kind = |magic| match magic {
            IMAGES => "an IDX file of images (00000803)".to_owned(),
            LABELS => "an IDX file of labels (00000801)".to_owned(),
            other => format!("a file that starts with {other:08x}"),
        };
        return Err(Error::data(path, kind(magic), kind(got), ADVICE));
    }
    let mut sizes = [0; N];
    for size in &mut sizes {
        *size = word()?;
    }
    Ok(sizes)
}

/// The `expected` bytes up to the file's end. Memory grows with what is there, not with what the header claims.
fn body(file: Box<dyn Read>, path: &Path, expected: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let what = format!("{expected} bytes after the header");
    file.take(expected as u64 + 1).read_to_end(&mut bytes).map_err(|error| broken(path, &what, error))?;
    if bytes.len() != expected {
        let got = if bytes.len() > expected { "more".to_owned() } else { format!("{}: it is truncated", bytes.len()) };
        return Err(Error::data(path, what, got, ADVICE));
    }
    Ok(bytes)
}

fn broken(path: &Path, expected: &str, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::data(path, expected, "the end of the file: it is truncated", ADVICE),
        _ => Error::data(path, expected, error, ADVICE),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use tempfile::TempDir;

    use super::*;
    use crate::data::Dataset;

    /// Two images of 2x3 and their labels, as the format's description has them.
    const GOLDEN_IMAGES: [u8; 28] = [
        0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, //
        0, 51, 102, 153, 204, 255, 255, 0, 0, 0, 0, 255,
    ];
    const GOLDEN_LABELS: [u8; 10] = [0, 0, 8, 1, 0, 0, 0, 2, 4, 1];

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn the_golden_bytes_are_read_plain_and_compressed() {
        let folder = TempDir::new().unwrap();
        for bytes in [GOLDEN_IMAGES.to_vec(), gzip(&GOLDEN_IMAGES)] {
            let images = write(&folder, "t-images-idx3-ubyte", &bytes);
            let labels = write(&folder, "t-labels-idx1-ubyte.gz", &gzip(&GOLDEN_LABELS));
            assert_eq!(labels_beside(&images), Some(labels.clone()));
            let set = open_idx(&images, Some(&labels)).unwrap();
            assert_eq!((set.name(), set.len(), set.shape()), ("t-images-idx3-ubyte", 2, [1, 2, 3]));
            assert_eq!(set.classes(), ["0", "1", "2", "3", "4"]);
            let mut out = [0.0; 6];
            assert_eq!(set.read(0, &mut out).unwrap(), Some(4));
            let back: Vec<u8> = out.iter().map(|x| ((x + 1.0) * 127.5).round() as u8).collect();
            assert_eq!(back, GOLDEN_IMAGES[16..22]);
            assert_eq!(set.read(1, &mut out).unwrap(), Some(1));
        }
    }

    #[test]
    fn every_truncation_is_an_error() {
        let folder = TempDir::new().unwrap();
        let packed = gzip(&GOLDEN_IMAGES);
        for bytes in [&GOLDEN_IMAGES[..], &packed[..]] {
            for length in 0..bytes.len() {
                let path = write(&folder, "images", &bytes[..length]);
                let error = open_idx(&path, None).unwrap_err();
                assert!(matches!(error, Error::Data { .. }), "{length}: {error}");
            }
        }
    }

    #[test]
    fn foreign_oversized_and_overlong_files_are_errors() {
        let folder = TempDir::new().unwrap();
        let with = |at: usize, bytes: &[u8]| {
            let mut file = GOLDEN_IMAGES.to_vec();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            file
        };
        let mut longer = GOLDEN_IMAGES.to_vec();
        longer.push(0);
        let mut bad_checksum = gzip(&GOLDEN_IMAGES);
        let end = bad_checksum.len();
        bad_checksum[end - 8] ^= 1;
        let cases = [
            ("a PNG", b"\x89PNG\r\n\x1a\n0000000000000000".to_vec(), "89504e47"),
            ("labels", GOLDEN_LABELS.to_vec(), "labels"),
            ("floats", with(2, &[0x0d]), "00000d03"),
            ("no images", with(4, &[0; 4]), "0 of 2x3"),
            ("no rows", with(8, &[0; 4]), "2 of 0x3"),
            ("as many as a u32 holds", with(4, &[255; 12]), "4294967295"),
            ("more than is there", with(4, &[0, 0, 255, 255]), "truncated"),
            ("one byte more", longer, "more"),
            ("a wrong checksum", bad_checksum, "corrupt"),
        ];
        for (what, bytes, hint) in cases {
            let error = open_idx(&write(&folder, "images", &bytes), None).unwrap_err();
            assert!(matches!(error, Error::Data { .. }), "{what}: {error}");
            assert!(error.to_string().contains(hint), "{what}: {error}");
        }
        let missing = open_idx(&folder.path().join("none"), None).unwrap_err();
        assert!(matches!(missing, Error::Io { .. }), "{missing}");
    }

    #[test]
    fn labels_of_other_images_are_an_error() {
        let folder = TempDir::new().unwrap();
        let images = write(&folder, "images", &GOLDEN_IMAGES);
        let labels = write(&folder, "labels", &[0, 0, 8, 1, 0, 0, 0, 3, 4, 1, 1]);
        let text = open_idx(&images, Some(&labels)).unwrap_err().to_string();
        assert!(text.contains("expected 2 labels") && text.contains("got 3"), "{text}");
    }
}
