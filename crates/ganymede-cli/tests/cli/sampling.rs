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
fn a_walk_is_a_grid_or_moves_as_its_name_says() {
    let place = Place::new();
    place.run("train --conditional --batch 8 --steps 1 --quiet --out run").succeeds();
    let out = place.run("sample run --seeds 0-2 --interpolate 4").succeeds().out;
    assert!(out.contains("8 pictures") && out.contains("run/walk.png"), "{out}");
    // a row of four for each of the two ways
    let grid = image::open(place.path("run/walk.png")).unwrap();
    assert_eq!(grid.width(), 2 * grid.height());
    place.run("sample run --seeds 0-1 --class ring,heart --interpolate 4 --out classes.png").succeeds();
    let grid = image::open(place.path("classes.png")).unwrap();
    assert_eq!(grid.width(), 2 * grid.height());
    place.run("sample run --seeds 0-2 --interpolate 3 --out walk.gif").succeeds();
    assert!(place.read("walk.gif").starts_with(b"GIF89a"));
    place.run("sample run --class all --seeds 0-3 --interpolate 2 --out walk.apng").succeeds();
    let apng = place.read("walk.apng");
    assert!(apng.windows(4).any(|chunk| chunk == b"acTL"));

    place.run("sample run --seeds 3 --interpolate").fails_with(2, &["two seeds or more"]);
    place.run("sample run --interpolate 1").fails_with(2, &["interpolate: expected a whole number from 2"]);
    place.run("sample run --interpolate 18446744073709551615").fails_with(2, &["too many for one walk"]);
    place
        .run("sample run --n 18446744073709551615 --interpolate")
        .fails_with(2, &["more than 1000000 seeds", "lower --n"]);
    place.run("sample run --interpolate 2 --out walk.mp4").fails_with(2, &["ends in .gif or .apng"]);
    place.run("sample run --class ring,haert --interpolate").fails_with(2, &["did you mean 'heart'?"]);
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
    place
        .run("sample run --class 3")
        .fails_with(2, &["class: expected none: this model has no classes", "--conditional"]);
    place.run("sample run --trunc nan").fails_with(2, &["trunc: expected a number from 0, got NaN"]);
    place.run("sample run --trunc -1").fails_with(2, &["trunc", "-1"]);
    place.run("sample run --n 0").fails_with(2, &["n: expected a whole number from 1"]);
    place.run("sample run --columns 0").fails_with(2, &["columns"]);
    place.run("sample run --seeds 3-1").fails_with(2, &["runs backwards"]);
    place.run("sample run --seeds 1,x").fails_with(2, &["'x' is neither a seed nor a range", "0-15,20"]);
    place.run("sample run --n 20000").fails_with(2, &["too many for one picture", "--single"]);
    assert_eq!(place.names_in(".").len(), 1);
}

#[test]
fn a_conditional_run_makes_the_class_one_asks_for() {
    let place = Place::new();
    place.run("train --conditional --class-sampling balanced --batch 8 --steps 1 --quiet --out run").succeeds();
    // ten rows of eight
    let preview = image::open(place.path("run/fakes000001.png")).unwrap();
    assert_eq!(preview.height() * 8, preview.width() * 10);

    place.run("sample run --class ring --seeds 0-3 --single --out named").succeeds();
    place.run("sample run --class 1 --seeds 0-3 --single --out numbered").succeeds();
    let out = place.run("sample run --class all --seeds 0-3 --single --out all").succeeds().out;
    assert!(out.contains("40 samples"), "{out}");
    let classes = place.run("info run --json").succeeds().out;
    let classes: serde_json::Value = serde_json::from_str(&classes).unwrap();
    let ring = classes["data"]["classes"].as_array().unwrap().iter().position(|name| name == "ring").unwrap();
    assert!(place.read("named/seed0002.png") == place.read(&format!("all/class{ring}-seed0002.png")));
    assert!(place.read("all/class1-seed0002.png") == place.read("numbered/seed0002.png"));
    assert!(place.read("all/class0-seed0002.png") != place.read("all/class1-seed0002.png"));

    place.run("sample run --class all --seeds 0-4").succeeds();
    let grid = image::open(place.path("run/samples.png")).unwrap();
    // the names stand in a margin to the left of ten rows of five
    assert!(grid.width() * 10 > grid.height() * 5, "{} x {}", grid.width(), grid.height());

    place.run("sample run --class rnig").fails_with(2, &["no class 'rnig', did you mean 'ring'?"]);
    place.run("sample run --class 10").fails_with(2, &["class: expected a name, or a number from 0 to 9, got 10"]);
    place.run("sample run --class all --n 2000").fails_with(2, &["20000 images are too many", "--single"]);
}

#[test]
fn refined_samples_are_those_that_a_discriminator_trained_once_accepts() {
    let place = Place::new();
    place.run("train --preset ring8 --steps 150 --out run --quiet").succeeds();
    let first = place.run("sample run --refine reject --n 200 --out a.png").succeeds().out;
    for part in ["accepted", "% of", "told apart", "KL(q‖p)", "200 samples"] {
        assert!(first.contains(part), "'{part}' is not in {first}");
    }
    let kept = place.names_in("run/ratio");
    let written = || std::fs::metadata(place.path(&format!("run/ratio/{}", kept[0]))).unwrap().modified().unwrap();
    let time = written();
    let again = place.run("sample run --refine reject --n 200 --out b.png").succeeds().out;
    assert_eq!((again.replace("b.png", "a.png"), written(), kept.len()), (first, time, 1));
    assert!(place.read("a.png") == place.read("b.png"));
    place.run("sample run --n 200 --out plain.png").succeeds();
    assert!(place.read("a.png") != place.read("plain.png"));
    assert!(place.run("sample run --refine mh:10 --n 50 --out c.png").succeeds().out.contains("in chains of 10"));
}

#[test]
fn what_cannot_be_refined_is_wrong_usage() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    for (line, sentence) in [
        ("--refine rejct", "no way to refine 'rejct', did you mean 'reject'?"),
        ("--refine mh:0", "mh:STEPS with a whole number from 1"),
        ("--refine mh --trunc 0.5", "--trunc makes others"),
        ("--refine reject --seeds 0-3", "--seeds"),
        ("--refine reject --interpolate 3", "--interpolate"),
    ] {
        place.run(&format!("sample run {line}")).fails_with(2, &[sentence]);
    }
}

#[test]
fn a_grid_has_the_columns_and_rows_that_it_is_asked_for() {
    let place = images();
    let out = place.run("sample run --grid 6x2 --out grid.png").succeeds().out;
    assert!(out.contains("12 samples"), "{out}");
    let grid = image::open(place.path("grid.png")).unwrap();
    assert_eq!(grid.width(), 3 * grid.height());
    place.run("sample run --seeds 5-8 --grid 2 --out square.png").succeeds();
    let square = image::open(place.path("square.png")).unwrap();
    assert_eq!(square.width(), square.height());

    place.run("sample run --grid 6x").fails_with(2, &["'6x' is no grid", "12x8"]);
    place.run("sample run --grid 3x3 --n 8").fails_with(2, &["a grid of 3x3 holds 9 samples, and 8 are asked for"]);
    place.run("sample run --grid 300x300").fails_with(2, &["90000 images are too many"]);
    place.run("sample run --grid 3 --columns 3").fails_with(2, &["--columns"]);
    place.run("sample run --grid 3 --interpolate").fails_with(2, &["--interpolate"]);
}

#[test]
fn truncation_by_either_name_takes_latents_to_their_mean() {
    let place = images();
    place.run("sample run --seeds 0-2 --trunc 0 --single --out mean").succeeds();
    assert!(place.read("mean/seed0000.png") == place.read("mean/seed0002.png"));
    place.run("sample run --seeds 0-2 --trunc 0.5 --out short.png").succeeds();
    place.run("sample run --seeds 0-2 --truncation 0.5 --out long.png").succeeds();
    assert!(place.read("short.png") == place.read("long.png"));
    place.run("sample run --seeds 0-2 --out whole.png").succeeds();
    assert!(place.read("short.png") != place.read("whole.png"));
}

#[test]
fn numbers_are_written_as_numpy_reads_them() {
    let place = images();
    let out = place.run("sample run --n 300 --out samples.npy").succeeds().out;
    assert!(out.contains("300 samples") && out.contains("samples.npy"), "{out}");
    let bytes = place.read("samples.npy");
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (300, 1, 28, 28), }";
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00v\x00") && bytes[10..].starts_with(text.as_bytes()));
    assert_eq!(bytes.len(), 128 + 4 * 300 * 28 * 28);
    let value = |at: usize| f32::from_le_bytes(bytes[128 + 4 * at..132 + 4 * at].try_into().unwrap());
    // the same numbers as those of the picture
    place.run("sample run --seeds 299 --single --out single").succeeds();
    let single = image::open(place.path("single/seed0299.png")).unwrap().to_luma8();
    for (at, pixel) in single.pixels().enumerate() {
        let got = (value(299 * 784 + at) + 1.0) * 127.5;
        assert!((got - f32::from(pixel.0[0])).abs() < 0.51, "pixel {at}: {got}, {pixel:?}");
    }
    place.run("sample run --out none/samples.npy").fails_with(1, &["cannot write", "none/samples.npy"]);
    place.run("sample run --columns 3 --out samples.npy").fails_with(2, &["have no rows"]);
    place.run("sample run --neighbours 3 --out samples.npy").fails_with(2, &["no company"]);

    place.run(&format!("{TINY} --out points --quiet")).succeeds();
    place.run("sample points --n 5 --out points.npy").succeeds();
    assert_eq!(place.read("points.npy").len(), 128 + 4 * 10);
    place.run("sample points --grid 3").fails_with(2, &["one plot"]);
}

#[test]
fn neighbours_stand_to_the_right_of_their_sample() {
    let place = images();
    let out = place.run("sample run --n 3 --neighbours 4 --columns 1").succeeds().out;
    for part in ["60000 in 'shapes'", "on average", "least", "most", "run/neighbours.png"] {
        assert!(out.contains(part), "'{part}' is not in {out}");
    }
    let picture = image::open(place.path("run/neighbours.png")).unwrap().to_rgb8();
    // cells of 56 pixels with gaps of 7
    assert_eq!(picture.dimensions(), (5 * 56 + 7, 3 * 56 + 2 * 7));
    place.run("sample run --n 1 --single --out alone").succeeds();
    let alone = image::open(place.path("alone/seed0000.png")).unwrap().to_rgb8();
    assert!((0..28).all(|at| picture.get_pixel(2 * at, 20) == alone.get_pixel(at, 10)));

    place.run("sample run --neighbours 0").fails_with(2, &["neighbours: expected a whole number from 1"]);
    place.run("sample run --n 1 --neighbours 70000").fails_with(2, &["too many for one picture"]);
    place.run("sample run --neighbours 3 --single").fails_with(2, &["--single"]);
    place.run("sample run --neighbours 3 --interpolate").fails_with(2, &["--interpolate"]);
}

#[test]
fn a_walk_is_written_frame_by_frame_where_single_files_are_asked_for() {
    let place = images();
    let out = place.run("sample run --seeds 0-2 --interpolate 3 --single --out frames").succeeds().out;
    assert!(out.contains("9 pictures") && out.contains("frames"), "{out}");
    let names = place.names_in("frames");
    assert_eq!((names.len(), names[0].as_str(), names[8].as_str()), (9, "frame0000.png", "frame0008.png"));
    assert!(place.read("frames/frame0000.png") != place.read("frames/frame0001.png"));
    place.run("sample run --interpolate 2 --single").succeeds();
    assert_eq!(place.names_in("run/walk").len(), 12);
}
