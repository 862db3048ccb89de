//! A data set as one file: PNG pictures at training size in a ZIP archive without compression of its own, and a dataset.json.
//!
//! ```text
//! 00000/img00000000.png ...      a thousand in a folder, in the order of the set
//! dataset.json                   {"labels": [["00000/img00000000.png", 6], ...] or null, "classes": [...]}
//! ```
//! The tools of the StyleGAN line read it as well. The same set is the same bytes, and the file is whole or not there.

use std::{
    io::{self, Seek, Write},
    path::Path,
};

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use rayon::prelude::*;
use serde::Serialize;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{
    Dataset,
    event::{Event, Progress},
    labels,
};
use crate::{
    error::{Error, Result},
    files,
};

/// Pictures that are encoded at a time.
const CHUNK: usize = 256;
/// Pictures in a folder.
const IN_A_FOLDER: usize = 1000;

/// What was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    pub pictures: usize,
    pub bytes: u64,
}

#[derive(Serialize)]
struct Labels<'a> {
    labels: Option<Vec<(String, usize)>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    classes: &'a [String],
}

/// Writes the images of a set to the ZIP archive `path`.
///
/// # Errors
/// [`Error::Setting`] where the samples are no images; when one cannot be read; [`Error::Io`] where the file cannot be
/// written, and what was there before is then still there.
pub fn pack(set: &dyn Dataset, path: &Path, progress: Option<Progress>) -> Result<Packed> {
    let [channels, ..] = set.shape();
    if ![1, 3, 4].contains(&channels) {
        return Err(Error::setting("data", "images", format!("'{}', whose samples are points", set.name())));
    }
    let mut bytes = 0;
    let mut labels = Some(Vec::with_capacity(set.len()));
    files::replace_by(path, |file| {
        let mut archive = ZipWriter::new(file);
        for start in (0..set.len()).step_by(CHUNK) {
            let end = set.len().min(start + CHUNK);
            let encoded: Vec<(Vec<u8>, Option<usize>)> =
                (start..end).into_par_iter().map(|index| png(set, index, path)).collect::<Result<_>>()?;
            for (index, (png, label)) in (start..end).zip(encoded) {
                let name = name(index);
                add(&mut archive, &name, &png).map_err(Error::io("write", path))?;
                labels = labels.take().zip(label).map(|(mut labels, label)| {
                    labels.push((name, label));
                    labels
                });
            }
            if let Some(report) = progress {
                report(Event::Decoded { images: end, of: set.len() });
            }
        }
        let written = Labels { labels: labels.take().filter(|_| !set.classes().is_empty()), classes: set.classes() };
        let json = serde_json::to_vec(&written).map_err(io::Error::other).map_err(Error::io("write", path))?;
        add(&mut archive, labels::FILE, &json).map_err(Error::io("write", path))?;
        let file = archive.finish().map_err(|error| Error::io("write", path)(io::Error::other(error)))?;
        bytes = file.stream_position().map_err(Error::io("write", path))?;
        Ok(())
    })?;
    Ok(Packed { pictures: set.len(), bytes })
}

fn name(index: usize) -> String {
    format!("{:05}/img{index:08}.png", index / IN_A_FOLDER)
}

fn add<W: Write + Seek>(archive: &mut ZipWriter<W>, name: &str, bytes: &[u8]) -> io::Result<()> {
    // no clock and no rights of this machine
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    archive.start_file(name, options).map_err(io::Error::other)?;
    archive.write_all(bytes)
}

/// Sample `index` as a PNG file, and its label.
fn png(set: &dyn Dataset, index: usize, path: &Path) -> Result<(Vec<u8>, Option<usize>)> {
    let [channels, height, width] = set.shape();
    let mut values = vec![0.0; channels * height * width];
    let label = set.read(index, &mut values)?;
    let byte = |value: &f32| ((value + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8;
    let area = height * width;
    let pixels: Vec<u8> = (0..area).flat_map(|at| values.iter().skip(at).step_by(area)).map(byte).collect();
    let colour = match channels {
        1 => ExtendedColorType::L8,
        3 => ExtendedColorType::Rgb8,
        _ => ExtendedColorType::Rgba8,
    };
    let mut png = Vec::new();
    let written = PngEncoder::new(&mut png).write_image(&pixels, width as u32, height as u32, colour);
    written.map_err(io::Error::other).map_err(Error::io("encode a picture of", path))?;
    Ok((png, label))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data::{Form, OpenOptions, Size, open};

    #[test]
    fn what_is_packed_is_read_as_the_same_set_with_its_classes() {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("my-images-idx3-ubyte");
        let header = [0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 3];
        fs::write(&images, header.into_iter().chain((0..30).map(|at| at * 8)).collect::<Vec<u8>>()).unwrap();
        fs::write(folder.path().join("my-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 5, 1, 0, 3, 1, 1]).unwrap();
        for channels in [1, 3, 4] {
            let form = Form { channels: Some(channels), ..Form::default() };
            let set = open(images.to_str().unwrap(), &OpenOptions { form, ..Default::default() }).unwrap();
            let path = folder.path().join("set.zip");
            let packed = pack(&*set, &path, None).unwrap();
            let bytes = fs::read(&path).unwrap();
            assert_eq!(packed, Packed { pictures: 5, bytes: bytes.len() as u64 });
            pack(&*set, &path, None).unwrap();
            assert!(fs::read(&path).unwrap() == bytes, "the same set is not the same bytes");
            let form = Form { channels: (channels == 4).then_some(4), ..Form::default() };
            let again = open(path.to_str().unwrap(), &OpenOptions { form, ..Default::default() }).unwrap();
            assert_eq!((again.len(), again.shape(), again.classes()), (5, set.shape(), set.classes()));
            let (mut a, mut b) = (vec![0.0; 6 * channels], vec![0.0; 6 * channels]);
            for index in 0..5 {
                assert_eq!(set.read(index, &mut a).unwrap(), again.read(index, &mut b).unwrap());
                assert_eq!(a, b);
            }
        }
    }

    #[test]
    fn points_are_refused_and_what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.zip");
        let points = open("ring8", &OpenOptions::default()).unwrap();
        assert!(pack(&*points, &path, None).unwrap_err().is_usage());
        let form = Form { size: Some(Size::square(8)), ..Form::default() };
        let shapes =
            open("shapes", &OpenOptions { form, split: crate::data::Split::Test, ..Default::default() }).unwrap();
        assert!(matches!(pack(&*shapes, &folder.path().join("none/set.zip"), None), Err(Error::Io { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
