//! How long a comparison takes: what a few steps and a few samples took, times what is left, corrected on the way.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Cell, Grid};

/// An estimate is not corrected by less than this of it.
const TELLING: f64 = 10.0;

/// What the parts of a comparison take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Of a training step of each setting.
    pub step_seconds: Vec<f64>,
    /// Of the features of one sample.
    pub sample_seconds: f64,
}

impl Estimate {
    /// The steps of a cell from `step` on.
    pub fn steps(&self, cell: &Cell, step: u64) -> f64 {
        let of_one = self.step_seconds.get(cell.setting).copied().unwrap_or_default();
        cell.config.steps.saturating_sub(step) as f64 * of_one
    }

    /// What a cell is measured for on the way from `step` on.
    pub fn course(&self, cell: &Cell, step: u64) -> f64 {
        let Some(monitor) = &cell.config.monitor else { return 0.0 };
        let spacing = (cell.config.snapshot * monitor.every).max(1);
        let points = cell.config.steps.div_ceil(spacing).saturating_sub(step.div_ceil(spacing)) + u64::from(step == 0);
        points as f64 * self.point(cell)
    }

    /// A measurement on the way.
    pub fn point(&self, cell: &Cell) -> f64 {
        cell.config.monitor.as_ref().map_or(0.0, |monitor| monitor.n as f64 * self.sample_seconds)
    }

    /// What is measured of a cell at its end.
    pub fn end(&self, grid: &Grid) -> f64 {
        grid.protocol().n as f64 * self.sample_seconds
    }

    /// The whole of a cell that has `step` of its steps.
    pub fn cell(&self, grid: &Grid, cell: &Cell, step: u64) -> f64 {
        self.steps(cell, step) + self.course(cell, step) + self.end(grid)
    }
}

/// How far it has come.
#[derive(Debug)]
pub(super) struct Pace {
    started: Instant,
    /// Seconds as estimated.
    done: f64,
    total: f64,
}

impl Pace {
    pub fn new(total: f64) -> Self {
        Pace { started: Instant::now(), done: 0.0, total }
    }

    pub fn advance(&mut self, estimated_seconds: f64) {
        self.done += estimated_seconds;
    }

    pub fn remaining(&self) -> Duration {
        self.remaining_after(self.started.elapsed().as_secs_f64())
    }

    fn remaining_after(&self, elapsed: f64) -> Duration {
        let slowness = if self.done < TELLING { 1.0 } else { elapsed / self.done };
        Duration::try_from_secs_f64((self.total - self.done).max(0.0) * slowness).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        comparison::{Curve, Protocol, Setting},
        config::Config,
        random::Seed,
    };

    #[test]
    fn a_cell_takes_its_steps_its_points_and_its_end() {
        let protocol = Protocol { n: 1000, curve: Some(Curve { points: 4, n: 100 }), ..Protocol::default() };
        let settings = vec![Setting { name: "a".into(), config: Config { steps: 400, ..Config::default() } }];
        let grid = Grid::new(settings, vec![Seed(0)], protocol, "out".into()).unwrap();
        let estimate = Estimate { step_seconds: vec![0.5], sample_seconds: 0.01 };
        let cell = &grid.cells()[0];
        // one point before the first step and one at each quarter
        assert_eq!(estimate.cell(&grid, cell, 0), 200.0 + 5.0 + 10.0);
        assert_eq!(estimate.cell(&grid, cell, 200), 100.0 + 2.0 + 10.0);
        assert_eq!(estimate.cell(&grid, cell, 400), 10.0);
    }

    #[test]
    fn what_is_left_is_corrected_by_what_was_done() {
        let mut pace = Pace::new(100.0);
        assert_eq!(pace.remaining_after(3.0).as_secs_f64(), 100.0);
        pace.advance(50.0);
        assert_eq!(pace.remaining_after(150.0).as_secs_f64(), 150.0);
        pace.advance(60.0);
        assert_eq!(pace.remaining_after(150.0).as_secs_f64(), 0.0);
    }
}
