//! Runs the binary as its users do.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// What a call said and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Fails the test unless the call ended with `code`, having said each of `sentences` on standard error.
    #[track_caller]
    pub fn fails_with(&self, code: i32, sentences: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.err.starts_with("error: ") && !self.err.contains("panicked"), "{self:#?}");
        for sentence in sentences {
            assert!(self.err.contains(sentence), "'{sentence}' is not in {self:#?}");
        }
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        assert_eq!(self.err, "", "{self:#?}");
        self
    }
}

/// A directory of its own to work in.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Place(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn names_in(&self, name: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(name)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Runs `ganymede` with the words of `line`.
    pub fn run(&self, line: &str) -> Ran {
        let Output { status, stdout, stderr } = command(self.0.path(), line).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    pub fn command(&self, line: &str) -> Command {
        command(self.0.path(), line)
    }
}

fn command(place: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ganymede"));
    command.current_dir(place).args(line.split_whitespace()).stdin(Stdio::null());
    command
}

/// The shortest training that writes everything: points of a ring, four steps.
pub const TINY: &str = "train --data ring8 --batch 16 --steps 4 --tick 2 --snapshot 2";
