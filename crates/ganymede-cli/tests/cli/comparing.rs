//! `ganymede compare`: a grid of runs that goes on wherever it was ended.

use std::{process::Stdio, thread, time::Duration};

use serde_json::Value;

use crate::place::{Place, Ran};

const GRID: &str = "compare --data ring8 --batch 16 --steps 12 --n 200 --curve 2 --curve-n 100 --quiet";
const OBJECTIVES: &str = "--objectives non-saturating,wgan-gp,vae --seeds 2";

fn compare(place: &Place, out: &str) -> Ran {
    place.run(&format!("{GRID} {OBJECTIVES} --out {out}"))
}

fn json(place: &Place, file: &str) -> Value {
    serde_json::from_slice(&place.read(file)).unwrap()
}

/// All but the times, which differ from run to run.
fn table(place: &Place, out: &str) -> (Value, Vec<String>) {
    let text = String::from_utf8(place.read(&format!("{out}/compare.md"))).unwrap();
    let untimed = |line: &str| match line.trim_end_matches(" |").rsplit_once('|') {
        Some((figures, _)) if line.starts_with('|') => figures.to_owned(),
        _ => line.to_owned(),
    };
    (json(place, &format!("{out}/compare.json"))["table"].clone(), text.lines().map(untimed).collect())
}

#[test]
fn a_comparison_leaves_runs_a_table_and_plots() {
    let place = Place::new();
    assert_eq!(compare(&place, "out").succeeds().out, "out\n");
    let expected = [
        "compare.json",
        "compare.md",
        "modes-steps.png",
        "modes-steps.svg",
        "modes-time.png",
        "modes-time.svg",
        "non-saturating",
        "samples.png",
        "vae",
        "wgan-gp",
    ];
    assert_eq!(place.names_in("out"), expected);
    let numbers = json(&place, "out/compare.json");
    let rows = numbers["table"]["rows"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| row["setting"].as_str().unwrap()).collect::<Vec<_>>(),
        ["non-saturating", "wgan-gp", "vae"]
    );
    assert!(
        rows.iter().all(|row| row["measured"] == 2 && row["figures"]["modes"]["values"].as_array().unwrap().len() == 2)
    );
    let config = &json(&place, "out/wgan-gp/seed-1/config.json");
    assert_eq!((&config["penalty"], &config["seed"], &config["snapshot"]), (&"wgan-gp".into(), &1.into(), &6.into()));
    // every run is one that the other verbs know, and its card is what `evaluate` finds
    place.run("sample out/vae/seed-0 --out vae.png").succeeds();
    place.run("evaluate out/wgan-gp/seed-0 --metrics modes --n 200 --json card.json").succeeds();
    let card = &json(&place, "out/wgan-gp/seed-0/cell.json")["result"]["measured"]["card"];
    let evaluated = json(&place, "card.json");
    assert_eq!(
        (&card["results"], &card["subject"]["digest"]),
        (&evaluated["results"], &evaluated["subject"]["digest"])
    );
}

#[test]
fn a_comparison_that_is_killed_again_and_again_ends_with_the_same_table() {
    let place = Place::new();
    compare(&place, "whole").succeeds();
    let mut kills = 0;
    for wait in (1..).map(|k| Duration::from_millis(60 + 17 * k)) {
        let mut child = place.command(&format!("{GRID} {OBJECTIVES} --out parts"));
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(wait);
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 0);
    compare(&place, "parts").succeeds();
    assert_eq!(table(&place, "parts"), table(&place, "whole"));
    for cell in ["non-saturating/seed-0", "wgan-gp/seed-1", "vae/seed-1"] {
        for file in ["metrics.jsonl", "stats.jsonl", "checkpoint-000012.safetensors"] {
            let of = |out: &str| place.read(&format!("{out}/{cell}/{file}"));
            assert!(of("parts") == of("whole"), "{cell}/{file} differs");
        }
    }
}

#[test]
fn a_cell_without_its_record_is_measured_again_and_no_other_is_touched() {
    let place = Place::new();
    compare(&place, "out").succeeds();
    let (before, checkpoint) = (table(&place, "out"), "out/vae/seed-1/checkpoint-000012.safetensors");
    let written = || std::fs::metadata(place.path(checkpoint)).unwrap().modified().unwrap();
    let (time, record) = (written(), place.read("out/vae/seed-0/cell.json"));
    std::fs::remove_file(place.path("out/wgan-gp/seed-0/cell.json")).unwrap();
    std::fs::write(place.path("out/vae/seed-1/cell.json"), "{\"setting\": \"vae\"").unwrap();
    compare(&place, "out").succeeds();
    assert_eq!(table(&place, "out"), before);
    assert_eq!((written(), place.read("out/vae/seed-0/cell.json")), (time, record));
    // another number of samples is another measurement of the same runs
    place.run(&format!("{} {OBJECTIVES} --out out", GRID.replace("--n 200", "--n 300"))).succeeds();
    assert_eq!((written(), json(&place, "out/vae/seed-1/cell.json")["protocol"]["n"].as_u64()), (time, Some(300)));
}

#[test]
fn cells_of_other_settings_are_an_error_before_anything_is_done() {
    let place = Place::new();
    compare(&place, "out").succeeds();
    let before = place.read("out/compare.json");
    for (change, difference) in
        [("--steps 13", "steps is 12 there and 13 here"), ("--generator-rate 0.01", "generator is")]
    {
        let line = GRID.replace("--steps 12", if change.starts_with("--steps") { change } else { "--steps 12" });
        let more = if change.starts_with("--steps") { "" } else { change };
        let ran = place.run(&format!("{line} {more} --objectives wgan-gp,hinge --seeds 1 --out out"));
        ran.fails_with(1, &["out/wgan-gp/seed-0: this cell was trained with other settings", difference, "--out"]);
    }
    assert!(place.read("out/compare.json") == before && !place.path("out/hinge").exists());
    place.run(&format!("{GRID} --objectives hinge --out out/vae/seed-0")).fails_with(1, &["single run", "--out"]);
}

#[test]
fn a_plan_says_how_long_it_takes_and_writes_nothing() {
    let place = Place::new();
    let line = GRID.replace(" --quiet", "");
    let plan = place.run(&format!("{line} --objectives minimax,wasserstein+clip --dry-run --out out")).succeeds().out;
    for part in
        ["2 settings × 3 seeds = 6 runs", "wasserstein, penalty none, clip 0.01", "12 steps of", "about", "6 runs"]
    {
        assert!(plan.contains(part), "'{part}' is not in {plan}");
    }
    assert!(place.names_in(".").is_empty());
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    let place = Place::new();
    for (line, sentence) in [
        ("--objectives wgan_gp", "no objective or recipe 'wgan_gp', did you mean 'wgan-gp'?"),
        ("--objectives hinge+r9", "no penalty or constraint 'r9'"),
        ("--objectives hinge,hinge", "names that differ, got 'hinge' twice"),
        ("--seeds 0", "seeds: expected a whole number from 1"),
        ("--seeds 1,1", "seeds that differ"),
        ("--metrics fod", "did you mean 'fid'?"),
        ("--features incption", "kind of features"),
        ("--curve-n 0", "metrics-n"),
    ] {
        place.run(&format!("compare --data ring8 --steps 2 {line}")).fails_with(2, &[sentence]);
    }
    assert!(place.names_in(".").is_empty());
}
