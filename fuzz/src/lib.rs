//! What holds for a file of any content, one law a reader of files from outside. A law panics where it is broken.
//!
//! The fuzz targets try each on what the fuzzer makes up; `crates/ganymede/tests/untrusted.rs` tries each on its corpus.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use ganymede::{
    Config,
    checkpoint::Checkpoint,
    data::{Dataset, Form, PictureOptions, Size, Split, check, open_cifar, open_folder, open_idx, open_zip, pack},
    features::{Inception, InceptionWeights, Samples, extract},
    prelude::Device,
    sampling::Sampler,
};
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};

/// A law, and its name, which is that of its target and of its corpus.
pub type Law = (&'static str, fn(&[u8]));

pub const LAWS: [Law; 9] = [
    ("checkpoint", checkpoint),
    ("cifar", cifar),
    ("config", config),
    ("gzip", gzip),
    ("idx", idx),
    ("picture", picture),
    ("pth", pth),
    ("weights", weights),
    ("zip", zip),
];

/// Where the digest stands in a checkpoint, as `checkpoint/digest.rs` has it.
const DIGEST_AT: usize = 8 + br#"{"__metadata__":{"ganymede":"{\"digest\":\""#.len();
const DIGEST_LENGTH: usize = 64;
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Pictures are read at this size.
const SIDE: usize = 8;

/// A checkpoint whose digest is right is loaded or refused; one that is loaded is saved and loaded as the same.
pub fn checkpoint(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    if let Some(place) = bytes.get_mut(DIGEST_AT..DIGEST_AT + DIGEST_LENGTH) {
        place.fill(b'0');
        let digest = blake3::hash(&bytes).to_hex();
        bytes[DIGEST_AT..DIGEST_AT + DIGEST_LENGTH].copy_from_slice(digest.as_bytes());
    }
    in_file("checkpoint.safetensors", &bytes, |path| {
        let Ok(checkpoint) = Checkpoint::load(path) else { return };
        if checkpoint.save(path).is_ok() {
            let saved = fs::read(path).unwrap();
            let again = Checkpoint::load(path).unwrap();
            assert_eq!(again.tensors, checkpoint.tensors);
            assert_eq!((again.step, &again.config), (checkpoint.step, &checkpoint.config));
            again.save(path).unwrap();
            assert!(fs::read(path).unwrap() == saved, "the same state is not the same bytes");
        }
        // the convolutional networks take too long to build to be of use here
        if checkpoint.config.network == "mlp"
            && let Ok(sampler) = Sampler::new(checkpoint, &Device::flex())
        {
            let _ = sampler.sample(&[0], None, 1.0);
        }
    });
}

/// Settings are read or refused; what is read is written and read as the same.
pub fn config(bytes: &[u8]) {
    let Ok(config) = serde_json::from_slice::<Config>(bytes) else { return };
    if config.validate().is_ok() {
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
        assert!(config.kimg() >= 0.0 && config.average_keep(config.steps) <= 1.0);
    }
}

/// An IDX file, plain or compressed, is read or refused; a plain one that is read holds its own last bytes.
pub fn idx(bytes: &[u8]) {
    in_file("images", bytes, |path| {
        let labels = open_idx(path, Some(path));
        assert!(labels.is_err(), "images are no labels");
        let Ok(set) = open_idx(path, None) else { return };
        if !bytes.starts_with(&GZIP) {
            assert_eq!(pixels(&set), bytes[16..]);
        }
    });
}

/// A compressed file is read or refused, and as the same as what was compressed.
pub fn gzip(bytes: &[u8]) {
    in_file("images.gz", bytes, |path| drop(open_idx(path, None)));
    if bytes.starts_with(&GZIP) {
        return;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    let read = |name: &str, bytes: &[u8]| {
        let mut read = None;
        in_file(name, bytes, |path| read = open_idx(path, None).ok());
        read.map(|set| (set.shape(), pixels(&set)))
    };
    assert_eq!(read("images.gz", &encoder.finish().unwrap()), read("images", bytes));
}

/// A picture is read or refused; what is read is the same when it is written as a PNG and read again.
pub fn picture(bytes: &[u8]) {
    let read = |bytes: &[u8], channels: Option<usize>| {
        let mut read = None;
        let form = Form { size: Some(Size::square(SIDE)), channels, ..Form::default() };
        let options = PictureOptions { form, ..Default::default() };
        in_file("picture.png", bytes, |path| read = open_folder(path.parent().unwrap(), &options).ok());
        read.map(|set| (set.shape(), pixels(&*set)))
    };
    let Some((shape, pixels)) = read(bytes, None) else { return };
    let side = SIDE as u32;
    let picture: DynamicImage = if shape[0] == 1 {
        GrayImage::from_raw(side, side, pixels.clone()).unwrap().into()
    } else {
        let plane = |channel: u32, x: u32, y: u32| pixels[((channel * side + y) * side + x) as usize];
        RgbImage::from_fn(side, side, |x, y| image::Rgb([0, 1, 2].map(|channel| plane(channel, x, y)))).into()
    };
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).unwrap();
    assert_eq!(read(&png.into_inner(), Some(shape[0])), Some((shape, pixels)));
}

/// A tar archive, plain or compressed, with a file of CIFAR in one of its forms, is read or refused; and so is the file alone.
/// Every label of what is read is that of a class.
pub fn cifar(bytes: &[u8]) {
    let check = |path: &Path| {
        for split in [Split::Train, Split::Test] {
            let Ok(set) = open_cifar(path, split) else { continue };
            let mut out = vec![0.0; set.shape().iter().product()];
            for index in [0, set.len() - 1] {
                let label = set.read(index, &mut out).unwrap().unwrap();
                assert!(label < set.classes().len());
            }
        }
    };
    in_file("cifar.tar", bytes, check);
    for name in ["test_batch", "test", "test.bin"] {
        in_file(name, bytes, |path| check(path.parent().unwrap()));
    }
}

/// A ZIP archive of pictures, with or without a `dataset.json`, is read or refused, in memory as it is from the file; what is
/// read is the same when it is packed and read again. The doctor says something of it or says why it cannot.
pub fn zip(bytes: &[u8]) {
    in_file("set.zip", bytes, |path| {
        let open = |path: &Path, channels: Option<usize>, kept: Option<u64>| {
            let form = Form { size: Some(Size::square(SIDE)), channels, ..Form::default() };
            open_zip(path, &PictureOptions { form, kept, tolerate: Some(0.9), ..Default::default() }).ok()
        };
        let checked = check(path, &Form::default(), None);
        let set = open(path, None, None);
        let streamed = open(path, None, Some(0));
        assert_eq!(set.is_some(), streamed.is_some());
        let (Some(set), Some(streamed)) = (set, streamed) else { return };
        // the doctor goes by the first bytes, as training does; an archive may begin later
        if bytes.starts_with(b"PK\x03\x04") {
            assert_eq!(checked.unwrap().pictures.len(), set.len());
        }
        assert_eq!(pixels(&*set), pixels(&*streamed));
        let again = path.with_file_name("packed.zip");
        pack(&*set, &again, None).unwrap();
        let packed = open(&again, Some(set.shape()[0]), None).unwrap();
        assert_eq!((pixels(&*packed), packed.classes()), (pixels(&*set), set.classes()));
        for index in 0..set.len() {
            assert_eq!(packed.label(index).unwrap(), set.label(index).unwrap());
        }
    });
}

/// A PyTorch file of weights is read or refused; a network that is built of it computes what it says it does.
pub fn pth(bytes: &[u8]) {
    in_file("weights.pth", bytes, of_weights);
}

/// As [`pth`], for a safetensors file.
pub fn weights(bytes: &[u8]) {
    in_file("weights.safetensors", bytes, of_weights);
}

fn of_weights(path: &Path) {
    let Ok(weights) = InceptionWeights::open(path) else { return };
    let tap = weights.deepest_tap();
    let Ok(network) = Inception::new(&weights, tap) else { return };
    let samples = Samples::new(vec![0.5; 12], [3, 2, 2], None).unwrap();
    // a network may compute numbers that are not finite
    if let Ok(features) = extract(&network, &samples, None, &|_, _| {}) {
        assert_eq!(features.dim(), tap.dim());
    }
}

/// Every byte of every image.
fn pixels(set: &dyn Dataset) -> Vec<u8> {
    let mut out = vec![0.0; set.shape().iter().product()];
    let of = |index: usize| {
        set.read(index, &mut out).unwrap();
        out.iter().map(|x| ((x + 1.0) * 127.5).round() as u8).collect::<Vec<u8>>()
    };
    (0..set.len()).flat_map(of).collect()
}

fn in_file(name: &str, bytes: &[u8], check: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    check(&path);
}
