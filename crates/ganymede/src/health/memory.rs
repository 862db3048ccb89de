//! What detectors remember: the last values of a number, and since when something holds.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// A sample's median absolute deviation times this is the standard deviation of a normal (Hampel 1974).
const MAD_OF_A_NORMAL: f64 = 1.4826;

/// The last values of a number, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Window(VecDeque<f64>);

impl Window {
    /// Appends a value, and forgets the oldest beyond `length`.
    pub fn push(&mut self, value: f64, length: usize) {
        self.0.push_back(value);
        while self.0.len() > length {
            self.0.pop_front();
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = f64> {
        self.0.iter().copied()
    }

    /// The middle value; 0 of none.
    pub fn median(&self) -> f64 {
        median(self.0.iter().copied().collect())
    }

    /// The standard deviation of a normal with this window's median absolute deviation.
    pub fn robust_deviation(&self) -> f64 {
        let centre = self.median();
        MAD_OF_A_NORMAL * median(self.iter().map(|value| (value - centre).abs()).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Since when something holds without a break.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Streak {
    since: Option<u64>,
    seen: u64,
}

impl Streak {
    /// Notes whether it holds in the reading after `step` steps; whether it has held in every reading over `steps` steps, and
    /// in two at least.
    pub fn holds(&mut self, step: u64, now: bool, steps: u64) -> bool {
        if !now {
            *self = Streak::default();
            return false;
        }
        let since = *self.since.get_or_insert(step);
        self.seen += 1;
        self.seen >= 2 && step.saturating_sub(since) + 1 >= steps
    }
}

/// Whether something holds most of the time of late.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Mostly(VecDeque<(u64, bool)>);

impl Mostly {
    /// Notes whether it holds in the reading after `step` steps; whether it does, and has in so many of ten readings over the
    /// last `steps` steps, of which there are two at least.
    pub fn holds(&mut self, step: u64, now: bool, of_ten: usize, steps: u64) -> bool {
        self.0.push_back((step, now));
        // the last reading that lies so far back, and those after it
        let covers = |(at, _): &(u64, bool)| step.saturating_sub(*at) + 1 >= steps;
        while self.0.len() > 2 && self.0.get(1).is_some_and(covers) {
            self.0.pop_front();
        }
        let held = self.0.iter().filter(|(_, held)| *held).count();
        now && self.0.len() >= 2 && self.0.front().is_some_and(covers) && 10 * held >= of_ten * self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_forgets_and_its_spread_is_not_moved_by_an_outlier() {
        let mut window = Window::default();
        (0..10).for_each(|n| window.push(f64::from(n), 5));
        assert_eq!(window.iter().collect::<Vec<_>>(), [5.0, 6.0, 7.0, 8.0, 9.0]);
        assert_eq!(window.median(), 7.0);
        window.push(1e9, 5);
        assert_eq!(window.median(), 8.0);
        assert!((window.robust_deviation() - MAD_OF_A_NORMAL).abs() < 1e-12);
    }

    #[test]
    fn a_streak_is_broken_by_one_reading_and_counts_steps_however_far_apart() {
        let mut streak = Streak::default();
        assert!(!streak.holds(1, true, 3) && !streak.holds(2, true, 3) && streak.holds(3, true, 3));
        assert!(!streak.holds(4, false, 3) && !streak.holds(5, true, 3));
        let mut ticks = Streak::default();
        assert!(!ticks.holds(50, true, 20) && ticks.holds(100, true, 20));
    }

    #[test]
    fn what_mostly_holds_may_fail_now_and_then_but_not_at_the_beginning_or_often() {
        let first = |fails: fn(u64) -> bool| {
            let mut mostly = Mostly::default();
            (1..=200).find(|step| mostly.holds(*step, !fails(*step), 8, 30))
        };
        assert_eq!(first(|_| false), Some(30));
        assert_eq!(first(|step| step % 10 == 0), Some(31));
        assert_eq!(first(|step| step % 3 == 0), None);
        let mut ticks = Mostly::default();
        assert!(!ticks.holds(50, true, 8, 30) && ticks.holds(100, true, 8, 30) && !ticks.holds(150, false, 8, 30));
    }
}
