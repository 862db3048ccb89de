//! What can go wrong, as one type: what happened, where, what was expected, what came, what to do next.

use std::path::{Path, PathBuf};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every failure of this library that its caller or its caller's files can cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that makes no sense, alone or beside another.
    #[error("{setting}: expected {expected}, got {got}")]
    Setting { setting: String, expected: String, got: String },

    /// A name that nothing goes by.
    #[error("there is no {kind} '{name}'{}; known: {}", nearest.as_ref().map_or(String::new(), |n| format!(", did you mean '{n}'?")), known.join(", "))]
    UnknownName { kind: &'static str, name: String, nearest: Option<String>, known: Vec<String> },

    /// A tensor of the wrong shape at a public entry.
    #[error("{operation}: expected {expected}, got {got:?}")]
    Shape { operation: &'static str, expected: String, got: Vec<usize> },

    /// The operating system said no.
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },

    /// A file or folder of data that cannot be used.
    #[error("{}: expected {expected}, got {got}; {advice}", path.display())]
    Data { path: PathBuf, expected: String, got: String, advice: String },

    /// A checkpoint, or a file that should be one.
    #[error("{}: not a checkpoint that this version can load: {reason}", path.display())]
    Checkpoint { path: PathBuf, reason: String },

    /// A checkpoint whose bytes are not those that were written.
    #[error("{}: damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },

    /// A run directory that cannot take this run.
    #[error("{}: {reason}; {advice}", path.display())]
    Run { path: PathBuf, reason: String, advice: String },

    /// Data that could not be fetched.
    #[error("cannot download {url}: {reason}; {advice}")]
    Download { url: String, reason: String, advice: String },

    /// Samples that a metric cannot be computed from.
    #[error("{metric}: expected {expected}, got {got}; {advice}")]
    Measurement { metric: &'static str, expected: String, got: String, advice: String },

    /// A number that is not a number, in training.
    #[error("step {step}: {quantity} is {value}; {advice}")]
    NotFinite { step: u64, quantity: String, value: f64, advice: String },
}

impl Error {
    pub fn setting(setting: impl Into<String>, expected: impl Into<String>, got: impl ToString) -> Self {
        Error::Setting { setting: setting.into(), expected: expected.into(), got: got.to_string() }
    }

    /// An [`Error::UnknownName`], with the nearest of the known names where one is near.
    pub fn unknown_name<'a>(kind: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        const NEAR: f64 = 0.75;
        let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
        let likeness = |candidate: &str| strsim::jaro_winkler(&name.to_lowercase(), candidate);
        let nearest = known
            .iter()
            .filter(|candidate| likeness(candidate) >= NEAR)
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .cloned();
        Error::UnknownName { kind, name: name.to_owned(), nearest, known }
    }

    /// For `map_err` on what the operating system answers.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Error::Io { action, path: path.to_owned(), source }
    }

    pub fn data(
        path: impl Into<PathBuf>,
        expected: impl Into<String>,
        got: impl ToString,
        advice: impl Into<String>,
    ) -> Self {
        Error::Data { path: path.into(), expected: expected.into(), got: got.to_string(), advice: advice.into() }
    }

    pub fn measurement(
        metric: &'static str,
        expected: impl Into<String>,
        got: impl ToString,
        advice: impl Into<String>,
    ) -> Self {
        Error::Measurement { metric, expected: expected.into(), got: got.to_string(), advice: advice.into() }
    }

    pub fn checkpoint(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Error::Checkpoint { path: path.into(), reason: reason.to_string() }
    }

    /// An [`Error::NotFinite`] of one step, which the trainer survives.
    pub(crate) fn not_finite(step: u64, quantity: impl Into<String>, value: f64) -> Self {
        let advice = "lower the learning rates, or add a gradient penalty such as r1".into();
        Error::NotFinite { step, quantity: quantity.into(), value, advice }
    }

    /// Whether what was asked for is at fault, rather than what happened on the way: a wrong setting or name.
    pub fn is_usage(&self) -> bool {
        matches!(self, Error::Setting { .. } | Error::UnknownName { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_names_the_nearest() {
        let error = Error::unknown_name("objective", "wassertsein", ["hinge", "wasserstein", "minimax"]);
        assert!(error.is_usage());
        let text = error.to_string();
        assert!(text.contains("did you mean 'wasserstein'?") && text.contains("hinge"), "{text}");
    }

    #[test]
    fn a_name_near_nothing_suggests_nothing() {
        let text = Error::unknown_name("preset", "zzz", ["shapes", "mnist"]).to_string();
        assert!(!text.contains("did you mean"), "{text}");
    }
}
