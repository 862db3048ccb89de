//! A folder of pictures in which more are bad than good, by every way in which a picture can be bad.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::Path,
    sync::Mutex,
};

use flate2::{Compression, write::ZlibEncoder};
use ganymede::{
    Config, Error,
    data::{Event, Form, PictureOptions, Size, open_folder},
    prelude::Device,
    training::Trainer,
};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use tempfile::TempDir;

const SIDE: u32 = 8;
/// The most memory that one file may take.
const MOST_FOR_ONE_FILE: usize = 64 << 20;

fn small() -> Form {
    Form { size: Some(Size::square(SIDE as usize)), ..Form::default() }
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn picture(seed: usize) -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb([(x * 31) as u8, (y * 17) as u8, (seed * 7) as u8]))
}

/// A file of the corpus of the fuzz target that reads pictures.
fn from_corpus(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/picture").join(name)).unwrap()
}

/// A chunk of a PNG file, with its sum.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    let mut sum = flate2::Crc::new();
    sum.update(&body);
    [&(data.len() as u32).to_be_bytes()[..], &body, &sum.sum().to_be_bytes()].concat()
}

/// A PNG that claims to be `side` pixels wide and high, and holds none.
fn png_bomb(side: u32, interlaced: bool) -> Vec<u8> {
    let side = side.to_be_bytes();
    let header = [&side[..], &side, &[8, 6, 0, 0, u8::from(interlaced)]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &[0x78, 0x9c]), chunk(b"IEND", &[])]
        .concat()
}

/// A PNG with a chunk behind its header.
fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let header = 8 + 25;
    [&png[..header], &chunk(kind, data), &png[header..]].concat()
}

/// A PNG with the chunk that announces an animation.
fn animated(png: &[u8]) -> Vec<u8> {
    with_chunk(png, b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])
}

/// A JPEG whose frame header claims the given side.
fn with_side(jpeg: &[u8], side: u16) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let frame = bytes.windows(2).position(|pair| [[0xff, 0xc0], [0xff, 0xc2]].contains(&[pair[0], pair[1]])).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[side.to_be_bytes(), side.to_be_bytes()].concat());
    bytes
}

/// A JPEG of four channels with Adobe's mark: CMYK, cut off behind its header.
fn cmyk_without_pixels() -> Vec<u8> {
    let adobe = [b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0".to_vec(), vec![0]].concat();
    let frame =
        [&[0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4][..], &[1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]].concat();
    [&[0xff, 0xd8][..], &adobe, &frame, &[0xff, 0xd9]].concat()
}

/// The part of `bytes` before a place that moves through all of them with `number`; what ends a picture has no pixels.
fn cut(bytes: &[u8], number: usize, end: usize) -> Vec<u8> {
    bytes[..number * 13 % (bytes.len() - end)].to_vec()
}

/// Every way in which the content of a file can be bad, by name.
type Way = (&'static str, &'static str, fn(usize) -> Vec<u8>);

const WAYS: [Way; 16] = [
    ("truncated PNG", "png", |n| cut(&encoded(picture(n), ImageFormat::Png), n, 20)),
    ("truncated JPEG", "jpg", |n| cut(&encoded(picture(n), ImageFormat::Jpeg)[..600], n, 0)),
    ("PNG bomb", "png", |_| png_bomb(65_535, false)),
    ("interlaced PNG bomb", "png", |_| png_bomb(65_535, true)),
    ("PNG bomb of believable sides", "png", |_| png_bomb(30_000, false)),
    ("JPEG bomb", "jpg", |n| with_side(&encoded(picture(n), ImageFormat::Jpeg), 65_535)),
    ("JPEG bomb in passes", "jpg", |_| with_side(&from_corpus("progressive.jpg"), 65_535)),
    ("text", "png", |n| format!("text {n}, called a picture").into_bytes()),
    ("a page of the web", "jpg", |n| format!("<html>404, file {n} is not here</html>").into_bytes()),
    ("16 bits, cut", "png", |n| {
        let deep = GrayImage::from_fn(SIDE, SIDE, |x, _| Luma([x as u8]));
        cut(&encoded(DynamicImage::ImageLuma8(deep).into_luma16(), ImageFormat::Png), n, 20)
    }),
    ("CMYK, cut off behind its header", "jpg", |_| cmyk_without_pixels()),
    ("CMYK, cut", "jpg", |n| cut(&from_corpus("cmyk-whole.jpg")[..200], n, 0)),
    ("animated PNG, cut", "png", |n| cut(&animated(&encoded(picture(n), ImageFormat::Png)), n, 20)),
    ("GIF, cut", "png", |n| cut(&encoded(DynamicImage::from(picture(n)).into_rgba8(), ImageFormat::Gif), n, 60)),
    ("zero bytes", "png", |_| Vec::new()),
    ("only the signature", "png", |_| b"\x89PNG\r\n\x1a\n".to_vec()),
];

fn bad_name(number: usize) -> String {
    format!("bad{number:05}.{}", WAYS[number % WAYS.len()].1)
}

/// What is no file that can be read, by name.
#[cfg(unix)]
fn write_what_is_no_file(folder: &Path) -> Vec<&'static str> {
    use std::os::unix::fs::symlink;
    let link = |to: &str, name: &str| symlink(to, folder.join(name)).unwrap();
    link("nowhere.png", "dangling.png");
    link("itself.png", "itself.png");
    link("there.png", "here.png");
    link("here.png", "there.png");
    // folders in a circle: the pictures in them are found once
    symlink(folder, folder.join("loop")).unwrap();
    let mut bad = vec!["dangling.png", "itself.png", "here.png", "there.png"];
    // to open a pipe that nobody writes to would be to wait for ever
    if std::process::Command::new("mkfifo").arg(folder.join("pipe.png")).status().is_ok_and(|status| status.success()) {
        bad.push("pipe.png");
    }
    // a regular file that nobody can read from its beginning, not even root
    if Path::new("/proc/self/mem").exists() {
        link("/proc/self/mem", "unreadable.png");
        bad.push("unreadable.png");
    }
    if Path::new("/dev/zero").exists() {
        link("/dev/zero", "endless.png");
        bad.push("endless.png");
    }
    // a file of holes: a whole JPEG would have to be read into memory
    let huge = fs::File::create(folder.join("huge.jpg")).unwrap();
    (&huge).write_all(&from_corpus("rgb.jpg")).unwrap();
    huge.set_len(1 << 40).unwrap();
    bad.push("huge.jpg");
    bad
}

#[cfg(not(unix))]
fn write_what_is_no_file(_: &Path) -> Vec<&'static str> {
    Vec::new()
}

fn assert_survives(good: usize, bad: usize) {
    let folder = TempDir::new().unwrap();
    for number in 0..good {
        let bytes = match number % 8 {
            // 16 bits, CMYK, animations and other formats are bad in other programs, and read here
            0 => encoded(DynamicImage::from(picture(number)).into_rgb16(), ImageFormat::Png),
            1 => animated(&encoded(picture(number), ImageFormat::Png)),
            2 => from_corpus("cmyk-whole.jpg"),
            3 => from_corpus("progressive.jpg"),
            4 => encoded(picture(number), ImageFormat::WebP),
            5 => encoded(picture(number), ImageFormat::Bmp),
            6 => from_corpus("animated-gif.png"),
            _ => encoded(picture(number), ImageFormat::Jpeg),
        };
        fs::write(folder.path().join(format!("good{number:05}.png")), bytes).unwrap();
    }
    for number in 0..bad {
        fs::write(folder.path().join(bad_name(number)), WAYS[number % WAYS.len()].2(number)).unwrap();
    }
    let no_files = write_what_is_no_file(folder.path());
    let before = peak_memory();

    let config = Config {
        data: folder.path().to_string_lossy().into_owned(),
        size: Some(Size::square(28)),
        batch: 4,
        ..Config::default()
    };
    let refused = Trainer::new(config.clone(), Device::flex()).err().unwrap();
    let share = format!("of {}", good + bad + no_files.len());
    assert!(matches!(&refused, Error::Data { .. }) && refused.to_string().contains(&share), "{share}: {refused}");
    let told_otherwise = Config { tolerate: Some(1.0), ..config };
    Trainer::new(told_otherwise, Device::flex()).unwrap().train_step().unwrap();

    let named = Mutex::new(BTreeMap::new());
    let progress = |event: Event| {
        if let Event::LeftOut { unreadable, .. } = event {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            named.lock().unwrap().extend(unreadable.iter().map(|bad| (name(&bad.path), bad.reason.clone())));
        }
    };
    let options =
        PictureOptions { form: small(), tolerate: Some(1.0), progress: Some(&progress), ..Default::default() };
    let set = open_folder(folder.path(), &options).unwrap();
    let named = named.into_inner().unwrap();
    for (number, way) in (0..bad).map(|number| (number, WAYS[number % WAYS.len()].0)) {
        let reason = named.get(&bad_name(number));
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "{way}: {} is not named", bad_name(number));
    }
    for name in no_files {
        assert!(named.get(name).is_some_and(|reason| !reason.is_empty()), "{name} is not named");
    }
    assert_eq!(set.len(), good, "{:?}", named.iter().find(|(name, _)| name.contains("good")));
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let grown = after - before;
        eprintln!("{} bad among {good} good: {} MiB more, {threads} files at a time", named.len(), grown >> 20);
        assert!(grown <= MOST_FOR_ONE_FILE * threads, "{grown} bytes more for {threads} files at a time");
    }
}

/// The most memory that this process has had, where the system says.
fn peak_memory() -> Option<usize> {
    memory("VmHWM:")
}

fn memory(kind: &str) -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(kind))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kib| kib << 10)
}

#[test]
fn a_folder_with_more_bad_files_than_good_ones_is_refused_or_used_without_them() {
    assert_survives(50, 500);
}

#[test]
#[ignore = "slow form of the above; cargo nextest run --release --workspace --run-ignored only ten_thousand"]
fn ten_thousand_bad_files_among_a_thousand_good_ones() {
    assert_survives(1000, 10_000);
}

/// Pictures that take as much as one may, or would take more; whether each is read.
fn greedy() -> Vec<(&'static str, Vec<u8>, bool)> {
    let grey = |side: u32| GrayImage::from_pixel(side, side, Luma([9]));
    let photograph =
        || RgbImage::from_fn(4000, 3000, |x, y| Rgb([(x / 16) as u8, (y / 16) as u8, ((x * y) >> 16) as u8]));
    let profile = {
        let mut deflated = ZlibEncoder::new(b"profile\0\0".to_vec(), Compression::best());
        deflated.write_all(&vec![0; 256 << 20]).unwrap();
        deflated.finish().unwrap()
    };
    vec![
        ("grey, 25 MP", encoded(grey(5000), ImageFormat::Png), true),
        ("grey, 64 MP", encoded(grey(8000), ImageFormat::Png), false),
        ("photograph, PNG", encoded(photograph(), ImageFormat::Png), true),
        ("photograph, JPEG", encoded(photograph(), ImageFormat::Jpeg), true),
        ("16 bits and transparent", encoded(DynamicImage::from(grey(1950)).into_rgba16(), ImageFormat::Png), true),
        ("as much as fits in passes", with_side(&from_corpus("progressive.jpg"), 2400), true),
        ("more than fits in passes", with_side(&from_corpus("progressive.jpg"), 4000), false),
        ("a profile of 256 MiB", with_chunk(&encoded(grey(8), ImageFormat::Png), b"iCCP", &profile), true),
    ]
}

const GREEDY: &str = "GANYMEDE_GREEDY_PICTURE";

/// One picture in a process of its own, which says how much more memory it took and whether it was read.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(GREEDY) else { return };
    let before = memory("VmRSS:").unwrap_or(0);
    let options = PictureOptions { form: small(), ..Default::default() };
    let read = open_folder(folder.as_ref(), &options).map_or_else(|error| error.to_string(), |_| "read".into());
    println!("{GREEDY} {} {read}", peak_memory().unwrap_or(before) - before);
}

#[test]
fn no_picture_takes_more_than_64_mib() {
    for (what, bytes, is_read) in greedy() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("picture.png"), bytes).unwrap();
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]).env(GREEDY, folder.path()).env("RAYON_NUM_THREADS", "1");
        let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let answer = said.split_once(GREEDY).map(|(_, rest)| rest.lines().next().unwrap().trim()).unwrap();
        let (grown, outcome) = answer.split_once(' ').unwrap();
        let grown: usize = grown.parse().unwrap();
        eprintln!("{what}: {} MiB, {outcome}", grown >> 20);
        assert!(grown <= MOST_FOR_ONE_FILE, "{what}: {grown} bytes");
        assert_eq!(outcome == "read", is_read, "{what}: {outcome}");
    }
}
