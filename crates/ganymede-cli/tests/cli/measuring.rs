//! `train --metrics`: measured while it trains, the best kept.

use serde_json::Value;

use crate::place::{Place, TINY};

const METRICS: &str = "--metrics modes,kid --metrics-n 100";

fn lines(place: &Place, file: &str) -> Vec<Value> {
    let text = String::from_utf8(place.read(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_measured_run_records_every_snapshot_and_names_the_best() {
    let place = Place::new();
    let out = place.run(&format!("{TINY} {METRICS} --out run")).succeeds().out;
    let measured = lines(&place, "run/metrics.jsonl");
    assert_eq!(measured.iter().map(|line| line["step"].as_u64()).collect::<Vec<_>>(), [Some(0), Some(2), Some(4)]);
    assert!(
        out.contains("measured at step 2") && out.contains("best") && out.contains("modes + high_quality"),
        "{out}"
    );

    let info: Value = serde_json::from_str(&place.run("info run --json").succeeds().out).unwrap();
    let best = info["best"]["step"].as_u64().unwrap();
    let figure = |line: &Value| {
        let modes = &line["results"]["modes"];
        modes["value"].as_f64().unwrap() + modes["high_quality"].as_f64().unwrap()
    };
    let highest = measured[1..].iter().map(figure).fold(f64::MIN, f64::max);
    let of_best = measured.iter().find(|line| line["step"] == best).unwrap();
    assert_eq!((figure(of_best), info["best"]["score"].as_f64()), (highest, Some(-highest)));
    let checkpoint = format!("run/checkpoint-{best:06}.safetensors");
    assert!(place.run("info run").succeeds().out.contains(&checkpoint));

    place.run("sample run --best --out best.png").succeeds();
    place.run(&format!("sample {checkpoint} --out same.png")).succeeds();
    assert!(place.read("best.png") == place.read("same.png"));
}

#[test]
fn what_is_measured_in_training_is_what_evaluate_finds_of_the_checkpoint() {
    let place = Place::new();
    place.run(&format!("{TINY} {METRICS} --out run --quiet")).succeeds();
    let cache = place.path("cache");
    let line = "evaluate run --metrics modes,kid --n 100 --json card.json";
    assert!(place.command(line).env("XDG_CACHE_HOME", cache).output().unwrap().status.success());
    let card: Value = serde_json::from_slice(&place.read("card.json")).unwrap();
    let all = lines(&place, "run/metrics.jsonl");
    let [.., measured, evaluated] = all.as_slice() else { panic!("{all:?}") };
    for key in ["step", "results", "features"] {
        assert_eq!((&measured[key], &evaluated[key]), (&card[key], &card[key]), "{key}");
    }
    assert_eq!(measured["subject"]["digest"], card["subject"]["digest"]);
    assert_eq!(measured["reference"], card["reference"]);
}

#[test]
fn a_measured_run_that_goes_on_from_an_earlier_checkpoint_writes_the_same_files() {
    let place = Place::new();
    let settings = "train --data ring8 --batch 16 --tick 5 --snapshot 5 --keep-every 1 --quiet --steps 20";
    for run in ["whole", "parts"] {
        place.run(&format!("{settings} {METRICS} --out {run}")).succeeds();
    }
    for step in [15, 20] {
        std::fs::remove_file(place.path(&format!("parts/checkpoint-{step:06}.safetensors"))).unwrap();
    }
    place.run("train --resume parts --quiet").succeeds();
    for file in ["metrics.jsonl", "stats.jsonl", "checkpoint-000015.safetensors", "checkpoint-000020.safetensors"] {
        assert!(place.read(&format!("whole/{file}")) == place.read(&format!("parts/{file}")), "{file} differs");
    }
}

#[test]
fn what_cannot_be_measured_is_known_before_the_first_step() {
    let place = Place::new();
    let train = "train --batch 8 --steps 1";
    place
        .run(&format!("{train} --out few --metrics fid --metrics-n 100"))
        .fails_with(1, &["more samples than the 192", "100"]);
    place.run(&format!("{train} --out none --metrics modes --metrics-n 100")).fails_with(2, &["known separate modes"]);
    for run in ["few", "none"] {
        assert!(!place.names_in(run).iter().any(|name| name.ends_with(".safetensors")), "{run}");
    }
    place.run(&format!("{train} --metrics fod")).fails_with(2, &["did you mean 'fid'?"]);
    place.run(&format!("{train} --metrics fid --metrics-features incption")).fails_with(2, &["kind of features"]);
    place.run(&format!("{train} --metrics fid --metrics-n 0")).fails_with(2, &["metrics-n"]);
    place.run(&format!("{train} --metrics fid --metrics-every 0")).fails_with(2, &["metrics-every"]);
    assert_eq!(place.run(&format!("{train} --metrics-every 2")).code, Some(2));
    place.run("train --batch 8 --steps 1 --out plain --quiet").succeeds();
    place.run("sample plain --best").fails_with(1, &["known to be the best", "--metrics"]);
}
