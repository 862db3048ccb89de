//! Pictures on their way into a run: looked through, packed, and trained on in every size and number of channels.

use std::fs;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

use crate::place::Place;

const SMALL: &str = "--network r3gan --capacity small --batch 4 --tick 1 --snapshot 2 --quiet";

fn save(place: &Place, name: &str, picture: impl Into<DynamicImage>) {
    let path = place.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.into().save(path).unwrap();
}

/// Eight pictures of 60x40 in two folders.
fn set(place: &Place, channels: usize) {
    for n in 0..8u32 {
        let name = format!("set/{}/{n}.png", ["a", "b"][n as usize % 2]);
        let value = |x: u32, y: u32| [(x * 4) as u8, (y * 6) as u8, (n * 30) as u8, ((x + y) * 2 + 40) as u8];
        match channels {
            1 => save(place, &name, GrayImage::from_fn(60, 40, |x, y| Luma([value(x, y)[0] ^ value(x, y)[2]]))),
            3 => save(place, &name, RgbImage::from_fn(60, 40, |x, y| Rgb([0, 1, 2].map(|c| value(x, y)[c])))),
            _ => save(place, &name, RgbaImage::from_fn(60, 40, |x, y| Rgba(value(x, y)))),
        }
    }
}

#[test]
fn every_number_of_channels_trains_at_48x32_goes_on_and_is_sampled() {
    for channels in [1, 3, 4] {
        let place = Place::new();
        set(&place, channels);
        let kept = if channels == 4 { "--channels 4" } else { "" };
        let line =
            |steps: u32, out: &str| format!("train --data set --size 48x32 {kept} {SMALL} --steps {steps} --out {out}");
        place.run(&line(4, "whole")).succeeds();
        place.run(&line(2, "parts")).succeeds();
        place.run("train --resume parts --steps 4 --quiet").succeeds();
        let checkpoint = |run: &str| place.read(&format!("{run}/checkpoint-000004.safetensors"));
        assert!(checkpoint("whole") == checkpoint("parts"), "{channels} channels: resumed is another run");
        assert_eq!(place.read("whole/stats.jsonl"), place.read("parts/stats.jsonl"));
        let log = String::from_utf8(place.read("whole/log.txt")).unwrap();
        assert!(log.contains("ms a step") && log.contains("for data"), "{log}");
        place.run("sample whole --n 2 --single --out samples").succeeds();
        let sample = image::open(place.path("samples/seed0001.png")).unwrap();
        assert_eq!((sample.width(), sample.height()), (48, 32));
        let said = place.run("info whole").succeeds();
        assert!(said.out.contains("48"), "{}", said.out);
    }
}

#[test]
fn the_pairs_of_square_images_go_on_where_they_were_and_are_sampled() {
    let sngan = "--network sngan --objective hinge --penalty r1";
    for (channels, size, pair) in [
        (1, 32, sngan),
        (4, 48, sngan),
        (3, 64, "--network sngan --objective hinge --conditional"),
        (3, 64, "--network dcgan64"),
        (1, 64, "--network dcgan64 --discriminator-batch-norm"),
    ] {
        let place = Place::new();
        set(&place, channels);
        let line = |steps: u32, out: &str| {
            format!(
                "train --data set --size {size} --channels {channels} {pair} --batch 4 --tick 1 --snapshot 2 --quiet \
                 --steps {steps} --out {out}"
            )
        };
        place.run(&line(4, "whole")).succeeds();
        place.run(&line(2, "parts")).succeeds();
        place.run("train --resume parts --steps 4 --quiet").succeeds();
        let checkpoint = |run: &str| place.read(&format!("{run}/checkpoint-000004.safetensors"));
        assert!(checkpoint("whole") == checkpoint("parts"), "{pair}, {channels} channels: resumed is another run");
        place.run("sample whole --n 2 --single --out samples").succeeds();
        let sample = image::open(place.path("samples/seed0001.png")).unwrap();
        assert_eq!((sample.width(), sample.height()), (size, size));
    }
}

#[test]
fn a_packed_set_trains_as_the_folder_does() {
    let place = Place::new();
    set(&place, 3);
    let said = place.run("data pack set -o set.zip --size 32 --fit pad --background #204060").succeeds();
    assert!(said.out.contains("8 pictures of 32×32 RGB, 2 classes") && said.out.contains("set.zip"), "{}", said.out);
    let train = |data: &str, more: &str| {
        let line =
            format!("train --data {data} {more} {SMALL} --conditional --mirror --steps 2 --out run-{}", data.len());
        place.run(&line).succeeds();
        place.read(&format!("run-{}/stats.jsonl", data.len()))
    };
    let folder = train("set", "--size 32 --fit pad --background #204060");
    assert_eq!(train("set.zip", ""), folder);
}

#[test]
fn the_doctor_passes_a_tidy_set_and_ends_with_1_on_a_messy_one() {
    let place = Place::new();
    set(&place, 4);
    let tidy = place.run("data check set --background black --sheet sheet.png").succeeds();
    for sentence in ["folder of 8 pictures", "60x40 8", "RGBA 8", "2: a 4, b 4", "laid on black 8", "sheet.png"] {
        assert!(tidy.out.contains(sentence), "'{sentence}' is not in {}", tidy.out);
    }
    let sheet = image::open(place.path("sheet.png")).unwrap();
    assert!(sheet.width() >= 4 * 60 && sheet.height() >= 2 * 40);
    fs::write(place.path("set/a/cut.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    save(&place, "set/b/small.png", RgbImage::new(9, 9));
    let messy = place.run("data check set");
    messy.fails_with(1, &["1 picture cannot be read", "2 sizes", "--size 60x40 is that of 8"]);
    assert!(messy.out.contains("set/a/cut.png: it is truncated"), "{}", messy.out);
    let json = place.run("data check set --json");
    assert_eq!(json.code, Some(1));
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["pictures"].as_array().unwrap().len(), 9);
    assert_eq!(value["unreadable"][0]["reason"], "it is truncated");
    place.run("data check nowhere").fails_with(1, &["cannot open nowhere"]);
    place.run("data check set --channels 2").fails_with(2, &["channels: expected 1"]);
    place.run("data pack ring8 -o points.zip").fails_with(2, &["whose samples are points"]);
    assert!(!place.path("points.zip").exists());
}

#[test]
fn archives_that_are_not_what_they_should_be_are_named_with_the_member() {
    let place = Place::new();
    set(&place, 3);
    place.run("data pack set -o set.zip --size 32").succeeds();
    let whole = place.read("set.zip");
    fs::write(place.path("cut.zip"), &whole[..whole.len() - 30]).unwrap();
    place.run("train --data cut.zip").fails_with(1, &["cut.zip", "truncated or damaged"]);
    let mut damaged = whole.clone();
    damaged[200] ^= 1;
    fs::write(place.path("damaged.zip"), &damaged).unwrap();
    place.run("train --data damaged.zip").fails_with(1, &["damaged.zip/00000/img00000000.png", "checksum"]);
    let renamed = |from: &[u8], to: &[u8]| {
        let mut bytes = whole.clone();
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(from) {
                bytes[at..at + to.len()].copy_from_slice(to);
            }
        }
        bytes
    };
    fs::write(place.path("evil.zip"), renamed(b"00000/img00000001", b"../00/img00000001")).unwrap();
    place.run("train --data evil.zip").fails_with(1, &["evil.zip", "../00/img00000001.png", "leads out"]);
}
