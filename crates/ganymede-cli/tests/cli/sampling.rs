//! `sample` and `info` on a trained run.

use crate::place::{Place, TINY};

/// A tiny run of images.
fn images() -> Place {
    let place = Place::new();
    place.run("train --batch 8 --steps 1 --quiet --out run").succeeds();
    place
}

#[test]
fn samples_are_a_grid_in_the_run_unless_told_otherwise() {
    let place = images();
    let out = place.run("sample run").succeeds().out;
    assert!(out.contains("64 samples") && out.contains("run/samples.png"), "{out}");
    assert!(place.read("run/samples.png").starts_with(b"\x89PNG"));

    place
        .run("sample run/checkpoint-000001.safetensors --seeds 0-3,9 --trunc 0.5 --columns 5 --out five.png")
        .succeeds();
    let five = image::open(place.path("five.png")).unwrap();
    assert_eq!(five.width(), 5 * five.height());
}

#[test]
fn single_samples_are_named_by_their_seeds_and_are_the_same_in_any_company() {
    let place = images();
    place.run("sample run --seeds 3,12000 --single --out some").succeeds();
    assert_eq!(place.names_in("some"), ["seed0003.png", "seed12000.png"]);
    place.run("sample run --n 5 --single --out more").succeeds();
    assert_eq!(place.names_in("more").len(), 5);
    assert!(place.read("some/seed0003.png") == place.read("more/seed0003.png"));
    assert!(place.read("more/seed0002.png") != place.read("more/seed0003.png"));
}

#[test]
fn points_are_sampled_as_a_plot() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    let out = place.run("sample run --out plot.png").succeeds().out;
    assert!(out.contains("2,000 samples of points in the plane"), "{out}");
    place.run("sample run --single").fails_with(2, &["no picture of its own"]);
}

#[test]
fn info_says_what_a_run_holds_to_people_and_programs() {
    let place = images();
    let text = place.run("info run").succeeds().out;
    for sentence in ["1 of 1", "28×28 grey", "non-saturating on small28", "generator", "loss_d", "settings"] {
        assert!(text.contains(sentence), "'{sentence}' is not in {text}");
    }
    let json = place.run("info run/checkpoint-000001.safetensors --json").succeeds().out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["step"], 1);
    assert_eq!(json["config"]["objective"], "non-saturating");
    assert_eq!(json["data"]["shape"], serde_json::json!([1, 28, 28]));
    assert_eq!(json["parts"]["generator"]["numbers"], json["parts"]["average"]["numbers"]);
    assert!(json["stats"]["loss_d"].as_f64().is_some_and(f64::is_finite));
}

#[test]
fn what_no_model_can_be_asked_for_is_refused() {
    let place = images();
    place.run("sample run --class 3").fails_with(2, &["this model has no classes", "small28"]);
    place.run("sample run --trunc nan").fails_with(2, &["trunc: expected a number from 0, got NaN"]);
    place.run("sample run --trunc -1").fails_with(2, &["trunc", "-1"]);
    place.run("sample run --n 0").fails_with(2, &["n: expected a whole number from 1"]);
    place.run("sample run --columns 0").fails_with(2, &["columns"]);
    place.run("sample run --seeds 3-1").fails_with(2, &["runs backwards"]);
    place.run("sample run --seeds 1,x").fails_with(2, &["'x' is neither a seed nor a range", "0-15,20"]);
    place.run("sample run --n 20000").fails_with(2, &["too many for one picture", "--single"]);
    assert_eq!(place.names_in(".").len(), 1);
}
