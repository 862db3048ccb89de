//! Every wrong input is one clear sentence and an exit code: 2 for what was typed, 1 for what was found.

use std::fs;

use crate::place::{Place, TINY};

#[test]
fn an_unknown_name_is_wrong_usage_and_names_the_nearest() {
    let place = Place::new();
    for (line, nearest) in [
        ("train --preset shpaes", "no preset 'shpaes', did you mean 'shapes'?"),
        ("train --objective wassertsein", "no objective 'wassertsein', did you mean 'wasserstein'?"),
        ("train --penalty wgan_gp:10", "no penalty 'wgan_gp', did you mean 'wgan-gp'?"),
        ("train --augment color", "no transformation 'color', did you mean 'colour'?"),
        ("train --network smal28", "no network 'smal28', did you mean 'small28'?"),
        ("train --data shaeps", "'shaeps', did you mean 'shapes'?"),
    ] {
        place.run(line).fails_with(2, &[nearest, "ganymede list"]);
    }
    assert!(place.names_in(".").is_empty());
}

#[test]
fn a_setting_out_of_range_is_wrong_usage_and_says_what_was_expected() {
    let place = Place::new();
    for (line, sentence) in [
        ("train --generator-rate -0.1", "generator rate: expected a finite number from 0, got -0.1"),
        ("train --discriminator-rate NaN", "discriminator rate: expected a finite number from 0, got NaN"),
        ("train --beta1 1", "generator beta1: expected a number in [0, 1), got 1"),
        ("train --batch 0", "batch: expected a whole number from 1, got 0"),
        ("train --steps 0", "steps: expected a whole number from 1, got 0"),
        ("train --kimg 0", "kimg: expected a positive number, got 0"),
        ("train --kimg nan", "kimg: expected a positive number, got NaN"),
        ("train --clip -1", "clip: expected a positive number, got -1"),
        ("train --penalty r1:-1", "weight: expected a positive number, got -1"),
        ("train --augment-p 2", "augment-p: expected a probability from 0 to 1, got 2"),
        ("train --augment-target 1", "augment-target: expected a number between 0 and 1, got 1"),
        (
            "train --data ring8 --network mlp --augment cutout",
            "augment: expected none, or images to augment, got samples of 2 x 1 x 1",
        ),
        ("train --model vae --augment cutout", "augment: expected none beside a VAE"),
        ("train --burn-in 0 --burn-in-to rate=1", "burn-in: expected a positive number of kimg, got 0"),
        (
            "train --burn-in 1 --burn-in-to augment-p=0.3",
            "burn-in-to augment-p: expected none, or augmentation of a fixed",
        ),
        ("train --burn-in 1 --burn-in-to rate", "burn-in-to: expected NAME=VALUE"),
        ("train --penalty r1/0", "interval: expected a whole number of updates from 1, got 0"),
        ("train --channels 2", "channels: expected 1 (grey), 3 (RGB) or 4 (RGB and opacity), got 2"),
        ("train --threads 0", "threads: expected a whole number from 1, got 0"),
        ("train --batch 60001", "batch: expected 1..=60000 samples"),
        ("train --batch 100000000", "batch: expected at most 1048576"),
    ] {
        place.run(line).fails_with(2, &[sentence]);
    }
    assert!(place.names_in(".").is_empty());
}

#[test]
fn classes_that_the_data_or_the_network_do_not_have_are_wrong_usage() {
    let place = Place::new();
    let idx = |name: &str, label: [u8; 2]| {
        let images: Vec<u8> = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28].into_iter().chain([9; 1568]).collect();
        fs::write(place.path(&format!("{name}-images-idx3-ubyte")), images).unwrap();
        fs::write(place.path(&format!("{name}-labels-idx1-ubyte")), [&[0, 0, 8, 1, 0, 0, 0, 2][..], &label].concat())
            .unwrap();
    };
    idx("one", [0, 0]);
    idx("gap", [4, 4]);
    for (line, sentence) in [
        ("train --data ring8 --conditional", "conditional: expected labelled data of 2 to 65536 classes"),
        ("train --data one-images-idx3-ubyte --batch 2 --conditional", "data of one class only"),
        ("train --data gap-images-idx3-ubyte --batch 2 --conditional", "all of one class"),
        ("train --conditional --head concat --projection-psi", "projection-psi: expected the projection head"),
    ] {
        place.run(line).fails_with(2, &[sentence]);
    }
    for line in ["train --head projection", "train --projection-psi", "train --class-sampling balanced"] {
        place.run(line).fails_with(2, &["--conditional"]);
    }
}

#[test]
fn what_belongs_to_the_other_model_is_wrong_usage() {
    let place = Place::new();
    for (line, sentence) in [
        ("train --model vae --objective hinge", "--objective belongs to a game, and a VAE plays none"),
        ("train --model vae --penalty r1", "--penalty belongs to a game"),
        ("train --beta 2", "--beta belongs to a VAE, and this run is a game"),
        ("train --model vae --likelihood bernouli", "no likelihood 'bernouli', did you mean 'bernoulli'?"),
        ("train --model vae --likelihood gaussian:0", "scale: expected a positive number"),
        ("train --model vae --beta -1", "beta: expected a number from 0"),
        ("train --model vae --beta-warmup 2", "beta-warmup: expected a share of the run from 0 to 1"),
        ("train --model vae --latent uniform", "latent: expected normal"),
        ("train --data ring8 --model vae --likelihood bernoulli", "gaussian or gaussian-learned for points"),
    ] {
        place.run(line).fails_with(2, &[sentence]);
    }
    assert!(place.names_in(".").is_empty());
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    place.run("evaluate run --iwae 5").fails_with(2, &["iwae: expected a run of `ganymede train --model vae`"]);
}

#[test]
fn what_clap_refuses_is_wrong_usage_as_well() {
    let place = Place::new();
    for line in ["", "trian", "train --steps many", "train --steps 5 --kimg 5", "train --seed -1", "completions tcsh"] {
        assert_eq!(place.run(line).code, Some(2), "{line}");
    }
    place.run("train --resume run --batch 3").fails_with(2, &["--resume", "--batch"]);
}

#[test]
fn a_network_that_cannot_serve_the_data_says_which_can() {
    let place = Place::new();
    place.run("train --data ring8 --network small28").fails_with(2, &["small28", "mlp"]);
}

#[test]
fn a_directory_that_holds_another_run_is_left_alone() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    let before = place.read("run/config.json");
    let other = place.run(&format!("{TINY} --out run --seed 5"));
    other.fails_with(1, &["it holds a run of other settings", "seed is 0 there and 5 here", "another directory"]);
    assert_eq!(place.read("run/config.json"), before);
}

#[test]
fn there_is_nothing_to_resume_where_no_run_is() {
    let place = Place::new();
    place.run("train --resume nowhere").fails_with(2, &["nowhere", "no run here to resume", "--out"]);
    fs::create_dir(place.path("odd")).unwrap();
    fs::write(place.path("odd/config.json"), "{\"objectiv\": \"hinge\"}").unwrap();
    place.run("train --resume odd").fails_with(1, &["its settings cannot be read", "objectiv"]);
}

#[test]
fn a_directory_that_cannot_be_made_is_a_failure() {
    let place = Place::new();
    fs::write(place.path("file"), "").unwrap();
    place.run(&format!("{TINY} --out file/run")).fails_with(1, &["cannot create file/run"]);
    place.run(&format!("{TINY} --out file")).fails_with(1, &["file"]);
}

#[test]
fn what_is_no_checkpoint_is_a_failure_that_says_why() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    let whole = place.read("run/checkpoint-000004.safetensors");
    fs::write(place.path("half.safetensors"), &whole[..whole.len() / 2]).unwrap();
    fs::write(place.path("foreign.safetensors"), b"\x08\0\0\0\0\0\0\0{}      ").unwrap();
    fs::write(place.path("text.txt"), "hello").unwrap();
    fs::write(place.path("empty"), "").unwrap();
    fs::create_dir(place.path("no_run")).unwrap();
    for verb in ["sample", "info"] {
        for file in ["half.safetensors", "foreign.safetensors", "text.txt", "empty"] {
            place.run(&format!("{verb} {file}")).fails_with(1, &[file, "damaged", "checkpoint-*.safetensors"]);
        }
        place.run(&format!("{verb} nowhere")).fails_with(1, &["cannot read nowhere"]);
        place.run(&format!("{verb} no_run")).fails_with(1, &["no checkpoint in this directory", "ganymede train"]);
    }
}

#[test]
fn a_run_whose_newest_checkpoint_is_damaged_goes_on_from_the_one_before_and_says_so() {
    let place = Place::new();
    place.run(&format!("{TINY} --out run --quiet")).succeeds();
    let newest = "run/checkpoint-000004.safetensors";
    let whole = place.read(newest);
    fs::write(place.path(newest), &whole[..whole.len() / 2]).unwrap();
    let again = place.run("train --resume run --quiet");
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.err.starts_with("warning: ") && again.err.contains("checkpoint-000004"), "{again:?}");
    assert!(place.read(newest) == whole);
}
