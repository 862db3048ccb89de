use std::{fs, path::PathBuf, sync::Mutex};

use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use tempfile::TempDir;

use super::*;
use crate::data::Dataset;

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

fn first(set: &ImageSet) -> Vec<f32> {
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
    let set = open_folder(folder.path(), &FolderOptions::default()).unwrap();
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
        let set = open_folder(folder.path(), &FolderOptions::default()).unwrap();
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
    let set = open_folder(folder.path(), &FolderOptions::default()).unwrap();
    assert_eq!(set.shape(), [3, 2, 2]);
    let expected = [1.0, 1.0, 0.6, 1.0, -1.0, 1.0, 0.6, -1.0, -1.0, 1.0, 0.6, -1.0];
    for (value, expected) in first(&set).into_iter().zip(expected) {
        assert!((value - expected).abs() < 1e-6, "expected {expected}, got {value}");
    }
    let one = open_folder(folder.path(), &FolderOptions { channels: Some(1), ..Default::default() }).unwrap();
    assert_eq!(one.shape(), [1, 2, 2]);
}

#[test]
fn the_middle_square_is_kept_and_resized() {
    let folder = TempDir::new().unwrap();
    // black | white | black, the white square in the middle
    let wide = RgbImage::from_fn(60, 20, |x, _| if (20..40).contains(&x) { Rgb([255; 3]) } else { Rgb([0; 3]) });
    wide.save(folder.path().join("wide.png")).unwrap();
    let set = open_folder(folder.path(), &FolderOptions { size: Some(8), ..Default::default() }).unwrap();
    assert_eq!(first(&set), [1.0; 192]);
    let error = open_folder(folder.path(), &FolderOptions::default()).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("60x20"), "{error}");
}

#[test]
fn shrinking_looks_at_every_pixel() {
    let folder = TempDir::new().unwrap();
    let board = GrayImage::from_fn(64, 64, |x, y| Luma([if (x + y) % 2 == 0 { 255 } else { 0 }]));
    board.save(folder.path().join("board.png")).unwrap();
    let set = open_folder(folder.path(), &FolderOptions { size: Some(8), ..Default::default() }).unwrap();
    assert!(first(&set).iter().all(|x| x.abs() < 0.05), "{:?}", first(&set));
}

#[test]
fn an_empty_folder_says_what_it_holds() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("notes.txt"), "").unwrap();
    let text = open_folder(folder.path(), &FolderOptions::default()).unwrap_err().to_string();
    assert!(text.contains("PNG or JPEG") && text.contains("none among 1 files"), "{text}");
    let error = open_folder(&folder.path().join("none"), &FolderOptions::default()).unwrap_err();
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
        let error = open_folder(folder.path(), &FolderOptions { size: Some(4), ..Default::default() }).unwrap_err();
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
    let set = open_folder(folder.path(), &FolderOptions { progress: Some(&listen), ..Default::default() }).unwrap();
    assert_eq!(set.len(), 999);
    assert_eq!(*left_out.lock().unwrap(), [(vec![folder.path().join("0500.png")], 1)]);
}

#[test]
fn impossible_sizes_and_channels_are_refused() {
    let folder = folder(&[("1.png", &grey(4, 0))]);
    for (size, channels) in [(Some(0), None), (Some(1 << 20), None), (None, Some(2))] {
        let error = open_folder(folder.path(), &FolderOptions { size, channels, ..Default::default() }).unwrap_err();
        assert!(error.is_usage(), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_end() {
    let folder = folder(&[("a/1.png", &grey(4, 0)), ("b/1.png", &grey(4, 0))]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/again")).unwrap();
    assert_eq!(open_folder(folder.path(), &FolderOptions::default()).unwrap().len(), 2);
}
