//! What an experiment is, and how it is run.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{Findings, parallel};
use crate::{error::Result, random::Seed};

/// A theorem that can be checked.
pub trait Experiment: std::fmt::Debug + Send + Sync {
    /// The name on the command line, in kebab case.
    fn name(&self) -> &'static str;

    /// The theorem's number in the theory, such as `T1`.
    fn theorem(&self) -> &'static str;

    /// What is claimed, in one sentence.
    fn title(&self) -> &'static str;

    fn statement(&self) -> Statement;

    /// Runs it.
    ///
    /// # Errors
    /// When a training diverges that should not. A statement that does not hold is no error: the findings say so.
    fn run(&self, settings: &Settings, progress: &Progress) -> Result<Findings>;
}

/// A theorem, for readers.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Statement {
    /// The claim and what is done to check it.
    pub text: &'static str,
    /// The formula as lines of text.
    pub formula: &'static str,
    /// The formula as MathML, which browsers draw without any library.
    #[serde(skip)]
    pub mathml: &'static str,
    /// Who proved it, where.
    pub source: &'static str,
}

/// How thoroughly to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Fewer cases, for the gate. Tolerances are the same.
    pub quick: bool,
    /// Every check must hold on each of these.
    pub seeds: Vec<Seed>,
}

impl Settings {
    /// The seeds 0 to `seeds - 1`; 5 where no number is given, 1 when it should be quick.
    pub fn new(quick: bool, seeds: Option<u64>) -> Self {
        let seeds = seeds.unwrap_or(if quick { 1 } else { 5 });
        Settings { quick, seeds: (0..seeds).map(Seed).collect() }
    }

    /// One of two values.
    pub fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// `work` on every seed, at the same time; the results in the order of the seeds.
    ///
    /// # Errors
    /// The first that occurs.
    pub fn over_seeds<T: Send>(&self, progress: &Progress, work: impl Fn(Seed) -> Result<T> + Sync) -> Result<Vec<T>> {
        let cases: Vec<((), Seed)> = self.seeds.iter().map(|seed| ((), *seed)).collect();
        parallel::map(&cases, progress, |(_, seed)| work(*seed))
    }

    /// `work` on every case and seed, at the same time; for each case its results in the order of the seeds.
    ///
    /// # Errors
    /// The first that occurs.
    pub fn over_cases<C: Sync, T: Send>(
        &self,
        cases: &[C],
        progress: &Progress,
        work: impl Fn(&C, Seed) -> Result<T> + Sync,
    ) -> Result<Vec<Vec<T>>> {
        let all: Vec<(&C, Seed)> =
            cases.iter().flat_map(|case| self.seeds.iter().map(move |seed| (case, *seed))).collect();
        let mut results = parallel::map(&all, progress, |(case, seed)| work(case, *seed))?.into_iter();
        Ok(cases.iter().map(|_| results.by_ref().take(self.seeds.len()).collect()).collect())
    }
}

/// How much of an experiment is done, told to whoever watches.
pub struct Progress<'a> {
    watch: &'a (dyn Fn(f64) + Sync),
    done: AtomicU64,
    expected: AtomicU64,
}

impl<'a> Progress<'a> {
    /// `watch` gets the share that is done, from 0 to 1, from any thread.
    pub fn new(watch: &'a (dyn Fn(f64) + Sync)) -> Self {
        Progress { watch, done: AtomicU64::new(0), expected: AtomicU64::new(0) }
    }

    /// So many more pieces of work are coming.
    pub fn expect(&self, pieces: usize) {
        self.expected.fetch_add(pieces as u64, Ordering::Relaxed);
    }

    /// A piece of work is done.
    pub fn advance(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.watch)((done as f64 / self.expected.load(Ordering::Relaxed).max(1) as f64).min(1.0));
    }
}

/// An experiment that was run.
#[derive(Debug)]
pub struct Outcome {
    pub experiment: &'static dyn Experiment,
    pub findings: Findings,
    pub time: Duration,
}

/// Runs one experiment; `watch` gets the share that is done, from any thread.
///
/// # Errors
/// Those of the experiment, and a statement that rests on no check.
pub fn run(experiment: &'static dyn Experiment, settings: &Settings, watch: &(dyn Fn(f64) + Sync)) -> Result<Outcome> {
    let start = Instant::now();
    let findings = experiment.run(settings, &Progress::new(watch))?;
    Ok(Outcome { experiment, findings, time: start.elapsed() })
}
