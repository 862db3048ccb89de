use std::{fs, path::PathBuf, sync::Mutex};

use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use tempfile::TempDir;

use super::*;
use crate::data::{Colour, Dataset, Fit, open_folder};

fn grey(side: u32, value: u8) -> GrayImage {
    GrayImage::from_pixel(side, side, Luma([value]))
}

fn folder(files: &[(&str, &GrayImage)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, picture) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture.save(path).unwrap();
    }
    folder
}

fn formed(size: Option<usize>, channels: Option<usize>) -> PictureOptions<'static> {
    PictureOptions { form: Form { size: size.map(Size::square), channels, ..Form::default() }, ..Default::default() }
}

fn first(set: &dyn Dataset) -> Vec<f32> {
    let mut out = vec![0.0; set.shape().iter().product()];
    set.read(0, &mut out).unwrap();
    out
}

/// A PNG whose header claims the given size and whose pixels are missing.
fn hollow_png(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let mut sum = flate2::Crc::new();
    sum.update(&chunk);
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0d", &chunk[..], &sum.sum().to_be_bytes()].concat()
}

#[test]
fn folders_at_the_top_are_the_classes_and_paths_give_the_order() {
    let folder = folder(&[("b/deep/er/1.png", &grey(4, 255)), ("a/2.PNG", &grey(4, 0)), ("a/1.jpg", &grey(4, 0))]);
    let set = open_folder(folder.path(), &PictureOptions::default()).unwrap();
    assert_eq!((set.len(), set.shape()), (3, [1, 4, 4]));
    assert_eq!(set.classes(), ["a", "b"]);
    let mut out = [0.0; 16];
    let labels: Vec<_> = (0..3).map(|index| set.read(index, &mut out).unwrap()).collect();
    assert_eq!(labels, [Some(0), Some(0), Some(1)]);
    assert_eq!(out, [1.0; 16]);
}

#[test]
fn one_picture_outside_the_folders_or_a_single_folder_makes_no_classes() {
    for name in ["3.png", "a/3.png"] {
        let folder = folder(&[("a/1.png", &grey(4, 0)), (name, &grey(4, 0))]);
        let set = open_folder(folder.path(), &PictureOptions::default()).unwrap();
        assert_eq!((set.len(), set.classes().len()), (2, 0));
        assert_eq!(set.read(0, &mut [0.0; 16]).unwrap(), None);
    }
}

#[test]
fn mixed_channels_become_rgb_and_what_is_transparent_white() {
    let folder = folder(&[("1.png", &grey(2, 128)), ("2.png", &grey(2, 0))]);
    let mut picture = RgbaImage::from_pixel(2, 2, Rgba([255, 0, 0, 255]));
    picture.put_pixel(1, 0, Rgba([9, 9, 9, 0]));
    picture.put_pixel(0, 1, Rgba([0, 0, 0, 51]));
    picture.save(folder.path().join("0.png")).unwrap();
    let set = open_folder(folder.path(), &PictureOptions::default()).unwrap();
    assert_eq!(set.shape(), [3, 2, 2]);
    let expected = [1.0, 1.0, 0.6, 1.0, -1.0, 1.0, 0.6, -1.0, -1.0, 1.0, 0.6, -1.0];
    for (value, expected) in first(&*set).into_iter().zip(expected) {
        assert!((value - expected).abs() < 1e-6, "expected {expected}, got {value}");
    }
    let one = open_folder(folder.path(), &formed(None, Some(1))).unwrap();
    assert_eq!(one.shape(), [1, 2, 2]);
}

#[test]
fn the_middle_square_is_kept_and_resized() {
    let folder = TempDir::new().unwrap();
    // black | white | black, the white square in the middle
    let wide = RgbImage::from_fn(60, 20, |x, _| if (20..40).contains(&x) { Rgb([255; 3]) } else { Rgb([0; 3]) });
    wide.save(folder.path().join("wide.png")).unwrap();
    let set = open_folder(folder.path(), &formed(Some(8), None)).unwrap();
    assert_eq!(first(&*set), [1.0; 192]);
    assert_eq!(open_folder(folder.path(), &PictureOptions::default()).unwrap().shape(), [3, 20, 60]);
    grey(4, 0).save(folder.path().join("small.png")).unwrap();
    let error = open_folder(folder.path(), &PictureOptions::default()).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("pictures of 4x4 and 60x20"), "{error}");
}

#[test]
fn every_fit_makes_pictures_of_any_aspect_ratio_those_of_the_frame() {
    let folder = TempDir::new().unwrap();
    // black above white
    let tall = GrayImage::from_fn(20, 80, |_, y| Luma([if y < 40 { 0 } else { 255 }]));
    tall.save(folder.path().join("tall.png")).unwrap();
    let pixels = |fit, background| {
        let form = Form { size: Some(Size { width: 12, height: 8 }), fit, background, ..Form::default() };
        let set = open_folder(folder.path(), &PictureOptions { form, ..Default::default() }).unwrap();
        assert_eq!(set.shape(), [1, 8, 12]);
        first(&*set)
    };
    let (cut, padded, stretched) =
        (pixels(Fit::Crop, None), pixels(Fit::Pad, Some(Colour([0; 3]))), pixels(Fit::Stretch, None));
    for (at, x) in stretched.iter().enumerate() {
        assert!(if at / 12 < 4 { *x < -0.8 } else { *x > 0.8 }, "{at}: {x}");
        match at / 12 {
            0..3 => assert!(cut[at] < -0.8, "{at}: {}", cut[at]),
            6.. => assert!(cut[at] > 0.8, "{at}: {}", cut[at]),
            _ => {}
        }
        // two columns in the middle
        let is_white = at / 12 >= 4 && (5..7).contains(&(at % 12));
        assert!(if is_white { padded[at] > 0.8 } else { padded[at] < -0.8 }, "{at}: {}", padded[at]);
    }
}

#[test]
fn what_is_transparent_lies_on_the_background_or_stays_transparent() {
    let folder = TempDir::new().unwrap();
    let picture = RgbaImage::from_fn(2, 1, |x, _| [Rgba([255, 0, 0, 255]), Rgba([9, 9, 9, 0])][x as usize]);
    picture.save(folder.path().join("0.png")).unwrap();
    let open = |form| first(&*open_folder(folder.path(), &PictureOptions { form, ..Default::default() }).unwrap());
    let blue = open(Form { background: Some(Colour([0, 0, 255])), ..Form::default() });
    assert_eq!(blue, [1.0, -1.0, -1.0, -1.0, -1.0, 1.0]);
    assert_eq!(open(Form { channels: Some(4), ..Form::default() }), [1.0, -1.0, -1.0, -1.0, -1.0, -1.0, 1.0, -1.0]);
    let padded = Form { channels: Some(4), size: Some(Size::square(2)), fit: Fit::Pad, ..Form::default() };
    assert_eq!(open(padded)[12..], [1.0, -1.0, -1.0, -1.0], "opacity, with nothing below");
}

#[test]
fn every_format_and_depth_is_read_as_the_same_picture() {
    use image::{DynamicImage, ImageFormat::*};
    let plain: DynamicImage =
        RgbImage::from_fn(8, 8, |x, y| if x > y { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) }).into();
    let deep: DynamicImage = plain.to_rgb16().into();
    let clear: DynamicImage = plain.to_rgba8().into();
    let expected = {
        let folder = TempDir::new().unwrap();
        plain.save(folder.path().join("0.png")).unwrap();
        first(&*open_folder(folder.path(), &formed(None, None)).unwrap())
    };
    for (name, picture, format) in [
        ("16-bit.png", &deep, Png),
        ("rgba.png", &clear, Png),
        ("a.webp", &plain, WebP),
        ("b.gif", &clear, Gif),
        ("c.bmp", &plain, Bmp),
        ("rgba.bmp", &clear, Bmp),
        ("named-otherwise.jpg", &plain, WebP),
    ] {
        let folder = TempDir::new().unwrap();
        picture.save_with_format(folder.path().join(name), format).unwrap();
        assert_eq!(first(&*open_folder(folder.path(), &formed(None, None)).unwrap()), expected, "{name}");
    }
}

#[test]
fn a_dataset_json_in_a_folder_gives_the_labels() {
    let folder = folder(&[("a/1.png", &grey(4, 0)), ("b/1.png", &grey(4, 0))]);
    fs::write(folder.path().join("dataset.json"), r#"{"labels": [["b/1.png", 0], ["a/1.png", 2]]}"#).unwrap();
    let set = open_folder(folder.path(), &PictureOptions::default()).unwrap();
    assert_eq!([0, 1].map(|index| set.label(index).unwrap()), [Some(2), Some(0)]);
    fs::write(folder.path().join("dataset.json"), r#"{"labels": [["b/1.png", 0]]}"#).unwrap();
    let error = open_folder(folder.path(), &PictureOptions::default()).unwrap_err().to_string();
    assert!(error.contains("dataset.json") && error.contains("'a/1.png'"), "{error}");
}

#[test]
fn shrinking_looks_at_every_pixel() {
    let folder = TempDir::new().unwrap();
    let board = GrayImage::from_fn(64, 64, |x, y| Luma([if (x + y) % 2 == 0 { 255 } else { 0 }]));
    board.save(folder.path().join("board.png")).unwrap();
    let set = open_folder(folder.path(), &formed(Some(8), None)).unwrap();
    assert!(first(&*set).iter().all(|x| x.abs() < 0.05), "{:?}", first(&*set));
}

#[test]
fn an_empty_folder_says_what_it_holds() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("notes.txt"), "").unwrap();
    let text = open_folder(folder.path(), &PictureOptions::default()).unwrap_err().to_string();
    assert!(text.contains(FORMATS) && text.contains("none among 1 files"), "{text}");
    let error = open_folder(&folder.path().join("none"), &PictureOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[test]
fn broken_zero_sized_and_huge_pictures_are_listed_with_their_reasons() {
    let mut truncated = Vec::new();
    let noise = GrayImage::from_fn(40, 40, |x, y| Luma([(x * 37 + y * 91 + x * y) as u8]));
    noise.write_to(&mut std::io::Cursor::new(&mut truncated), image::ImageFormat::Png).unwrap();
    truncated.truncate(truncated.len() / 2);
    let cases = [
        (Vec::new(), ""),
        (b"no picture at all".to_vec(), ""),
        (truncated, "truncated"),
        (hollow_png(0, 4), ""),
        (hollow_png(30_000, 30_000), ""),
        (hollow_png(100_000, 1), ""),
        (hollow_png(4, 4), ""),
    ];
    for (number, (bytes, hint)) in cases.into_iter().enumerate() {
        let folder = folder(&[("good.png", &grey(4, 0))]);
        fs::write(folder.path().join("bad.png"), bytes).unwrap();
        let error = open_folder(folder.path(), &formed(Some(4), None)).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, Error::Data { .. }), "case {number}: {text}");
        assert!(text.contains("1 of 2") && text.contains("bad.png: ") && text.contains(hint), "case {number}: {text}");
    }
}

#[test]
fn one_bad_picture_in_a_thousand_is_left_out_and_reported() {
    let folder = TempDir::new().unwrap();
    grey(1, 255).save(folder.path().join("0000.png")).unwrap();
    for number in 1..1000 {
        fs::copy(folder.path().join("0000.png"), folder.path().join(format!("{number:04}.png"))).unwrap();
    }
    fs::write(folder.path().join("0500.png"), "not a picture").unwrap();
    fs::write(folder.path().join(".hidden.png"), "").unwrap();
    let left_out: Mutex<Vec<(Vec<PathBuf>, usize)>> = Mutex::default();
    let listen = |event: Event<'_>| {
        if let Event::LeftOut { unreadable, ignored } = event {
            left_out.lock().unwrap().push((unreadable.iter().map(|bad| bad.path.clone()).collect(), ignored));
        }
    };
    let set = open_folder(folder.path(), &PictureOptions { progress: Some(&listen), ..Default::default() }).unwrap();
    assert_eq!(set.len(), 999);
    assert_eq!(*left_out.lock().unwrap(), [(vec![folder.path().join("0500.png")], 1)]);
}

#[test]
fn impossible_sizes_and_channels_are_refused() {
    let folder = folder(&[("1.png", &grey(4, 0))]);
    for (size, channels) in [(Some(0), None), (Some(1 << 20), None), (None, Some(2))] {
        let error = open_folder(folder.path(), &formed(size, channels)).unwrap_err();
        assert!(error.is_usage(), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_end() {
    let folder = folder(&[("a/1.png", &grey(4, 0)), ("b/1.png", &grey(4, 0))]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/again")).unwrap();
    assert_eq!(open_folder(folder.path(), &PictureOptions::default()).unwrap().len(), 2);
}
