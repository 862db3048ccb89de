//! How a run ended.

use serde::Serialize;

/// How a run ended, as far as its files say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Ending {
    /// All steps are done.
    Finished,
    /// Somebody or a health rule stopped it, and it saved.
    Stopped { reason: Option<String> },
    /// A process is writing to it.
    Going,
    /// Neither: it was killed or failed, and goes on from its newest checkpoint.
    Died { resumes_from: Option<u64> },
}

impl Ending {
    /// Of a run whose log is `log`, and whose newest checkpoint is that of step `saved`.
    pub(super) fn of(log: &str, saved: Option<u64>, is_held: bool) -> Self {
        if is_held {
            return Ending::Going;
        }
        let last = log.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        if last.starts_with("finished at step ") {
            return Ending::Finished;
        }
        match last.strip_prefix("stopped at step ") {
            Some(rest) => Ending::Stopped { reason: rest.split_once(": ").map(|(_, reason)| reason.to_owned()) },
            None => Ending::Died { resumes_from: saved },
        }
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Ending::Finished => write!(f, "finished"),
            Ending::Stopped { reason: None } => write!(f, "stopped on request, and saved"),
            Ending::Stopped { reason: Some(reason) } => write!(f, "stopped by its health settings: {reason}"),
            Ending::Going => write!(f, "still going"),
            Ending::Died { resumes_from: Some(step) } => write!(f, "died; it goes on from step {step}"),
            Ending::Died { resumes_from: None } => write!(f, "died before its first checkpoint"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_the_log_says_how_it_ended() {
        let of = |log: &str| Ending::of(log, Some(500), false);
        assert_eq!(of("started\nfinished at step 15\n"), Ending::Finished);
        assert_eq!(of("stopped at step 7\n\n"), Ending::Stopped { reason: None });
        let halted = of("stopped at step 7: mode_collapse at step 5: worse\n");
        assert_eq!(halted, Ending::Stopped { reason: Some("mode_collapse at step 5: worse".into()) });
        assert_eq!(of("stopped at step 7\nstep 500 at 12 images/s"), Ending::Died { resumes_from: Some(500) });
        assert_eq!(Ending::of("", None, false), Ending::Died { resumes_from: None });
        assert_eq!(Ending::of("finished at step 15", None, true), Ending::Going);
    }
}
