//! The best checkpoint of a run, in words.

use console::style;
use ganymede::{Config, checkpoint::Best};

use crate::style::{count, number};

/// `step 2,000: fid 12.345`
pub fn shown(best: Best, config: &Config) -> String {
    let step = style(count(best.step.0)).bold();
    match config.monitor.as_ref().and_then(|monitoring| monitoring.criterion()) {
        Some(criterion) => format!("step {step}: {} {}", criterion.name(), number(criterion.figure(best.score))),
        None => format!("step {step}: score {}", number(best.score)),
    }
}
