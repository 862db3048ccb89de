//! How a run is watched: probes every so many steps, detectors on every number, and what is done about a fault.
//!
//! ```text
//! warn       said, and on
//! stop       saved, and ended
//! rollback   the networks of the best state, else of the newest snapshot 50 steps before the fault, else the first ones;
//!            the steps go on counting, so that data and latents are fresh: the same ones would lead to the same fault
//! ```
//! What the detectors remember is part of the checkpoint, so that a resumed run says the same as one that never stopped.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Trainer;
use crate::{
    data::Dataset,
    error::Result,
    evaluation,
    health::{Board, BoardState, Context, Event, HealthSettings, OnFault, Phase, Reading, Severity, Skipped},
    parameters::NamedTensors,
    sampling,
    training::{Observer, Probe, Report},
};

/// Samples of a probe: as many as a batch, so that it costs about as much as a step's passes, within these.
const FEWEST: usize = 32;
const MOST: usize = 256;
/// Every so many probes the spectra of the weights are looked at, too.
const SPECTRUM: u64 = 4;
/// A snapshot so shortly before a fault may have it already.
const MARGIN: u64 = 50;

/// The health of a run.
#[derive(Debug)]
pub(super) struct Watch {
    board: Board,
    /// Made at the first look.
    probe: Option<Probe>,
    /// Data of the program's own that the run is not trained on.
    held_out: Option<Arc<dyn Dataset>>,
    /// How often the run has gone back.
    tries: u64,
    /// The networks before the first step, where the run may have to go back to them.
    first: Option<Arc<NamedTensors>>,
    /// Why the run ends before its time.
    pub halted: Option<String>,
    /// What the observer has not been told yet.
    events: Vec<Event>,
}

/// The part of it that a checkpoint holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WatchState {
    board: BoardState,
    tries: u64,
}

impl WatchState {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.board.is_empty() && self.tries == 0
    }
}

impl Watch {
    pub fn new(context: Context) -> Self {
        Watch {
            board: Board::new(context),
            probe: None,
            held_out: None,
            tries: 0,
            first: None,
            halted: None,
            events: Vec::new(),
        }
    }

    pub fn state(&self) -> WatchState {
        WatchState { board: self.board.state(), tries: self.tries }
    }

    pub fn restore(&mut self, state: &WatchState) {
        self.tries = state.tries;
        self.board.restore(&state.board);
    }
}

impl Trainer {
    /// Samples like the data that the run is not trained on, for the detector of overfitting. Named data have a part for
    /// it without this.
    pub fn hold_out(&mut self, data: Arc<dyn Dataset>) {
        self.watch.held_out = Some(data);
    }

    /// Keeps the networks as they are before the first step, where the run may have to go back to them.
    pub(super) fn keep_the_first(&mut self) {
        if self.config.health.on_fault == OnFault::Rollback && self.watch.first.is_none() {
            self.watch.first = Some(Arc::new(self.learner.save()));
        }
    }

    /// Adds the numbers of a probe to those of the step that was just done, where it has one, and shows all to the detectors.
    ///
    /// # Errors
    /// When the data cannot be read.
    pub(crate) fn examine(&mut self, report: &mut Report) -> Result<()> {
        report.extend(self.look()?);
        self.watch(report);
        Ok(())
    }

    /// The numbers of a probe, where the step that was just done has one.
    fn look(&mut self) -> Result<Report> {
        let (every, done) = (self.config.health.every, self.step - 1);
        if every == 0 || !done.is_multiple_of(every) {
            return Ok(Report::default());
        }
        let mut probe = match self.watch.probe.take() {
            Some(probe) => probe,
            None => self.new_probe()?,
        };
        probe.rate_factor = self.config.rate_factor(done);
        probe.spectrum = (done / every).is_multiple_of(SPECTRUM);
        let mut report = if done == 0 { probe.look_at_data() } else { Report::default() };
        report.extend(self.learner.probe(&probe));
        self.watch.probe = Some(probe);
        Ok(report)
    }

    /// The share of the probe's real samples that the averaged generator covers, and its standard error; nothing where the run
    /// has no probes.
    ///
    /// # Errors
    /// When the data cannot be read.
    pub(super) fn coverage(&mut self) -> Result<Option<(f64, f64)>> {
        if self.config.health.every == 0 {
            return Ok(None);
        }
        let probe = match self.watch.probe.take() {
            Some(probe) => probe,
            None => self.new_probe()?,
        };
        let samples = self.learner.sample(probe.latents.clone(), probe.labels.as_deref());
        let coverage = probe.look_at(&samples).get("coverage");
        let n = probe.seen.images.dims()[0].max(1) as f64;
        self.watch.probe = Some(probe);
        Ok(coverage.map(|coverage| (coverage, (coverage * (1.0 - coverage) / n).sqrt())))
    }

    fn new_probe(&self) -> Result<Probe> {
        let n = self.config.batch.clamp(FEWEST, MOST).min(self.dataset().len());
        let held_out = match &self.watch.held_out {
            Some(data) => Some(Arc::clone(data)),
            None => evaluation::held_out(&self.config, self.loader.shared())?,
        };
        let seeds: Vec<u64> = (0..n as u64).collect();
        let labels = self.learner.classes().map(|classes| sampling::in_turn(&seeds, classes));
        Probe::new(self.latents(&seeds), labels, (self.dataset(), held_out.as_deref()), n, &self.device)
    }

    /// Shows the numbers of the steps so far to the detectors, and does what the settings say about a fault.
    pub(super) fn watch(&mut self, numbers: &Report) {
        let said = self.watch.board.observe(self.step, &Reading::of(numbers));
        self.say(said);
        let lasting = |(since, event): &(u64, &Event)| {
            event.severity == Severity::Fault && self.step - since >= HealthSettings::LASTING
        };
        if self.config.health.stop.is_some() && self.watch.halted.is_none() {
            self.watch.halted = self
                .watch
                .board
                .on()
                .find(lasting)
                .map(|(since, event)| format!("{} has lasted for {} steps", event.detector, self.step - since));
        }
    }

    /// Shows a step that is left out to the detectors. It is the one after the steps done.
    pub(super) fn watch_skipped(&mut self, quantity: &str, value: &str) {
        let (numbers, skipped) = (Report::default(), Some(Skipped { quantity, value }));
        let said = self.watch.board.observe(self.step + 1, &Reading { numbers: &numbers, skipped });
        self.say(said);
    }

    /// Ends the run where its metric has not improved for as long as the settings allow.
    pub(super) fn watch_progress(&mut self) {
        let (Some(budget), Some(best)) = (self.config.health.stop, self.best) else { return };
        let since = self.step - best.step.0.min(self.step);
        if since >= budget && self.watch.halted.is_none() {
            self.watch.halted =
                Some(format!("nothing has become better since step {}, {since} steps ago", best.step.0));
        }
    }

    fn say(&mut self, said: Vec<Event>) {
        for event in said {
            self.log(&event.to_string());
            let written = self.directory.as_ref().and_then(|(directory, _)| directory.append_health(&event).err());
            self.warn_of(written, "an event is not written yet");
            let begins = event.severity == Severity::Fault && event.phase == Phase::Onset;
            if begins && self.config.health.on_fault == OnFault::Stop && self.watch.halted.is_none() {
                self.watch.halted = Some(format!("{} at step {}", event.detector, event.step));
            }
            self.watch.events.push(event);
        }
    }

    /// Tells the observer what has been said, and goes back where a fault has begun and the settings say so.
    ///
    /// # Errors
    /// When the state to go back to cannot be read.
    pub(super) fn react(&mut self, observer: &mut dyn Observer) -> Result<()> {
        let events = std::mem::take(&mut self.watch.events);
        events.iter().for_each(|event| observer.on_health(event));
        let fault = events.iter().find(|event| event.severity == Severity::Fault && event.phase == Phase::Onset);
        // a step that is not finite has been undone already
        let fault = fault.filter(|event| event.detector != "not_finite");
        match fault {
            Some(fault) if self.config.health.on_fault == OnFault::Rollback => self.roll_back(fault),
            _ => Ok(()),
        }
    }

    /// The detectors of the faults that are on.
    pub(crate) fn faults_on(&self) -> Vec<String> {
        let faults = self.watch.board.on().filter(|(_, event)| event.severity == Severity::Fault);
        faults.map(|(_, event)| event.detector.clone()).collect()
    }

    /// What was said and no observer was told, as the run has failed.
    pub(crate) fn unsaid(&self) -> &[Event] {
        &self.watch.events
    }

    fn roll_back(&mut self, fault: &Event) -> Result<()> {
        if self.watch.tries >= HealthSettings::TRIES {
            self.watch.halted = Some(format!("{} again, after going back {} times", fault.detector, self.watch.tries));
            return Ok(());
        }
        let Some((from, tensors)) = self.state_before(fault.step)? else { return Ok(()) };
        self.replace_networks(&tensors)?;
        self.watch.tries += 1;
        self.watch.board.reset();
        let (step, tries) = (self.step, self.watch.tries);
        self.warn(format!(
            "step {step}: {}: back to the networks of step {from}, try {tries} of {}",
            fault.detector,
            HealthSettings::TRIES
        ));
        Ok(())
    }

    /// Goes on with other networks, and nothing else changed.
    ///
    /// # Errors
    /// When they are of another shape.
    pub(in crate::training) fn replace_networks(&mut self, tensors: &NamedTensors) -> Result<()> {
        self.good = None;
        self.learner.load(tensors)
    }

    /// The networks to go back to after a fault that began at `step`, and the steps that they had done.
    fn state_before(&mut self, step: u64) -> Result<Option<(u64, Arc<NamedTensors>)>> {
        self.saver.wait()?;
        let before = step.saturating_sub(MARGIN);
        let saved = match &self.directory {
            Some((directory, _)) => directory.good_before(self.best, before, self.config.snapshot)?,
            None => None,
        };
        let saved = saved.map(|checkpoint| (checkpoint.step.0, checkpoint.tensors));
        Ok(saved.or_else(|| self.watch.first.clone().map(|tensors| (0, tensors))))
    }
}
