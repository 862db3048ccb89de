//! `evaluate` on runs and on data.

use crate::place::{Place, TINY};

/// A set of pictures of our own, so that no file outside the place is read.
fn pictures(place: &Place, folder: &str, shift: u32) {
    std::fs::create_dir_all(place.path(folder)).unwrap();
    for index in 0..40u32 {
        let picture = image::GrayImage::from_fn(16, 16, |x, y| {
            image::Luma([((x * (index % 7 + 1) + y * (index % 5 + shift) + shift * 20) % 256) as u8])
        });
        picture.save(place.path(&format!("{folder}/{index:02}.png"))).unwrap();
    }
}

#[test]
fn two_folders_are_compared_and_the_card_says_how() {
    let place = Place::new();
    pictures(&place, "a", 1);
    pictures(&place, "b", 3);
    let line = "evaluate a b --features random-conv --allow-few --metrics fid,kid,prdc,ms-ssim --json card.json";
    let out = evaluated(&place, line);
    for name in ["fid", "kid", "precision", "recall", "density", "coverage", "ms_ssim", "random-conv"] {
        assert!(out.contains(name), "'{name}' is not in {out}");
    }
    let card: serde_json::Value = serde_json::from_slice(&place.read("card.json")).unwrap();
    assert!(card["results"]["fid"]["value"].as_f64().is_some_and(|value| value > 0.0), "{card}");
    assert_eq!(card["subject"]["count"], 40);
    assert_eq!(card["options"]["neighbours"], 5);

    evaluated(&place, "evaluate a a --features random-conv --allow-few --metrics fid --json same.json");
    let card: serde_json::Value = serde_json::from_slice(&place.read("same.json")).unwrap();
    assert!(card["results"]["fid"]["value"].as_f64().is_some_and(|value| value < 1e-6), "{card}");
}

#[test]
fn a_run_of_points_is_measured_by_the_modes_it_covers_and_keeps_the_record() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    let out = evaluated(&place, "evaluate run --n 500");
    assert!(out.contains("modes") && out.contains("high_quality"), "{out}");
    let record = String::from_utf8(place.read("run/metrics.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(record.lines().next().unwrap()).unwrap();
    assert_eq!(line["step"], 4);
    assert_eq!(line["results"]["modes"]["modes"], 8);
}

#[test]
fn a_conditional_run_is_measured_by_the_classes_it_makes() {
    let place = Place::new();
    for (class, light) in [("dark", 40), ("light", 200)] {
        std::fs::create_dir_all(place.path(&format!("two/{class}"))).unwrap();
        for index in 0..40u32 {
            let picture =
                image::GrayImage::from_fn(28, 28, |x, y| image::Luma([(light + (x * index + y * 3) % 40) as u8]));
            picture.save(place.path(&format!("two/{class}/{index:02}.png"))).unwrap();
        }
    }
    place.run("train --data two --conditional --batch 8 --steps 1 --quiet --out run").succeeds();
    let out = evaluated(&place, "evaluate run --metrics accuracy --n 20 --json card.json");
    assert!(out.contains("accuracy") && out.contains("of_reference"), "{out}");
    let card: serde_json::Value = serde_json::from_slice(&place.read("card.json")).unwrap();
    let accuracy = &card["results"]["accuracy"];
    assert!(accuracy["of_reference"].as_f64().is_some_and(|share| share > 0.9), "{card}");
    assert!(accuracy["by_class"]["light"].is_number() && accuracy["by_class"]["dark"].is_number(), "{card}");

    place.run("train --data two --batch 8 --steps 1 --quiet --out blind").succeeds();
    let refused = cached(&place, "evaluate blind --metrics accuracy --n 20");
    refused.fails_with(2, &["accuracy only of samples of known classes", "--conditional"]);
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let place = Place::new();
    pictures(&place, "a", 1);
    let fails = |line: &str, code: i32, sentences: &[&str]| cached(&place, line).fails_with(code, sentences);
    fails("evaluate a a --features random-conv", 1, &["more samples than the 192 dimensions", "got 40"]);
    fails("evaluate a a --features incption", 2, &["kind of features", "did you mean"]);
    fails("evaluate a a --metrics fod", 2, &["metric", "did you mean 'fid'?"]);
    fails("evaluate a a --metrics modes", 2, &["modes only against data with known separate modes"]);
    fails("evaluate nothing-here", 2, &["nothing-here"]);
    fails("evaluate a a --weights no-such.pth --features inception", 1, &["no-such.pth"]);
    std::fs::write(place.path("foreign.safetensors"), b"{}").unwrap();
    fails("evaluate a a --weights foreign.safetensors --features inception", 1, &["foreign.safetensors"]);
}

/// Runs with a cache of its own, so that nothing is left outside the place.
fn cached(place: &Place, line: &str) -> crate::place::Ran {
    let output = place.command(line).env("XDG_CACHE_HOME", place.path("cache")).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    crate::place::Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn evaluated(place: &Place, line: &str) -> String {
    cached(place, line).succeeds().out
}

#[test]
fn a_ratio_shows_what_looks_least_real_and_a_class_score_what_the_classes_allow() {
    let place = Place::new();
    for (folder, shift) in [("real", 0), ("odd", 60)] {
        for (class, light) in [("dark", 40), ("light", 160)] {
            std::fs::create_dir_all(place.path(&format!("{folder}/{class}"))).unwrap();
            for index in 0..60u32 {
                let of = |x: u32, y: u32| image::Luma([(light + (x * index + y * 3 + shift * (x % 2)) % 80) as u8]);
                let picture = image::GrayImage::from_fn(8, 8, of);
                picture.save(place.path(&format!("{folder}/{class}/{index:02}.png"))).unwrap();
            }
        }
    }
    let line = "evaluate odd real --metrics ratio,class-score --worst worst.png --json card.json";
    let out = evaluated(&place, line);
    assert!(out.contains("least real in worst.png") && out.contains("jsd") && !out.contains("least_real"), "{out}");
    let card: serde_json::Value = serde_json::from_slice(&place.read("card.json")).unwrap();
    let (ratio, score) = (&card["results"]["ratio"], &card["results"]["class_score"]);
    assert!(ratio["value"].as_f64().is_some_and(|kl| kl > 0.1) && ratio["held_out"] == 48, "{card}");
    assert!(ratio["p_value"].as_f64().is_some_and(|p| p < 0.01), "{card}");
    assert_eq!(ratio["least_real"].as_array().map(Vec::len), Some(24));
    assert!(score["of_reference"].as_f64().is_some_and(|score| (1.5..=2.0 + 1e-9).contains(&score)), "{card}");
    let worst = image::open(place.path("worst.png")).unwrap();
    assert_eq!((worst.width() / 64, worst.height() / 64), (8, 3));

    cached(&place, "evaluate odd real --metrics kid --features random-conv --worst w.png")
        .fails_with(2, &["--worst shows what the ratio finds", "--metrics ratio"]);
    pictures(&place, "plain", 1);
    cached(&place, "evaluate plain plain --metrics class-score").fails_with(1, &["labelled samples of two classes"]);
}

#[test]
fn one_colour_has_a_right_answer_and_sizes_that_differ_are_a_clear_error() {
    let place = Place::new();
    pictures(&place, "a", 1);
    for (folder, shade, side) in [("grey", 100u8, 16), ("light", 200, 16), ("large", 200, 24)] {
        std::fs::create_dir_all(place.path(folder)).unwrap();
        for index in 0..20 {
            let picture = image::GrayImage::from_pixel(side, side, image::Luma([shade]));
            picture.save(place.path(&format!("{folder}/{index:02}.png"))).unwrap();
        }
    }
    let fid = |line: &str| {
        evaluated(&place, &format!("evaluate {line} --allow-few --json card.json"));
        let card: serde_json::Value = serde_json::from_slice(&place.read("card.json")).unwrap();
        let figures: Vec<f64> =
            card["results"].as_object().unwrap().values().filter_map(|figure| figure["value"].as_f64()).collect();
        assert!(figures.iter().all(|value| value.is_finite()), "{card}");
        card["results"]["fid"]["value"].as_f64().unwrap()
    };
    assert!(fid("grey grey --features random-conv --metrics fid,kid,prdc").abs() < 1e-9);
    assert!(fid("grey a --features random-conv --metrics fid,kid,prdc") > 0.0);
    // 256 pixels, each 200/127.5 - 100/127.5 apart
    let expected = 256.0 * (100.0f64 / 127.5).powi(2);
    assert!((fid("light grey --features pixels --metrics fid") / expected - 1.0).abs() < 1e-6);
    cached(&place, "evaluate large grey --features pixels --metrics fid --allow-few")
        .fails_with(1, &["same dimension", "576", "256"]);
    cached(&place, "evaluate large grey --metrics ratio").fails_with(1, &["samples of one shape", "24", "16"]);
}
