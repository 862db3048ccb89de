//! What an experiment found: checks against closed forms, plots, remarks.
//!
//! ```text
//! a check holds            <=>  its bound holds on every seed; NaN is within no bound
//! a statement is confirmed <=>  there are checks, and all of them hold
//! ```

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::Plot;

#[derive(Debug, Clone, Default, Serialize)]
pub struct Findings {
    pub checks: Vec<Check>,
    pub plots: Vec<Plot>,
    /// What one should see in the plots, and why.
    pub notes: Vec<String>,
}

impl Findings {
    pub fn is_confirmed(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(Check::holds)
    }

    /// Fails a test with the checks that do not hold.
    #[cfg(test)]
    #[track_caller]
    pub fn assert_confirmed(&self) {
        let failed = self.checks.iter().filter(|check| !check.holds());
        let told: Vec<String> = failed
            .map(|check| format!("{}: must be {}, is {:?}", check.name, check.expected_text(), check.values))
            .collect();
        assert!(self.is_confirmed(), "{told:#?}");
    }

    /// How many checks hold.
    pub fn held(&self) -> usize {
        self.checks.iter().filter(|check| check.holds()).count()
    }
}

/// One number, measured on every seed, and where it must lie.
#[derive(Debug, Clone)]
pub struct Check {
    pub name: String,
    pub bound: Bound,
    /// Where the tolerance comes from.
    pub reason: &'static str,
    /// One a seed.
    pub values: Vec<f64>,
}

/// Where a measured number must lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Within `tolerance` of the closed form.
    Near {
        expected: f64,
        tolerance: f64,
    },
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    pub fn holds(self, value: f64) -> bool {
        match self {
            Bound::Near { expected, tolerance } => (value - expected).abs() <= tolerance,
            Bound::AtMost(limit) => value <= limit,
            Bound::AtLeast(limit) => value >= limit,
        }
    }
}

impl Check {
    /// A number that has a closed form.
    pub fn near(
        name: impl Into<String>,
        expected: f64,
        tolerance: f64,
        reason: &'static str,
        values: impl Into<Vec<f64>>,
    ) -> Self {
        Check { name: name.into(), bound: Bound::Near { expected, tolerance }, reason, values: values.into() }
    }

    /// An error, or what else must be small.
    pub fn at_most(name: impl Into<String>, limit: f64, reason: &'static str, values: impl Into<Vec<f64>>) -> Self {
        Check { name: name.into(), bound: Bound::AtMost(limit), reason, values: values.into() }
    }

    /// What must be large.
    pub fn at_least(name: impl Into<String>, limit: f64, reason: &'static str, values: impl Into<Vec<f64>>) -> Self {
        Check { name: name.into(), bound: Bound::AtLeast(limit), reason, values: values.into() }
    }

    pub fn holds(&self) -> bool {
        !self.values.is_empty() && self.values.iter().all(|value| self.bound.holds(*value))
    }

    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// The standard deviation over the seeds; none of a single one.
    pub fn deviation(&self) -> Option<f64> {
        let mean = self.mean();
        let squares: f64 = self.values.iter().map(|value| (value - mean).powi(2)).sum();
        (self.values.len() > 1).then(|| (squares / (self.values.len() - 1) as f64).sqrt())
    }

    /// `0.5 ± 0.01`, `at most 0.02`: where the number must lie.
    pub fn expected_text(&self) -> String {
        match self.bound {
            Bound::Near { expected, tolerance } => format!("{} ± {}", number(expected), number(tolerance)),
            Bound::AtMost(limit) => format!("at most {}", number(limit)),
            Bound::AtLeast(limit) => format!("at least {}", number(limit)),
        }
    }

    /// `0.4987 ± 0.0021`: mean and standard deviation over the seeds.
    pub fn measured_text(&self) -> String {
        match self.deviation() {
            Some(deviation) => format!("{} ± {}", number(self.mean()), number(deviation)),
            None => number(self.mean()),
        }
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Check", 7)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("bound", &self.bound)?;
        fields.serialize_field("reason", self.reason)?;
        fields.serialize_field("values", &self.values)?;
        fields.serialize_field("mean", &self.mean())?;
        fields.serialize_field("deviation", &self.deviation())?;
        fields.serialize_field("holds", &self.holds())?;
        fields.end()
    }
}

/// `0.6931`, `1.2e-7`, `40000`: four digits that matter.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e5).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (3 - size.log10().floor() as i32).clamp(0, 4) as usize;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_holds_only_where_every_seed_does() {
        assert!(Check::near("x", 1.0, 0.1, "", [0.95, 1.05]).holds());
        assert!(!Check::near("x", 1.0, 0.1, "", [1.0, 1.2]).holds());
        assert!(!Check::at_most("x", 1.0, "", [0.0, f64::NAN]).holds());
        assert!(!Check::at_least("x", 1.0, "", []).holds());
    }

    #[test]
    fn a_statement_without_a_check_is_not_confirmed() {
        assert!(!Findings::default().is_confirmed());
        let checks = vec![Check::at_most("x", 1.0, "", [0.5]), Check::at_least("y", 1.0, "", [0.5])];
        let findings = Findings { checks, ..Findings::default() };
        assert!(!findings.is_confirmed());
        assert_eq!(findings.held(), 1);
    }

    #[test]
    fn numbers_keep_four_digits() {
        let shown = [0.123_456_7, 1.25e-7, 40_000.0, -0.5, 0.0, 12.345].map(number);
        assert_eq!(shown, ["0.1235", "1.25e-7", "40000", "-0.5", "0", "12.35"]);
    }
}
