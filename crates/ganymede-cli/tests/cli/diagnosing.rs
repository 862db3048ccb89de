//! `ganymede diagnose`

use crate::place::{Place, TINY};

/// What the report of a run says, for programs.
fn diagnosis(place: &Place, arguments: &str) -> serde_json::Value {
    serde_json::from_str(&place.run(&format!("diagnose run {arguments} --json")).succeeds().out).unwrap()
}

#[test]
fn a_healthy_run_is_called_healthy_and_its_page_needs_nothing_else() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    let out = place.run("diagnose run").succeeds().out;
    assert!(out.contains("healthy") && out.contains("finished") && out.contains("run/diagnosis/report.html"), "{out}");
    let page = String::from_utf8(place.read("run/diagnosis/report.html")).unwrap();
    let outside = ["http:", "https:", "@import", "<script"];
    assert!(outside.iter().all(|ask| !page.replace("http://www.w3.org", "").contains(ask)), "{page}");
    for picture in ["reals.png", "fakes_init.png"] {
        assert!(page.contains(picture) && !place.read(&format!("run/diagnosis/{picture}")).is_empty(), "{picture}");
    }
}

#[test]
fn a_run_that_died_of_numbers_that_are_not_finite_is_told_so_though_nobody_watched_it() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    // what a run of an older version that was killed has left
    let event = r#"{"step":3,"quantity":"the gradient of generator.fc1.weight","value":"NaN"}"#;
    std::fs::write(place.path("run/events.jsonl"), format!("{event}\n{{\"step\":4,\"quan")).unwrap();
    std::fs::write(place.path("run/stats.jsonl"), "{\"step\":2,\"kimg\":0.1,\"loss_d\":1.2,\"loss_g\":0.7}\n").unwrap();
    std::fs::write(place.path("run/log.txt"), "started\nstep 2 at 100 images/s\n").unwrap();
    let diagnosis = diagnosis(&place, "");
    assert_eq!(diagnosis["verdict"]["detector"], "not_finite", "{diagnosis}");
    assert_eq!(diagnosis["skipped"][0]["step"], 3);
    assert_eq!((&diagnosis["is_replayed"], &diagnosis["ending"]["kind"]), (&true.into(), &"died".into()));
}

#[test]
fn looking_deeper_measures_the_newest_checkpoint() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    let diagnosis = diagnosis(&place, "--deep --n 300");
    let look = &diagnosis["deep"]["looks"][0];
    assert_eq!(look["step"], diagnosis["steps"]);
    // after a few steps neither player is at its best, and anybody can tell the samples apart
    assert!(look["gap"]["gap"].as_f64().unwrap() > 0.0, "{look}");
    assert!(look["ratio"]["accuracy"].as_f64().unwrap() > 0.9, "{look}");
    assert!(look["memorisation"]["z"].is_f64() && look["notes"].as_array().unwrap().is_empty(), "{look}");
}

#[test]
fn what_is_no_run_is_refused_with_what_to_do() {
    let place = Place::new();
    std::fs::create_dir(place.path("empty")).unwrap();
    place.run("diagnose empty").fails_with(1, &["empty", "no run", "ganymede train"]);
    place.run("diagnose nowhere").fails_with(1, &["nowhere", "no run"]);
    place.run("diagnose empty --n 5").fails_with(2, &["--deep"]);
}
