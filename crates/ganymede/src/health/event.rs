//! What a detector says: one JSON line of `health.jsonl`.

use serde::{Deserialize, Serialize};

use super::Remedy;

/// That something goes wrong, goes on going wrong, or is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Steps done when it was seen, as in the statistics.
    pub step: u64,
    /// The detector's name.
    pub detector: String,
    pub phase: Phase,
    pub severity: Severity,
    /// The numbers that it was seen in. Where it is over they are those of its last sight.
    pub evidence: Vec<Evidence>,
    /// What most likely causes it, in one sentence.
    pub cause: String,
    /// What to do, in one sentence.
    pub advice: String,
    /// The settings that the advice changes.
    #[serde(default, skip_serializing_if = "Remedy::is_empty")]
    pub remedy: Remedy,
}

/// What has changed. A fault that persists is said once, and again at twice the time, not at every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Onset,
    Persists,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth a look; `--on-fault` does nothing about it.
    Warning,
    /// The run is not going to end well like this.
    Fault,
}

/// A number beside the threshold that it has passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub name: String,
    pub value: f64,
    pub threshold: f64,
    /// On which side of the threshold the value is.
    pub side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Above,
    Below,
}

impl Evidence {
    /// A value that is bad from the threshold up.
    pub fn above(name: impl Into<String>, value: f64, threshold: f64) -> Self {
        Evidence { name: name.into(), value, threshold, side: Side::Above }
    }

    /// A value that is bad from the threshold down.
    pub fn below(name: impl Into<String>, value: f64, threshold: f64) -> Self {
        Evidence { name: name.into(), value, threshold, side: Side::Below }
    }

    /// Whether the value is on the side that it should not be on.
    pub fn is_bad(&self) -> bool {
        match self.side {
            Side::Above => self.value >= self.threshold,
            Side::Below => self.value <= self.threshold,
        }
    }
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let relation = if self.side == Side::Above { "≥" } else { "≤" };
        write!(f, "{} {} ({relation} {})", self.name, rounded(self.value), rounded(self.threshold))
    }
}

/// For people: three digits, and no row of zeros.
fn rounded(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if (0.001..1000.0).contains(&size) => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Event { step, detector, evidence, cause, advice, .. } = self;
        let numbers = evidence.iter().map(Evidence::to_string).collect::<Vec<_>>().join(", ");
        let numbers = if numbers.is_empty() { numbers } else { format!(": {numbers}") };
        match self.phase {
            Phase::Onset => write!(f, "step {step}: {detector}{numbers}; {cause}; {advice}"),
            Phase::Persists => write!(f, "step {step}: {detector} goes on{numbers}; {advice}"),
            Phase::Over => write!(f, "step {step}: {detector} is over"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_json_that_reads_back_and_a_sentence_with_its_numbers() {
        let event = Event {
            step: 300,
            detector: "mode_collapse".into(),
            phase: Phase::Onset,
            severity: Severity::Fault,
            evidence: vec![Evidence::below("diversity", 1.5e-4, 0.25)],
            cause: "the samples are all alike".into(),
            advice: "add r1".into(),
            remedy: Remedy { penalty: Some("r1".into()), ..Remedy::default() },
        };
        let line = serde_json::to_string(&event).unwrap();
        assert!(!line.contains('\n') && line.starts_with(r#"{"step":300,"#), "{line}");
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event);
        let text = event.to_string();
        assert_eq!(text, "step 300: mode_collapse: diversity 1.5e-4 (≤ 0.250); the samples are all alike; add r1");
    }
}
