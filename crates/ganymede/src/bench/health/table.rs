//! The confusion table of the bench.

use std::collections::BTreeMap;

use serde::Serialize;

use super::healthy::Said;
use crate::{
    health::{Remedy, Severity},
    random::Seed,
};

/// One fault of one seed.
#[derive(Debug, Clone, Serialize)]
pub struct Tried {
    pub fault: &'static str,
    pub cure: &'static str,
    pub seed: Seed,
    /// Steps done at the onset; none where the fault never came.
    pub began: Option<u64>,
    /// The detector that the verdict is of.
    pub verdict: Option<String>,
    /// Steps from the onset to the first word of one of the fault's detectors.
    pub delay: Option<u64>,
    /// Whether the verdict names the right cause.
    pub right: bool,
    /// Faults that were seen before there was one.
    pub early: Vec<String>,
    /// The settings that were advised.
    pub remedy: Remedy,
    pub cured: bool,
}

/// What came of one fault over all seeds.
#[derive(Debug, Clone, Serialize)]
pub struct Count {
    pub fault: &'static str,
    pub cure: &'static str,
    /// Runs in which the fault came.
    pub runs: usize,
    /// Of these, those in which it was seen within 50 steps.
    pub in_time: usize,
    /// And those in which it was seen at all.
    pub seen: usize,
    /// Those whose verdict is right.
    pub right: usize,
    /// Steps from the onset, median and longest.
    pub delay: Option<(u64, u64)>,
    /// Those in which the cured run ends without it.
    pub cured: usize,
    /// Those in which another fault was seen before.
    pub early: usize,
    /// How often each detector was the verdict.
    pub verdicts: BTreeMap<String, usize>,
}

/// Everything that the bench found.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    pub faults: Vec<Count>,
    pub tried: Vec<Tried>,
    pub healthy: Vec<Said>,
}

/// So many steps from the onset a fault may go unseen.
const IN_TIME: u64 = 50;

impl Table {
    pub(super) fn of(tried: Vec<Tried>, healthy: Vec<Said>) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for one in &tried {
            if !names.contains(&one.fault) {
                names.push(one.fault);
            }
        }
        let faults = names.iter().filter_map(|name| Count::of(tried.iter().filter(|one| one.fault == *name))).collect();
        Table { faults, tried, healthy }
    }

    /// Healthy runs with a fault in them.
    pub fn false_alarms(&self) -> usize {
        let alarmed = |said: &&Said| said.alarms.iter().any(|event| event.severity == Severity::Fault);
        self.healthy.iter().filter(alarmed).count()
    }

    /// Whether every fault that came was seen in time by the right name in nine runs of ten, cured in eight of ten, and no
    /// more than one healthy run of twenty raised an alarm.
    pub fn holds(&self) -> bool {
        let good = |count: &Count| {
            count.in_time == count.runs && 10 * count.right >= 9 * count.runs && 10 * count.cured >= 8 * count.runs
        };
        self.faults.iter().all(good) && 20 * self.false_alarms() <= self.healthy.len().max(20)
    }
}

impl Count {
    fn of<'a>(tried: impl Iterator<Item = &'a Tried> + Clone) -> Option<Self> {
        let first = tried.clone().next()?;
        let came: Vec<&Tried> = tried.filter(|one| one.began.is_some()).collect();
        let count = |is: &dyn Fn(&Tried) -> bool| came.iter().filter(|one| is(one)).count();
        let mut delays: Vec<u64> = came.iter().filter_map(|one| one.delay).collect();
        delays.sort_unstable();
        let mut verdicts = BTreeMap::new();
        for one in &came {
            *verdicts.entry(one.verdict.clone().unwrap_or_else(|| "none".into())).or_insert(0) += 1;
        }
        Some(Count {
            fault: first.fault,
            cure: first.cure,
            runs: came.len(),
            in_time: count(&|one| one.delay.is_some_and(|delay| delay <= IN_TIME)),
            seen: count(&|one| one.delay.is_some()),
            right: count(&|one| one.right),
            delay: delays.get(delays.len() / 2).copied().zip(delays.last().copied()),
            cured: count(&|one| one.cured),
            early: count(&|one| !one.early.is_empty()),
            verdicts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(seed: u64, delay: Option<u64>) -> Tried {
        Tried {
            fault: "planted",
            cure: "none",
            seed: Seed(seed),
            began: Some(10),
            verdict: delay.map(|_| "saturation".into()),
            delay,
            right: delay.is_some(),
            early: Vec::new(),
            remedy: Remedy::default(),
            cured: true,
        }
    }

    #[test]
    fn a_fault_that_is_seen_late_or_not_at_all_is_missed() {
        let table = Table::of(vec![tried(0, Some(5)), tried(1, Some(80)), tried(2, None)], Vec::new());
        let count = &table.faults[0];
        assert_eq!((count.runs, count.in_time, count.seen, count.right, count.cured), (3, 1, 2, 2, 3));
        assert_eq!(count.delay, Some((80, 80)));
        assert!(!table.holds());
        assert!(Table::of(vec![tried(0, Some(5))], Vec::new()).holds());
    }

    #[test]
    fn a_run_in_which_the_fault_never_came_counts_for_nothing() {
        let never = Tried { began: None, ..tried(0, None) };
        assert_eq!(Table::of(vec![never, tried(1, Some(0))], Vec::new()).faults[0].runs, 1);
    }
}
