//! What watching costs, as a share of a step.
//!
//! ```text
//! share = time of probes and detectors / time of the steps between them        one after the other, in the same run
//! ```
//! So whatever else the machine does, it does to both. What a step computes for the detectors of the logits that it has at
//! hand is timed on numbers as many, and counted with the detectors.

use std::time::{Duration, Instant};

use burn::tensor::Device;
use serde::Serialize;

use crate::{
    config::Config,
    error::Result,
    objectives,
    random::{Draws, Purpose, Seed},
    training::{Report, Trainer, logit_statistics},
};

/// What watching a run costs.
#[derive(Debug, Clone, Serialize)]
pub struct Cost {
    pub network: String,
    pub batch: usize,
    pub steps: u64,
    /// Milliseconds of a step, mean.
    pub step: f64,
    /// Milliseconds of what is added to a step, mean.
    pub watching: f64,
}

impl Cost {
    pub fn share(&self) -> f64 {
        self.watching / self.step
    }
}

/// Of `steps` steps of the game of `config`, after the first, whose probe reads the data.
///
/// # Errors
/// As [`Trainer::new`] and [`Trainer::train_step`].
pub fn cost(config: &Config, steps: u64) -> Result<Cost> {
    let mut trainer = Trainer::new(Config { steps: steps + 1, ..config.clone() }, Device::flex())?;
    let mut first = trainer.train_step()?;
    trainer.examine(&mut first)?;
    let objective = objectives::by_name(&config.objective)?;
    let logits: Vec<f64> =
        Draws::new(Seed(0), Purpose::Data, 0).normals(config.batch).iter().map(|x| f64::from(*x)).collect();
    let (mut step, mut watching) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..steps {
        let started = Instant::now();
        let mut report: Report = trainer.train_step()?;
        let stepped = Instant::now();
        trainer.examine(&mut report)?;
        std::hint::black_box(logit_statistics(objective, &logits));
        step += stepped - started;
        watching += stepped.elapsed();
    }
    let mean = |time: Duration| time.as_secs_f64() * 1e3 / steps.max(1) as f64;
    let Config { network, batch, .. } = config.clone();
    Ok(Cost { network, batch, steps, step: mean(step), watching: mean(watching) })
}
