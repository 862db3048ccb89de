//! Twenty-five of the thousand kills of `examples/kill_loop.rs`.

#[path = "../examples/kill_loop.rs"]
#[allow(dead_code, reason = "the program around the loop is not part of the test")]
mod kill_loop;

use std::process::{Command, Stdio};

/// The run that is killed: this test, started again by the other one.
#[test]
fn child() {
    if let Some(directory) = std::env::var_os(kill_loop::DIRECTORY) {
        kill_loop::train(directory.as_ref()).unwrap();
    }
}

#[test]
fn a_killed_run_goes_on_to_the_same_files() {
    let this = std::env::current_exe().unwrap();
    let command = || {
        let mut command = Command::new(&this);
        command.args(["--exact", "child"]).stdout(Stdio::null());
        command
    };
    let tally = kill_loop::kill(25, command).unwrap();
    assert_eq!((tally.kills, tally.identical), (25, 25), "{tally:?}");
    assert!(tally.inside_a_save >= 8, "{tally:?}");
}
