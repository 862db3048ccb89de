//! Runs from start to end, and again.

use crate::place::{Place, TINY};

#[test]
fn a_run_writes_everything_and_says_what_to_type_next() {
    let place = Place::new();
    let out = place.run(&format!("{TINY} --explain")).succeeds().out;
    let run = "runs/00000-ring8-relativistic";
    for sentence in [
        "generator",
        "parameters",
        "writes to",
        run,
        "What the numbers mean",
        "step 2/4",
        "step 4/4",
        "loss_d",
        "logit_fake",
        "images/s",
        &format!("{run}/fakes000004.png"),
        &format!("ganymede sample {run}"),
    ] {
        assert!(out.contains(sentence), "'{sentence}' is not in {out}");
    }
    let stats = String::from_utf8(place.read(&format!("{run}/stats.jsonl"))).unwrap();
    let line: serde_json::Value = serde_json::from_str(stats.lines().next().unwrap()).unwrap();
    let explained = &out[out.find("What the numbers mean").unwrap()..out.find("step 2/4").unwrap()];
    for number in line.as_object().unwrap().keys().filter(|key| !["step", "kimg"].contains(&key.as_str())) {
        assert!(explained.contains(&format!("  {number} ")), "{number} is not in {explained}");
    }
    let files = place.names_in(run);
    let expected = [
        "checkpoint-000002.safetensors",
        "checkpoint-000004.safetensors",
        "config.json",
        "fakes000002.png",
        "fakes000004.png",
        "fakes_init.png",
        "log.txt",
        "reals.png",
        "stats.jsonl",
    ];
    for file in expected {
        assert!(files.iter().any(|name| name == file), "{file} is not among {files:?}");
    }
    assert_eq!(place.run(&format!("{TINY} --quiet")).succeeds().out, "runs/00001-ring8-relativistic\n");
}

#[test]
fn a_run_made_longer_is_the_run_that_was_long_at_once() {
    let points = "train --data ring8 --batch 16 --tick 5 --penalty r1:0.1/3 --seed 7 --quiet";
    let classes = "train --conditional --batch 4 --tick 5 --penalty r1:0.1/3 --class-sampling balanced --quiet";
    // stopped between two moves of the probability
    let augmented = "train --batch 4 --tick 5 --augment cutout,colour --augment-kimg 0.03 --augment-target 0.1 --quiet";
    let burnt_in = "train --data ring8 --batch 16 --tick 5 --penalty r1:0.1 --average-kimg 0 --burn-in 0.12 \
        --burn-in-to rate=0.1,penalty=0.1,beta2=0.9,average-kimg=1 --quiet";
    for settings in [points, classes, augmented, burnt_in] {
        assert_longer_is_long(settings);
    }
}

fn assert_longer_is_long(settings: &str) {
    let place = Place::new();
    place.run(&format!("{settings} --steps 10 --out whole")).succeeds();
    place.run(&format!("{settings} --steps 5 --out parts")).succeeds();
    let parts = place.run("train --resume parts --steps 10").succeeds();
    assert!(parts.out.contains("5 done already"), "{}", parts.out);
    for file in ["checkpoint-000010.safetensors", "stats.jsonl", "fakes000010.png", "config.json"] {
        assert!(
            place.read(&format!("whole/{file}")) == place.read(&format!("parts/{file}")),
            "{settings}: {file} differs"
        );
    }
}

#[test]
fn a_vae_is_a_run_like_any_other() {
    let place = Place::new();
    let settings = "train --model vae --batch 8 --beta-warmup 0.5 --tick 1 --snapshot 2";
    let out = place.run(&format!("{settings} --steps 2 --explain")).succeeds().out;
    let run = "runs/00000-shapes-vae";
    for sentence in ["decoder", "encoder", "bernoulli", "elbo", "kl", "in nats", run, "step 2/2"] {
        assert!(out.contains(sentence), "'{sentence}' is not in {out}");
    }
    for file in ["fakes000002.png", "reconstructions000002.png", "checkpoint-000002.safetensors", "stats.jsonl"] {
        assert!(place.path(&format!("{run}/{file}")).exists(), "{file}");
    }
    let grid = image::open(place.path(&format!("{run}/reconstructions000002.png"))).unwrap();
    assert_eq!(grid.width(), 4 * grid.height());
    let info = place.run(&format!("info {run}")).succeeds().out;
    assert!(info.contains("bernoulli on small28, beta 1"), "{info}");
    place.run(&format!("sample {run} --n 4")).succeeds();
    let out = place.run(&format!("evaluate {run} --iwae 3 --n 5 --json bound.json")).succeeds().out;
    assert!(out.contains("iwae 3") && out.contains("nats"), "{out}");
    let card: serde_json::Value = serde_json::from_slice(&place.read("bound.json")).unwrap();
    assert!(card["results"]["iwae"]["value"].as_f64().is_some_and(|value| value < 0.0), "{card}");
    assert_eq!(card["results"]["iwae"]["count"], 5);

    let points = "train --data ring8 --network mlp --model vae --batch 16 --tick 5 --average-kimg 0.1 --quiet";
    assert_longer_is_long(points);
}

#[test]
fn a_directory_given_again_with_its_settings_goes_on() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run")).succeeds();
    let again = place.run(&format!("{TINY} --out run")).succeeds().out;
    assert!(again.contains("this run has all its 4 steps") && again.contains("--resume run --steps 8"), "{again}");
    let longer = place.run("train --resume run --steps 6").succeeds().out;
    assert!(longer.contains("step 6/6") && !longer.contains("step 4/6"), "{longer}");
}

#[test]
fn a_dry_run_measures_and_writes_nothing() {
    let place = Place::new();
    let out = place.run(&format!("{TINY} --dry-run")).succeeds().out;
    for sentence in ["generator", "discriminator", "weight", "128", "parameters", "Adam's moments", "ms", "for 4 steps"]
    {
        assert!(out.contains(sentence), "'{sentence}' is not in {out}");
    }
    assert!(place.names_in(".").is_empty());
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let place = Place::new();
    for threads in [1, 3] {
        place.run(&format!("{TINY} --quiet --threads {threads} --out on{threads}")).succeeds();
    }
    let file = "checkpoint-000004.safetensors";
    assert!(place.read(&format!("on1/{file}")) == place.read(&format!("on3/{file}")));
}

#[test]
fn nobody_listening_does_not_end_a_run() {
    let place = Place::new();
    let mut child = place.command(&format!("{TINY} --out run")).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(place.path("run/checkpoint-000004.safetensors").exists());
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_is_saved_and_goes_on() {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };
    let place = Place::new();
    let line = "train --data ring8 --batch 16 --steps 10000000 --tick 1 --out run";
    for (signal, from) in [("INT", "fresh"), ("TERM", "resumed")] {
        let mut child = place.command(line).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("step ")), "{from}");
        let kill = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let last: Vec<String> = lines.collect();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{from}");
        assert!(last.iter().any(|line| line.contains("everything saved")), "{from}: {last:?}");
        assert!(last.iter().any(|line| line.contains("ganymede train --resume run")), "{from}: {last:?}");
    }
    let saved = place.names_in("run").into_iter().filter(|name| name.ends_with(".safetensors")).count();
    assert!(saved > 0);
}
