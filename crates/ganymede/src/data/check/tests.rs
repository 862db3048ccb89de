use std::fs;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use tempfile::TempDir;

use super::*;
use crate::data::{Colour, Fit};

/// Smooth waves of its own for each seed: pictures that are not alike.
fn waves(side: u32, seed: u32) -> RgbImage {
    let wave = |at: u32, number: u32| {
        let turn = (at as f32 / side as f32) * (1 + (seed + number) % 5) as f32 * std::f32::consts::TAU
            + (seed * number) as f32;
        (128.0 + 120.0 * libm::sinf(turn)) as u8
    };
    RgbImage::from_fn(side, side, |x, y| Rgb([wave(x, 1), wave(y, 2), wave(x + y, 3)]))
}

fn save(folder: &TempDir, name: &str, picture: impl Into<DynamicImage>) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.into().save(path).unwrap();
}

fn of(counts: &[Count]) -> Vec<(&str, usize)> {
    counts.iter().map(|count| (count.what.as_str(), count.count)).collect()
}

fn checked(folder: &TempDir, form: &Form) -> Checkup {
    check(folder.path(), form, None).unwrap()
}

#[test]
fn a_tidy_folder_has_no_troubles_and_is_taken_as_it_is() {
    let folder = TempDir::new().unwrap();
    for seed in 0..6 {
        save(&folder, &format!("{}/{seed}.png", ["a", "b"][seed as usize % 2]), waves(16, seed));
    }
    let checkup = checked(&folder, &Form::default());
    assert_eq!((checkup.troubles.as_slice(), checkup.notes.as_slice()), (&[][..], &[][..]));
    assert_eq!((of(&checkup.sizes), of(&checkup.modes)), (vec![("16x16", 6)], vec![("RGB", 6)]));
    assert_eq!((of(&checkup.classes), checkup.sample), (vec![("a", 3), ("b", 3)], [3, 16, 16]));
    assert_eq!(of(&checkup.treatments), [("taken as it is", 6)]);
    let sheet = contact_sheet(&checkup).unwrap();
    assert!(sheet.width() > 3 * 16 && sheet.height() >= 2 * 16, "{:?}", sheet.dimensions());
}

#[test]
fn a_messy_folder_is_named_in_all_that_is_wrong_with_it() {
    let folder = TempDir::new().unwrap();
    let photograph = DynamicImage::from(waves(64, 1));
    save(&folder, "cats/one.png", photograph.clone());
    fs::copy(folder.path().join("cats/one.png"), folder.path().join("cats/copy.png")).unwrap();
    fs::create_dir(folder.path().join("dogs")).unwrap();
    fs::copy(folder.path().join("cats/one.png"), folder.path().join("dogs/also.png")).unwrap();
    // the same picture, smaller and compressed
    save(&folder, "cats/small.jpg", photograph.resize_exact(48, 48, image::imageops::FilterType::Lanczos3));
    save(&folder, "cats/grey.png", GrayImage::from_fn(64, 64, |x, y| Luma([(x * y / 16) as u8])));
    save(&folder, "cats/deep.png", DynamicImage::from(waves(64, 3)).into_rgb16());
    save(&folder, "dogs/wide.png", waves(80, 4).sub(80, 40));
    save(&folder, "dogs/clear.png", RgbaImage::from_fn(64, 64, |x, y| Rgba([x as u8 * 3, y as u8, 9, (x * 4) as u8])));
    fs::write(folder.path().join("dogs/cut.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    fs::write(folder.path().join("readme.txt"), "hello").unwrap();
    let checkup = checked(&folder, &Form::default());
    assert_eq!(of(&checkup.sizes), [("64x64", 6), ("48x48", 1), ("80x40", 1)]);
    assert_eq!(of(&checkup.formats), [("PNG", 7), ("JPEG", 1)]);
    assert_eq!(of(&checkup.modes), [("RGB", 5), ("16-bit RGB", 1), ("RGBA", 1), ("grey", 1)]);
    assert_eq!((checkup.transparent, checkup.ignored, checkup.unreadable.len()), (1, 1, 1));
    assert!(checkup.unreadable[0].path.ends_with("dogs/cut.png"));
    let names = |groups: &[Vec<PathBuf>]| -> Vec<Vec<String>> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        groups.iter().map(|group| group.iter().map(name).collect()).collect()
    };
    assert_eq!(names(&checkup.same), [["copy.png", "one.png", "also.png"]]);
    assert_eq!(names(&checkup.alike), [["copy.png", "small.jpg"]]);
    let troubles = checkup.troubles.join("\n");
    for sentence in ["1 picture cannot be read", "3 sizes", "--size 64 is that of 6", "1 equal file in two classes"] {
        assert!(troubles.contains(sentence), "{sentence}: {troubles}");
    }
    assert_eq!(checkup.troubles.len(), 3);
    let treatment = |name: &str| {
        let picture = checkup.pictures.iter().find(|picture| picture.path.ends_with(name)).unwrap();
        picture.treatment.join(", ")
    };
    assert_eq!(treatment("wide.png"), "cut to the middle of its width, made larger");
    assert_eq!(treatment("clear.png"), "laid on white");
    assert_eq!(treatment("grey.png"), "grey made RGB");
    assert_eq!(treatment("deep.png"), "16 bits made 8");
    assert_eq!(treatment("small.jpg"), "made larger");
    // what was asked for is no trouble any more
    let sized = Form { size: Some(Size { width: 32, height: 48 }), fit: Fit::Pad, ..Form::default() };
    let checkup = checked(&folder, &Form { background: Some(Colour([0; 3])), ..sized });
    assert!(!checkup.troubles.iter().any(|trouble| trouble.contains("sizes")), "{:?}", checkup.troubles);
    assert_eq!((checkup.sample, contact_sheet(&checkup).is_ok()), ([3, 48, 32], true));
    let json = serde_json::to_value(&checkup).unwrap();
    assert_eq!(json["pictures"].as_array().unwrap().len(), 8);
}

trait Sub {
    fn sub(&self, width: u32, height: u32) -> RgbImage;
}

impl Sub for RgbImage {
    fn sub(&self, width: u32, height: u32) -> RgbImage {
        image::imageops::crop_imm(self, 0, 0, width, height).to_image()
    }
}

#[test]
fn a_place_without_pictures_is_trouble_and_no_place_is_an_error() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.txt"), "").unwrap();
    let checkup = checked(&folder, &Form::default());
    assert!(checkup.troubles[0].contains("no picture that can be read, among 1 files"), "{:?}", checkup.troubles);
    assert!(contact_sheet(&checkup).is_err());
    assert!(check(&folder.path().join("none"), &Form::default(), None).is_err());
    assert!(check(&folder.path().join("a.txt"), &Form::default(), None).is_err());
}
