//! Files from anywhere: folders full of bad pictures, and files of every format with bytes changed at random. Each is read
//! or refused with its reason; none ends the process, and none takes memory on its header's word.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
    sync::Mutex,
};

use flate2::{Compression, write::GzEncoder};
use ganymede::{
    Config, Error,
    checkpoint::Checkpoint,
    data::{Dataset, Event, FolderOptions, open_folder, open_idx},
    random::{Draws, Purpose, Seed},
};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use tempfile::TempDir;

const SIDE: u32 = 8;
const MUTATIONS: u64 = 3000;

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn picture(seed: usize) -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb([(x * 31) as u8, (y * 17) as u8, (seed * 7) as u8]))
}

/// A chunk of a PNG file, with its sum.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    let mut sum = flate2::Crc::new();
    sum.update(&body);
    [&(data.len() as u32).to_be_bytes()[..], &body, &sum.sum().to_be_bytes()].concat()
}

/// A PNG that claims to be 65,535 pixels wide and high.
fn png_bomb() -> Vec<u8> {
    let side = 65_535u32.to_be_bytes();
    let header = [&side[..], &side, &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &[0x78, 0x9c]), chunk(b"IEND", &[])]
        .concat()
}

/// A JPEG whose frame header, of the given number of channels, claims the given side.
fn with_frame(jpeg: &[u8], side: u16) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[side.to_be_bytes(), side.to_be_bytes()].concat());
    bytes
}

/// A JPEG of four channels with Adobe's mark: CMYK, cut off behind its header.
fn cmyk() -> Vec<u8> {
    let adobe = [b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0".to_vec(), vec![0]].concat();
    let frame =
        [&[0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4][..], &[1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]].concat();
    [&[0xff, 0xd8][..], &adobe, &frame, &[0xff, 0xd9]].concat()
}

/// A PNG with the chunk that announces an animation.
fn animated(png: &[u8]) -> Vec<u8> {
    let header = 8 + 25;
    [&png[..header], &chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]), &png[header..]].concat()
}

/// Bad file number `number`: its name and what is in it.
fn bad_file(number: usize) -> (String, Vec<u8>) {
    let png = encoded(picture(number), ImageFormat::Png);
    let jpeg = encoded(picture(number), ImageFormat::Jpeg);
    let deep = GrayImage::from_fn(SIDE, SIDE, |x, _| Luma([x as u8]));
    let (extension, bytes) = match number % 8 {
        // without its last chunk and a checksum a picture still has all its pixels
        0 => ("png", png[..number * 13 % (png.len() - 20)].to_vec()),
        1 => ("jpg", jpeg[..number * 13 % jpeg.len().min(600)].to_vec()),
        2 => ("png", png_bomb()),
        3 => ("jpg", with_frame(&jpeg, 65_535)),
        4 => ("png", format!("text {number}, called a picture").into_bytes()),
        5 => ("jpg", cmyk()),
        6 => ("png", Vec::new()),
        // 16 bits cut in the middle, or an animation cut in the middle
        _ if number % 16 == 7 => {
            let bytes = encoded(DynamicImage::ImageLuma8(deep).into_luma16(), ImageFormat::Png);
            ("png", bytes[..bytes.len() / 2].to_vec())
        }
        _ => {
            let bytes = animated(&png);
            ("png", bytes[..bytes.len() - 30].to_vec())
        }
    };
    (format!("bad{number:05}.{extension}"), bytes)
}

fn assert_survives(good: usize, bad: usize) {
    let folder = TempDir::new().unwrap();
    for number in 0..good {
        let bytes = match number % 3 {
            // 16 bits and animations are bad in other programs, and read here
            0 => encoded(DynamicImage::from(picture(number)).into_rgb16(), ImageFormat::Png),
            1 => animated(&encoded(picture(number), ImageFormat::Png)),
            _ => encoded(picture(number), ImageFormat::Jpeg),
        };
        fs::write(folder.path().join(format!("good{number:05}.png")), bytes).unwrap();
    }
    for (name, bytes) in (0..bad).map(bad_file) {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink("nowhere.png", folder.path().join("dangling.png")).unwrap();
        std::os::unix::fs::symlink("itself.png", folder.path().join("itself.png")).unwrap();
    }
    let before = peak_memory();
    let refused = open_folder(folder.path(), &FolderOptions::default()).unwrap_err();
    assert!(matches!(&refused, Error::Data { .. }), "{refused}");

    let named = Mutex::new(Vec::new());
    let progress = |event: Event| {
        if let Event::LeftOut { unreadable, .. } = event {
            named.lock().unwrap().extend(unreadable.iter().cloned());
        }
    };
    let options = FolderOptions {
        size: Some(SIDE as usize),
        tolerate: Some(1.0),
        progress: Some(&progress),
        ..Default::default()
    };
    let set = open_folder(folder.path(), &options).unwrap();
    let named = named.into_inner().unwrap();
    for number in 0..bad {
        let (name, _) = bad_file(number);
        let left_out = named.iter().find(|bad| bad.path.ends_with(&name));
        assert!(left_out.is_some_and(|bad| !bad.reason.is_empty()), "{name} is not named");
    }
    assert_eq!(set.len(), good, "{:?}", named.iter().find(|bad| bad.path.to_string_lossy().contains("good")));
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let grown = (after - before) >> 20;
        assert!(grown <= 64 * threads, "{grown} MiB more for {threads} files at a time");
    }
}

/// The most memory that this process has had, where the system says.
fn peak_memory() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kib| kib << 10)
}

#[test]
fn a_folder_with_more_bad_files_than_good_ones_is_refused_or_used_without_them() {
    assert_survives(40, 400);
}

#[test]
#[ignore = "slow form of the above; cargo nextest run --release --workspace --run-ignored only ten_thousand"]
fn ten_thousand_bad_files_among_a_thousand_good_ones() {
    assert_survives(1000, 10_000);
}

/// Changes one to four bytes, or their number.
fn mutated(bytes: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + draws.below(4) {
        let at = draws.below(bytes.len().max(1));
        match draws.below(4) {
            0 if at < bytes.len() => bytes[at] ^= 1 << draws.below(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0xff][draws.below(4)],
            2 => bytes.truncate(at),
            _ => bytes.insert(at, draws.below(256) as u8),
        }
    }
    bytes
}

fn assert_read_or_refused(name: &str, seed: &[u8], open: impl Fn(&Path) -> Result<(), Error>) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, seed).unwrap();
    open(&path).unwrap_or_else(|error| panic!("{name} as it should be: {error}"));
    for mutation in 0..MUTATIONS {
        fs::write(&path, mutated(seed, &mut Draws::new(Seed(0), Purpose::Data, mutation))).unwrap();
        if let Err(error) = open(&path) {
            assert!(!error.to_string().is_empty());
        }
    }
}

fn idx() -> Vec<u8> {
    let sizes = [3u32, 2, 2].map(u32::to_be_bytes).concat();
    [&[0, 0, 8, 3][..], &sizes, &[7; 12]].concat()
}

#[test]
fn an_idx_file_of_any_content_is_read_or_refused() {
    assert_read_or_refused("images.idx", &idx(), |path| open_idx(path, None).map(drop));
}

#[test]
fn a_compressed_idx_file_of_any_content_is_read_or_refused() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&idx()).unwrap();
    let bytes = encoder.finish().unwrap();
    assert_read_or_refused("images.idx.gz", &bytes, |path| open_idx(path, None).map(drop));
}

#[test]
fn a_picture_of_any_content_is_read_or_refused() {
    for (name, format) in [("a.png", ImageFormat::Png), ("a.jpg", ImageFormat::Jpeg)] {
        let options = FolderOptions { size: Some(4), ..Default::default() };
        let open = |path: &Path| open_folder(path.parent().unwrap(), &options).map(drop);
        assert_read_or_refused(name, &encoded(picture(1), format), open);
    }
}

/// The files that the fuzz targets start from, and those that they have found.
#[test]
fn every_file_of_the_fuzz_corpora_is_read_or_refused() {
    let options = FolderOptions { size: Some(4), ..Default::default() };
    for (target, open) in [
        ("checkpoint", &(|path: &Path| Checkpoint::load(path).map(drop)) as &dyn Fn(&Path) -> Result<(), Error>),
        ("config", &|path| {
            serde_json::from_slice::<Config>(&fs::read(path).unwrap()).map_or(Ok(()), |config| config.validate())
        }),
        ("idx", &|path| open_idx(path, Some(path)).map(drop)),
        ("picture", &|path| {
            let folder = TempDir::new().unwrap();
            fs::copy(path, folder.path().join("picture.png")).unwrap();
            open_folder(folder.path(), &options).map(drop)
        }),
    ] {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        for file in fs::read_dir(corpus).unwrap() {
            if let Err(error) = open(&file.unwrap().path()) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

#[test]
fn settings_of_any_content_are_read_or_refused_and_what_is_read_round_trips() {
    let seed = serde_json::to_vec(&Config::default()).unwrap();
    for mutation in 0..MUTATIONS {
        let bytes = mutated(&seed, &mut Draws::new(Seed(0), Purpose::Data, mutation));
        let Ok(config) = serde_json::from_slice::<Config>(&bytes) else { continue };
        if config.validate().is_ok() {
            let text = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config, "{text}");
        }
    }
}
