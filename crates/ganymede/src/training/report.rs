//! What one step says of itself.

use serde::Serialize;

/// Named numbers of one step, in the order in which they are shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Report(Vec<(String, f64)>);

impl Report {
    pub fn push(&mut self, name: impl Into<String>, value: f64) {
        self.0.push((name.into(), value));
    }

    /// Takes over the numbers of a later report; what it does not name stays.
    pub fn update(&mut self, later: Report) {
        for (name, value) in later.0 {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => self.0.push((name, value)),
            }
        }
    }

    /// Adds the numbers of another report behind these.
    pub fn extend(&mut self, other: Report) {
        self.0.extend(other.0);
    }

    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// The first number that is NaN or infinite.
    pub fn not_finite(&self) -> Option<(&str, f64)> {
        self.iter().find(|(_, value)| !value.is_finite())
    }
}

impl FromIterator<(String, f64)> for Report {
    fn from_iter<I: IntoIterator<Item = (String, f64)>>(numbers: I) -> Self {
        Report(numbers.into_iter().collect())
    }
}
