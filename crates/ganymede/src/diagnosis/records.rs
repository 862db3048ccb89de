//! The numbers and words that a run has left.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::Ending;
use crate::{
    config::Config,
    error::{Error, Result},
    health::{Board, Context, Event, Reading, Skipped},
    training::{Report, RunDirectory},
};

/// What a run has left, read.
#[derive(Debug)]
pub struct Records {
    pub directory: RunDirectory,
    pub config: Config,
    /// The means over each tick, by the step that it ended at.
    pub stats: Vec<(u64, Report)>,
    /// The steps that were left out, and what was not finite in each.
    pub skipped: Vec<SkippedStep>,
    /// The figure that ranks the run's snapshots, where it was measured while it trained.
    pub measured: Vec<Measurement>,
    /// What detectors said.
    pub events: Vec<Event>,
    /// Whether they said it now, of the statistics, because nobody watched the run.
    pub is_replayed: bool,
    /// Steps of the checkpoints that are there, oldest first.
    pub checkpoints: Vec<u64>,
    /// Steps done, as far as the files say.
    pub steps_done: u64,
    pub ending: Ending,
}

/// A step that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedStep {
    pub step: u64,
    pub quantity: String,
    pub value: String,
}

/// The figure that ranks snapshots, of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measurement {
    pub step: u64,
    pub figure: f64,
    /// Lower is better, whatever the figure.
    pub score: f64,
}

impl Records {
    /// Reads the run in `directory`.
    ///
    /// # Errors
    /// [`Error::Run`] where there is none; [`Error::Io`] when a file cannot be read.
    pub fn read(directory: &Path) -> Result<Self> {
        let run = RunDirectory::at(directory);
        let no_run = || Error::Run {
            path: directory.to_owned(),
            reason: "it is no run: there is no config.json".into(),
            advice: "name the directory that `ganymede train` wrote to, such as runs/00000-shapes-non-saturating"
                .into(),
        };
        let config = run.config()?.ok_or_else(no_run)?;
        let stats: Vec<(u64, Report)> = run.stats()?.iter().filter_map(report).collect();
        let skipped: Vec<SkippedStep> = run.events()?.iter().filter_map(skipped).collect();
        let measured: Vec<Measurement> = run.metrics()?.iter().filter_map(|line| measurement(&config, line)).collect();
        let checkpoints = run.checkpoint_steps()?;
        let said = run.health()?;
        // what is watched reports the order of its logits; a watched run without a fault has no file of events
        let was_watched = !said.is_empty() || stats.iter().any(|(_, report)| report.get("separation").is_some());
        let events = if was_watched {
            said.into_iter().filter_map(|line| serde_json::from_value(line).ok()).collect()
        } else {
            replayed(&config, &stats, &skipped, &measured)?
        };
        let saved = checkpoints.last().copied();
        let newest = |steps: &[Option<u64>]| steps.iter().flatten().max().copied().unwrap_or(0);
        let steps_done = newest(&[
            saved,
            stats.last().map(|(step, _)| *step),
            skipped.last().map(|skipped| skipped.step),
            events.last().map(|event: &Event| event.step),
        ]);
        let ending = Ending::of(&run.log_text()?, saved, run.is_held()?);
        Ok(Records {
            directory: run,
            config,
            stats,
            skipped,
            measured,
            events,
            is_replayed: !was_watched,
            checkpoints,
            steps_done,
            ending,
        })
    }

    /// The measurement of the lowest score.
    pub fn best(&self) -> Option<&Measurement> {
        self.measured.iter().min_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// What `name` was in each tick that has it.
    pub fn series(&self, name: &str) -> Vec<[f64; 2]> {
        self.stats.iter().filter_map(|(step, report)| Some([*step as f64, report.get(name)?])).collect()
    }
}

fn report(line: &Value) -> Option<(u64, Report)> {
    let line = line.as_object()?;
    let step = line.get("step")?.as_u64()?;
    let numbers = line.iter().filter(|(name, _)| !["step", "kimg"].contains(&name.as_str()));
    Some((step, numbers.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()))
}

fn skipped(line: &Value) -> Option<SkippedStep> {
    let text = |name: &str| Some(line.get(name)?.as_str()?.to_owned());
    Some(SkippedStep { step: line.get("step")?.as_u64()?, quantity: text("quantity")?, value: text("value")? })
}

fn measurement(config: &Config, line: &Value) -> Option<Measurement> {
    let monitoring = config.monitor.as_ref().filter(|monitoring| monitoring.is_of(line))?;
    let criterion = monitoring.criterion()?;
    let score = criterion.score_of_line(line)?;
    Some(Measurement { step: line.get("step")?.as_u64()?, figure: criterion.figure(score), score })
}

/// What the detectors have to say of a run that nobody watched.
fn replayed(
    config: &Config,
    stats: &[(u64, Report)],
    skipped: &[SkippedStep],
    measured: &[Measurement],
) -> Result<Vec<Event>> {
    let mut board = Board::new(Context::of(config, is_of_points(config))?);
    let nothing = Report::default();
    let scores: Vec<(u64, Report)> =
        measured.iter().map(|m| (m.step, [("score".to_owned(), m.score)].into_iter().collect())).collect();
    let mut readings: Vec<(u64, Reading)> = Vec::new();
    readings.extend(stats.iter().chain(&scores).map(|(step, report)| (*step, Reading::of(report))));
    readings.extend(skipped.iter().map(|skipped| {
        let SkippedStep { step, quantity, value } = skipped;
        (*step, Reading { numbers: &nothing, skipped: Some(Skipped { quantity, value }) })
    }));
    // at one step the statistics come first, as in a run
    readings.sort_by_key(|(step, _)| *step);
    Ok(readings.iter().flat_map(|(step, reading)| board.observe(*step, reading)).collect())
}

/// The shape that tells detectors images from points, which a run's own files do not say: `mlp` makes points alone.
fn is_of_points(config: &Config) -> [usize; 3] {
    if config.network == "mlp" { [2, 1, 1] } else { [1, 2, 2] }
}
