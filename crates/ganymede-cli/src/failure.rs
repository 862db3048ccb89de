//! How a verb ends when it does not end well: a sentence, a next step, an exit code.

use std::{error::Error as _, io, process::ExitCode};

use console::style;
use ganymede::Error;

/// Why a verb did not do what it was asked to.
#[derive(Debug)]
pub enum Failure {
    Library(Error),
    /// What was typed makes no sense.
    Usage {
        message: String,
        advice: String,
    },
    /// Standard output did not take what was printed.
    Output(io::Error),
    /// Experiments whose statements did not hold, by name.
    NotConfirmed(String),
    /// What was found wrong with data, and said already.
    Troubles(Vec<String>),
    /// The run's health settings ended it, for this reason; it has saved.
    Halted(String),
    /// A signal asked the run to stop; it has saved and said so.
    Interrupted,
}

impl Failure {
    pub fn usage(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Failure::Usage { message: message.into(), advice: advice.into() }
    }

    /// Says what happened on standard error and gives the exit code.
    pub fn report(self) -> ExitCode {
        match self {
            Failure::Interrupted => ExitCode::from(crate::interrupt::EXIT_CODE),
            Failure::Halted(reason) => {
                say(
                    &reason,
                    Some("health.jsonl in the run's directory has the numbers and what to do about each fault"),
                );
                ExitCode::from(3)
            }
            // whoever read our output has seen enough (`ganymede list | head -1`)
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Failure::Output(error) => {
                say(&format!("cannot write to standard output: {error}"), None);
                ExitCode::from(1)
            }
            Failure::Usage { message, advice } => {
                say(&message, Some(&advice));
                ExitCode::from(2)
            }
            Failure::NotConfirmed(names) => {
                say(&format!("not confirmed: {names}"), Some("the report says which check failed, and by how much"));
                ExitCode::from(1)
            }
            Failure::Troubles(troubles) => {
                say(&format!("not fit to train on as it is: {}", troubles.join("; ")), None);
                ExitCode::from(1)
            }
            Failure::Library(error) => {
                say(&with_causes(&error), next_step(&error));
                ExitCode::from(match error {
                    error if error.is_usage() => 2,
                    Error::NotFinite { .. } => 3,
                    _ => 1,
                })
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Library(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

fn say(message: &str, advice: Option<&str>) {
    eprintln!("{} {message}", style("error:").for_stderr().red().bold());
    if let Some(advice) = advice {
        eprintln!(" {} {advice}", style("next:").for_stderr().cyan().bold());
    }
}

/// The error and its causes, without those that it quotes itself.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// What to do, for the errors that do not say it themselves.
fn next_step(error: &Error) -> Option<&'static str> {
    match error {
        Error::UnknownName { .. } => Some("`ganymede list` says what each of them is"),
        Error::Setting { .. } => Some("correct the setting; `ganymede train --help` explains each"),
        Error::Io { .. } => {
            Some("check that the path is right, can be read and written, and that the disk is not full")
        }
        Error::Checkpoint { .. } | Error::Damaged { .. } => {
            Some("name a checkpoint-*.safetensors file of a run, or the run, which goes on from its newest whole one")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_cause_that_the_error_quotes_is_not_said_twice() {
        let error = Error::io("read", Path::new("a"))(io::Error::other("no such thing"));
        assert_eq!(with_causes(&error).matches("no such thing").count(), 1);
    }
}
