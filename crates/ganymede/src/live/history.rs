//! How a game has gone so far, in a bounded number of records.

use serde::Serialize;

use super::Divergences;

/// Records kept at most; when there are more, every other one goes, and new ones come half as often.
const MOST: usize = 320;

/// What was seen at one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Record {
    pub step: u64,
    #[serde(flatten)]
    pub divergences: Divergences,
    /// Norms of the players' last gradients; nothing before the first step.
    pub gradient_g: Option<f64>,
    pub gradient_d: Option<f64>,
}

/// Records at about equal distances over the whole game.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct History {
    records: Vec<Record>,
    /// Steps between two records, at least.
    #[serde(skip)]
    every: u64,
}

impl Default for History {
    fn default() -> Self {
        History { records: Vec::new(), every: 1 }
    }
}

impl History {
    /// Takes the record unless the last one is too close before it.
    pub(super) fn push(&mut self, record: Record) {
        if self.records.last().is_some_and(|last| record.step < last.step + self.every) {
            return;
        }
        self.records.push(record);
        if self.records.len() > MOST {
            let mut keep = false;
            self.records.retain(|_| {
                keep = !keep;
                keep
            });
            self.every *= 2;
        }
    }

    pub fn records(&self) -> &[Record] {
        &self.records
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_covers_the_whole_game_and_stays_bounded() {
        let mut history = History::default();
        let divergences = Divergences { kl_qp: 0.0, kl_pq: 0.0, jsd: 0.0, w1: None };
        for step in 0..100_000 {
            history.push(Record { step, divergences, gradient_g: None, gradient_d: None });
            assert!(history.records().len() <= MOST);
        }
        let steps: Vec<u64> = history.records().iter().map(|record| record.step).collect();
        assert!(steps.len() > MOST / 2 - 1 && steps[0] == 0 && 100_000 - steps[steps.len() - 1] < 1024, "{steps:?}");
        let gaps: Vec<u64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| *gap == gaps[0]), "{gaps:?}");
    }
}
