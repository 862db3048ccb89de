//! Signals, other processes and numbers that are not numbers, as the binary meets them.

use crate::place::Place;

#[test]
fn a_run_that_diverges_ends_with_exit_code_3_and_says_what_was_wrong_first() {
    let place = Place::new();
    let ran = place.run("train --data ring8 --batch 16 --steps 50 --generator-rate 1e39 --out run --quiet");
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    for sentence in ["3 steps in 1000 went wrong", "step 1: the update of generator.", "lower the learning rates"] {
        assert!(ran.err.contains(sentence), "'{sentence}' is not in {ran:#?}");
    }
    let events = String::from_utf8(place.read("run/events.jsonl")).unwrap();
    assert_eq!(events.lines().count(), 3, "{events}");
}

#[test]
fn every_picture_that_is_left_out_is_named_with_its_reason_in_the_log_of_the_run() {
    let place = Place::new();
    std::fs::create_dir(place.path("photos")).unwrap();
    for number in 0..16u8 {
        let picture = image::GrayImage::from_pixel(28, 28, image::Luma([number]));
        picture.save(place.path(&format!("photos/{number:02}.png"))).unwrap();
    }
    for number in 0..7 {
        std::fs::write(place.path(&format!("photos/bad{number}.png")), "no picture").unwrap();
    }
    let train = "train --data photos --batch 4 --steps 1 --out run --quiet";
    place.run(train).fails_with(1, &["7 of 23 that cannot", "bad0.png: "]);
    assert_eq!(place.names_in("."), ["photos"]);
    let ran = place.run(&format!("{train} --tolerate 0.5"));
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.err.contains("and 2 more, each named in the log"), "{ran:#?}");
    let log = String::from_utf8(place.read("run/log.txt")).unwrap();
    for number in 0..7 {
        assert!(log.contains(&format!("left out: photos/bad{number}.png: ")), "{log}");
    }
}

#[cfg(unix)]
mod signals {
    use std::{
        io::{BufRead, BufReader, Lines},
        process::{Child, ChildStdout, Command, Stdio},
        time::{Duration, Instant},
    };

    use super::*;

    fn started(place: &Place, line: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
        let mut child = place.command(line).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        (child, lines)
    }

    fn signal(child: &Child, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// A step of this run takes half a second or more: the first signal has to wait for it, the second does not.
    #[test]
    fn a_second_signal_ends_a_run_at_once_and_without_damage() {
        let place = Place::new();
        let slow = "train --batch 1024 --steps 1000 --tick 1 --snapshot 1 --out run --no-picture";
        for (first, second) in [("INT", "INT"), ("TERM", "INT")] {
            let (mut child, lines) = started(&place, slow);
            let mut lines = lines.map_while(Result::ok);
            // the state after the first is saved while the second is done
            let steps = lines.by_ref().filter(|line| line.starts_with("step ")).take(2).count();
            assert_eq!(steps, 2);
            signal(&child, first);
            std::thread::sleep(Duration::from_millis(50));
            let sent = Instant::now();
            signal(&child, second);
            assert_eq!(child.wait().unwrap().code(), Some(130));
            assert!(sent.elapsed() < Duration::from_millis(400), "it took {:?}", sent.elapsed());
            let rest: Vec<String> = lines.collect();
            assert!(!rest.iter().any(|line| line.contains("everything saved")), "{rest:?}");
        }
        // what it left verifies, and the next process goes on from it
        place.run("info run").succeeds();
        let log = String::from_utf8(place.read("run/log.txt")).unwrap();
        assert!(log.contains("taken over: process") && log.contains("resumed at step"), "{log}");
    }

    #[test]
    fn a_second_process_is_told_which_process_has_the_run() {
        let place = Place::new();
        let (mut child, lines) = started(&place, "train --data ring8 --batch 16 --steps 10000000 --tick 1 --out run");
        let mut lines = lines.map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("step ")), "no step was done");
        let holder = format!("process {} on ", child.id());
        place.run("train --resume run").fails_with(1, &[&holder, "is writing to it", "end that run first"]);
        child.kill().unwrap();
        child.wait().unwrap();
        // killed, it gave nothing back: the next one takes over and says from whom
        let (mut next, lines) = started(&place, "train --resume run");
        assert!(lines.map_while(Result::ok).any(|line| line.starts_with("step ")), "no step was done");
        next.kill().unwrap();
        next.wait().unwrap();
        let log = String::from_utf8(place.read("run/log.txt")).unwrap();
        assert!(log.contains(&format!("taken over: {holder}")), "{log}");
    }
}
