use std::io::{Cursor, Write};

use flate2::{Compression, Crc, write::DeflateEncoder};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use tempfile::TempDir;

use super::*;
use crate::data::{Form, Size};

/// A member as it is written, honest or not.
#[derive(Clone)]
struct Written {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    packed: Vec<u8>,
    /// What the archive claims.
    size: u32,
    checksum: u32,
    /// Where it claims the member to be, if not where it is.
    place: Option<u32>,
}

fn stored(name: &str, bytes: &[u8]) -> Written {
    let mut sum = Crc::new();
    sum.update(bytes);
    let (packed, size) = (bytes.to_vec(), bytes.len() as u32);
    Written { name: name.into(), flags: 1 << 11, method: 0, packed, size, checksum: sum.sum(), place: None }
}

fn deflated(name: &str, bytes: &[u8]) -> Written {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    Written { method: 8, packed: encoder.finish().unwrap(), ..stored(name, bytes) }
}

/// Local headers and data, the directory, its end.
fn archive(members: &[Written]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let fields = |bytes: &mut Vec<u8>| {
            bytes.extend([20, 0].into_iter().chain(member.flags.to_le_bytes()).chain(member.method.to_le_bytes()));
            bytes.extend([0; 4].into_iter().chain(member.checksum.to_le_bytes()));
            bytes.extend((member.packed.len() as u32).to_le_bytes().into_iter().chain(member.size.to_le_bytes()));
            bytes.extend((member.name.len() as u16).to_le_bytes().into_iter().chain([0, 0]));
        };
        let place = member.place.unwrap_or(bytes.len() as u32);
        directory.extend(b"PK\x01\x02\x14\0");
        fields(&mut directory);
        directory.extend([0; 10].into_iter().chain(place.to_le_bytes()).chain(member.name.iter().copied()));
        bytes.extend(b"PK\x03\x04");
        fields(&mut bytes);
        bytes.extend(member.name.iter().chain(&member.packed));
    }
    let (count, place) = ((members.len() as u16).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
    let length = (directory.len() as u32).to_le_bytes();
    [&bytes[..], &directory, b"PK\x05\x06\0\0\0\0", &count, &count, &length, &place, &[0, 0]].concat()
}

fn png(value: u8) -> Vec<u8> {
    encoded(GrayImage::from_pixel(4, 4, Luma([value])), ImageFormat::Png)
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn opened(bytes: &[u8], options: &PictureOptions) -> Result<Arc<dyn Dataset>> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("set.zip");
    std::fs::write(&path, bytes).unwrap();
    open_zip(&path, options)
}

fn open(members: &[Written]) -> Result<Arc<dyn Dataset>> {
    opened(&archive(members), &PictureOptions::default())
}

/// The bytes of the first pixels, and the labels.
fn seen(set: &dyn Dataset) -> Vec<(u8, Option<usize>)> {
    let mut out = vec![0.0; set.shape().iter().product()];
    let of = |index| {
        let label = set.read(index, &mut out).unwrap();
        assert_eq!(set.label(index).unwrap(), label);
        (((out[0] + 1.0) * 127.5).round() as u8, label)
    };
    (0..set.len()).map(of).collect()
}

#[test]
fn stored_and_deflated_pictures_come_in_the_order_of_their_names() {
    let set = open(&[stored("b.png", &png(2)), deflated("a.PNG", &png(1)), stored("notes.txt", b"-")]).unwrap();
    assert_eq!((set.name(), set.shape(), seen(&*set)), ("set", [1, 4, 4], vec![(1, None), (2, None)]));
}

#[test]
fn folders_are_classes_also_behind_one_that_all_lie_in() {
    for top in ["", "all/"] {
        let name = |name: &str| format!("{top}{name}");
        let members = [
            stored(&name("b/deep/x.png"), &png(2)),
            stored(&name("a/x.png"), &png(1)),
            stored(&name(".a/x.png"), b"hidden"),
            stored("__MACOSX/x.png", b"what a Mac leaves"),
        ];
        let set = open(&members).unwrap();
        assert_eq!(
            (set.classes(), seen(&*set)),
            (&["a".to_owned(), "b".to_owned()][..], vec![(1, Some(0)), (2, Some(1))])
        );
    }
}

#[test]
fn a_dataset_json_gives_the_labels_by_names_below_it() {
    let json = br#"{"labels": [["0/b.png", 5], ["0/a.png", 2]]}"#;
    for top in ["", "all/"] {
        let name = |name: &str| format!("{top}{name}");
        let members = [
            stored(&name("0/a.png"), &png(1)),
            deflated(&name("dataset.json"), json),
            stored(&name("0/b.png"), &png(2)),
        ];
        let set = open(&members).unwrap();
        assert_eq!((set.classes().len(), seen(&*set)), (6, vec![(1, Some(2)), (2, Some(5))]), "{top}");
    }
    let error = open(&[stored("a.png", &png(1)), stored("dataset.json", json)]).unwrap_err().to_string();
    assert!(error.contains("set.zip/dataset.json") && error.contains("'0/b.png', which is not"), "{error}");
    let mut damaged = stored("dataset.json", json);
    damaged.checksum ^= 1;
    let error = open(&[stored("a.png", &png(1)), damaged]).unwrap_err().to_string();
    assert!(error.contains("dataset.json") && error.contains("checksum"), "{error}");
}

#[test]
fn a_set_that_is_not_kept_in_memory_is_the_same_set() {
    let picture = |seed: u32| RgbImage::from_fn(9, 7, |x, y| Rgb([(x * 31) as u8, (y * 17) as u8, (seed * 7) as u8]));
    let members: Vec<Written> = (0..20)
        .map(|seed| {
            let (format, extension) = [
                (ImageFormat::Png, "png"),
                (ImageFormat::Jpeg, "jpg"),
                (ImageFormat::WebP, "webp"),
                (ImageFormat::Bmp, "bmp"),
                (ImageFormat::Gif, "gif"),
            ][seed as usize % 5];
            let picture: DynamicImage = picture(seed).into();
            let picture = if extension == "gif" { picture.into_rgba8().into() } else { picture };
            deflated(&format!("{}/{seed}.{extension}", seed % 2), &encoded(picture, format))
        })
        .collect();
    let form = Form { size: Some(Size { width: 6, height: 4 }), ..Form::default() };
    let bytes = archive(&members);
    let held = opened(&bytes, &PictureOptions { form, ..Default::default() }).unwrap();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("set.zip");
    std::fs::write(&path, &bytes).unwrap();
    let streamed = open_zip(&path, &PictureOptions { form, kept: Some(0), ..Default::default() }).unwrap();
    assert!(format!("{streamed:?}").starts_with("StreamedSet") && format!("{held:?}").starts_with("ImageSet"));
    assert_eq!((held.shape(), held.len(), held.classes()), ([3, 4, 6], 20, streamed.classes()));
    let (mut a, mut b) = (vec![0.0; 72], vec![0.0; 72]);
    for index in 0..20 {
        assert_eq!(held.read(index, &mut a).unwrap(), streamed.read(index, &mut b).unwrap());
        assert_eq!((&a, held.label(index).unwrap()), (&b, streamed.label(index).unwrap()));
    }
    std::fs::write(&path, &bytes[..60]).unwrap();
    let error = streamed.read(3, &mut a).unwrap_err().to_string();
    assert!(error.contains("set.zip") && error.contains("ends before"), "{error}");
}

#[test]
fn every_truncation_is_an_error_that_names_the_archive() {
    let whole = archive(&[deflated("a.png", &png(1)), stored("b.png", &png(2))]);
    for length in 0..whole.len() {
        let error = opened(&whole[..length], &PictureOptions::default()).unwrap_err();
        assert!(matches!(error, Error::Data { .. }) && error.to_string().contains("set.zip"), "{length}: {error}");
    }
}

#[test]
fn archives_that_no_honest_program_makes_are_refused() {
    let good = stored("a.png", &png(1));
    let named = |name: &str| stored(name, &png(2));
    let cases = [
        ("../../evil.png", named("../../evil.png")),
        ("absolute", named("/etc/evil.png")),
        ("absolute", named("C:/evil.png")),
        ("backslash", named("..\\evil.png")),
        ("NUL", named("a.png\0.txt")),
        ("empty", named("")),
        ("two members", named("a.png")),
        ("two members", named("./a.png")),
    ];
    for (hint, evil) in cases {
        let error = open(&[good.clone(), evil]).map(|set| format!("{hint}: {set:?}")).unwrap_err();
        let text = error.to_string();
        assert!(
            matches!(error, Error::Data { .. }) && text.contains("set.zip") && text.contains(hint),
            "{hint}: {text}"
        );
    }
    // many members that are one and the same bytes, which a small archive may have by the million
    let one = stored("0.png", &vec![0; 10_000]);
    let same = |number: usize| Written { name: format!("{number}.png").into(), place: Some(0), ..one.clone() };
    let mut overlapping = archive(&(0..2).map(same).collect::<Vec<_>>());
    let second = 30 + 5 + 10_000;
    overlapping.drain(second..2 * second);
    let end = overlapping.len();
    overlapping[end - 6..end - 2].copy_from_slice(&(second as u32).to_le_bytes());
    let error = opened(&overlapping, &PictureOptions::default()).unwrap_err().to_string();
    assert!(error.contains("on top of each other"), "{error}");
}

#[test]
fn a_member_that_cannot_be_had_is_a_picture_that_cannot_be_read() {
    let good = stored("a.png", &png(1));
    let bad = |change: fn(&mut Written)| {
        let mut member = deflated("sub/b.png", &png(2));
        change(&mut member);
        member
    };
    let bomb = deflated("sub/b.png", &vec![0; 80 << 20]);
    let cases = [
        ("encrypted", bad(|member| member.flags |= 1)),
        ("neither store nor deflate", bad(|member| member.method = 12)),
        ("checksum", bad(|member| member.checksum ^= 1)),
        ("and it has", bad(|member| member.size += 1)),
        ("and it has more", bad(|member| member.size -= 1)),
        ("inflated", bad(|member| member.packed.truncate(10))),
        ("not where", bad(|member| member.place = Some(2))),
        ("ends before", bad(|member| member.place = Some(u32::MAX - 1))),
        ("cannot hold", bad(|member| member.size = 1 << 20)),
        ("more than the 67108864", bad(|member| member.size = u32::MAX)),
        ("more than the 67108864", bomb),
        // an archive in the archive is no picture
        ("format", stored("sub/b.png", &archive(std::slice::from_ref(&good)))),
        ("limit", stored("sub/b.png", &encoded_bomb())),
    ];
    for (hint, member) in cases {
        let error = open(&[good.clone(), member.clone()]).unwrap_err().to_string();
        assert!(error.contains("set.zip/sub/b.png: ") && error.contains(hint), "{hint}: {error}");
        let tolerant = PictureOptions { tolerate: Some(0.5), ..Default::default() };
        let set = opened(&archive(&[good.clone(), member]), &tolerant).unwrap();
        assert_eq!(seen(&*set), [(1, None)], "{hint}");
    }
}

/// A GIF that claims to be as large as a GIF can be.
fn encoded_bomb() -> Vec<u8> {
    let small = encoded(DynamicImage::from(RgbImage::new(1, 1)).into_rgba8(), ImageFormat::Gif);
    [&small[..6], &[0xff; 4], &small[10..]].concat()
}

#[test]
fn an_archive_without_pictures_says_so() {
    for members in [vec![], vec![stored("a.txt", b"a"), stored("nested.zip", &archive(&[]))]] {
        let error = open(&members).unwrap_err().to_string();
        assert!(error.contains(&format!("none among {} files", members.len())), "{error}");
    }
}
