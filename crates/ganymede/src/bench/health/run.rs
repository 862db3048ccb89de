//! One run of the bench, with and without its cure.

use std::{cell::Cell, rc::Rc};

use burn::tensor::Device;

use super::{
    case::{Case, Fault},
    planted::Planted,
    table::Tried,
};
use crate::{
    error::{Error, Result},
    health::{Event, Phase, Severity, verdict},
    random::Seed,
    training::{Observer, Outcome, RunDirectory, Trainer},
};

/// Steps after a verdict in which nothing new is learnt about it.
const TOGETHER: u64 = 60;

/// What came of a run.
pub(super) struct Ran {
    /// Steps done at the onset of the fault, where it began.
    pub began: Option<u64>,
    pub events: Vec<Event>,
    /// The detectors of faults that are on at the end.
    pub on: Vec<String>,
    pub steps: u64,
}

#[derive(Default)]
struct Listener {
    events: Vec<Event>,
    step: u64,
    /// The detectors whose word ends the run, a while after the fault has begun.
    waits_for: &'static [&'static str],
    began: Rc<Cell<Option<u64>>>,
}

impl Observer for Listener {
    fn on_step(&mut self, step: u64) {
        self.step = step;
    }

    fn on_health(&mut self, event: &Event) {
        self.events.push(event.clone());
    }

    fn wants_to_stop(&self) -> bool {
        let named = self.events.iter().find(|event| self.waits_for.contains(&event.detector.as_str()));
        let began = self.began.get();
        named.zip(began).is_some_and(|(event, began)| self.step >= event.step.max(began) + TOGETHER)
    }
}

/// Hears what is said of a run.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    pub onsets: Vec<Event>,
}

impl Observer for Quiet {
    fn on_health(&mut self, event: &Event) {
        if event.phase == Phase::Onset {
            self.onsets.push(event.clone());
        }
    }
}

/// A fault of a seed: what was said of it, and whether it is gone with its cure.
///
/// # Errors
/// When a run fails for another reason than its fault.
pub(super) fn fault(fault: &Fault, seed: Seed) -> Result<Tried> {
    let case = (fault.plan)(seed, None)?;
    let says = case.says;
    let ran = run(case, fault.detectors)?;
    let verdict = verdict(&ran.events).cloned();
    let named = |event: &&Event| event.phase == Phase::Onset && fault.detectors.contains(&event.detector.as_str());
    // what is said while a fault begins is in time
    let first = ran.events.iter().find(named);
    let delay = first.zip(ran.began).map(|(event, began)| event.step.saturating_sub(began));
    let right = verdict.as_ref().is_some_and(|event| {
        fault.detectors.contains(&event.detector.as_str()) && says.is_none_or(|text| event.cause.contains(text))
    });
    let early = ran
        .events
        .iter()
        .filter(|event| event.severity == Severity::Fault && ran.began.is_none_or(|began| event.step < began));
    let early = early.map(|event| event.detector.clone()).collect();
    let remedy = verdict.as_ref().map(|event| event.remedy.clone()).unwrap_or_default();
    let cured = run((fault.plan)(seed, Some(&remedy))?, &[])?;
    let is_cured = !cured.on.iter().any(|name| fault.detectors.contains(&name.as_str())) && cured.steps > 0;
    Ok(Tried {
        fault: fault.name,
        cure: fault.cure,
        remedy,
        seed,
        began: ran.began,
        verdict: verdict.map(|event| event.detector),
        delay,
        right,
        early,
        cured: is_cured,
    })
}

/// The run of a fault and a seed, written to `directory` as any other run, of `steps` steps where given.
///
/// # Errors
/// As [`Trainer::write_to`] and [`Trainer::run`].
pub(super) fn keep(
    fault: &Fault,
    seed: Seed,
    steps: Option<u64>,
    directory: RunDirectory,
    observer: &mut dyn Observer,
) -> Result<Outcome> {
    let Case { mut config, dataset, held_out, learner, plant, onset, .. } = (fault.plan)(seed, None)?;
    config.steps = steps.unwrap_or(config.steps);
    let learner = Planted { inner: learner, plant, onset, began: Rc::default(), planted: false };
    let mut trainer = Trainer::with_learner(config, Box::new(learner), dataset, Device::flex())?;
    if let Some(data) = held_out {
        trainer.hold_out(data);
    }
    trainer.write_to(directory)?;
    trainer.run(observer)
}

/// Runs a case to its end, or until one of `waits_for` has spoken.
pub(super) fn run(case: Case, waits_for: &'static [&'static str]) -> Result<Ran> {
    let Case { config, dataset, held_out, learner, plant, onset, .. } = case;
    let began = Rc::new(Cell::new(None));
    let learner = Planted { inner: learner, plant, onset, began: Rc::clone(&began), planted: false };
    let mut trainer = Trainer::with_learner(config, Box::new(learner), dataset, Device::flex())?;
    if let Some(data) = held_out {
        trainer.hold_out(data);
    }
    let mut listener = Listener { waits_for, began: Rc::clone(&began), ..Listener::default() };
    match trainer.run(&mut listener) {
        Ok(_) | Err(Error::NotFinite { .. }) => {}
        Err(error) => return Err(error),
    }
    let mut events = listener.events;
    events.extend_from_slice(trainer.unsaid());
    Ok(Ran { began: began.get(), on: trainer.faults_on(), events, steps: trainer.step() })
}
