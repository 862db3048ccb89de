//! What the binary says of itself.

use crate::place::Place;

#[test]
fn every_verb_explains_itself_with_examples() {
    let place = Place::new();
    assert!(place.run("--help").succeeds().out.contains("Examples:"));
    for verb in ["train", "sample", "evaluate", "info", "completions"] {
        let help = place.run(&format!("{verb} --help")).succeeds().out;
        assert!(help.contains("Examples:") && help.contains(&format!("ganymede {verb} ")), "{verb}: {help}");
    }
    assert!(place.run("list --help").succeeds().out.contains("List presets"));
}

#[test]
fn short_help_of_train_leaves_the_rare_settings_to_the_long_one() {
    let place = Place::new();
    let (short, long) = (place.run("train -h").succeeds().out, place.run("train --help").succeeds().out);
    for common in ["--data", "--preset", "--objective", "--penalty", "--steps", "--kimg", "--out", "--resume"] {
        assert!(short.contains(common), "{common}: {short}");
    }
    for rare in ["--beta1", "--schedule", "--latent-size", "--n-critic", "--threads", "--no-picture"] {
        assert!(!short.contains(rare) && long.contains(rare), "{rare}");
    }
}

#[test]
fn the_list_has_a_sentence_for_everything() {
    let list = Place::new().run("list").succeeds().out;
    for name in ["Presets", "Networks", "Objectives", "Penalties", "shapes", "small28", "wasserstein", "wgan-gp"] {
        assert!(list.contains(name), "{name}: {list}");
    }
    let entries = list.lines().filter(|line| line.starts_with("  "));
    assert!(
        entries.clone().count() > 12 && entries.into_iter().all(|line| line.split_whitespace().count() > 3),
        "{list}"
    );
}

#[test]
fn completions_know_the_verbs_in_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.run(&format!("completions {shell}")).succeeds().out;
        assert!(script.contains("sample") && script.contains("dry-run"), "{shell}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::new();
    for line in ["list", "completions bash"] {
        let mut child = place.command(line).stdout(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{line}");
    }
}
