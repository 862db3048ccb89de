//! `ganymede diagnose`

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

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

/// A run with a planted fault, killed once it has said so, is told the fault and its end from what it left.
fn killed_by(fault: &str, seed: u64, detectors: &[&str]) {
    const PATIENCE: Duration = Duration::from_secs(240);
    let place = Place::new();
    let line = format!("bench health --plant {fault} --seeds {seed} --plant-steps 1000000 --out run");
    let mut run = place.command(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let names: Vec<String> = detectors.iter().map(|name| format!("\"detector\":\"{name}\"")).collect();
    let began = Instant::now();
    loop {
        let said = std::fs::read_to_string(place.path("run/health.jsonl")).unwrap_or_default();
        if said.lines().any(|line| names.iter().any(|name| line.contains(name))) {
            break;
        }
        assert!(run.try_wait().unwrap().is_none() && began.elapsed() < PATIENCE, "{fault}, seed {seed}: {said}");
        std::thread::sleep(Duration::from_millis(20));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let diagnosis = diagnosis(&place, "");
    let verdict = diagnosis["verdict"]["detector"].as_str().unwrap_or_default();
    assert!(detectors.contains(&verdict), "{fault}, seed {seed}: {diagnosis}");
    assert_eq!(diagnosis["ending"]["kind"], "died", "{fault}, seed {seed}: {diagnosis}");
    assert!(!place.read("run/diagnosis/report.html").is_empty());
}

#[test]
fn a_run_that_was_killed_is_told_what_had_gone_wrong_whatever_that_was() {
    killed_by("vanishing", 0, &["vanishing_gradient"]);
    killed_by("exploding", 0, &["exploding_gradient", "learning_rate", "not_finite"]);
    killed_by("saturation", 0, &["saturation"]);
    killed_by("overfitting", 0, &["overfitting"]);
    killed_by("latent-cut", 0, &["mode_collapse"]);
    killed_by("grid25", 0, &["mode_collapse"]);
    killed_by("cycling", 0, &["cycling"]);
    killed_by("constant-data", 0, &["data_faults"]);
    killed_by("wrong-range", 0, &["data_faults"]);
}

#[test]
fn a_run_that_was_killed_with_a_number_that_is_not_finite_is_told_so_at_each_site() {
    (0..6).for_each(|site| killed_by("not-finite", site, &["not_finite"]));
}

#[test]
fn a_planted_run_is_of_a_known_fault_and_overwrites_nothing() {
    let place = Place::new();
    place.run("bench health --plant nothing --out run").fails_with(2, &["nothing", "vanishing"]);
    place.run("bench health --plant cycling").fails_with(2, &["--out"]);
    let out = place.run("bench health --plant constant-data --plant-steps 3 --out run").succeeds().out;
    assert!(out.contains("data_faults") && out.contains("ganymede diagnose run"), "{out}");
    place.run("bench health --plant cycling --out run").fails_with(2, &["run", "--out"]);
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
