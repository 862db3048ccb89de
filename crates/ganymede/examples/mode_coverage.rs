//! Trains a preset on a density of separate modes from several seeds, and counts the modes that its generator finds.
//!
//! `cargo run --release --example mode_coverage -- ring8 5`

use ganymede::{Config, data::mode_coverage, prelude::*, random::Seed};

const SAMPLES: u64 = 10_000;

fn main() -> ganymede::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let preset = arguments.next().unwrap_or_else(|| "ring8".into());
    let seeds = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    let steps = arguments.next().and_then(|n| n.parse().ok());
    for seed in 0..seeds {
        let preset = Config::preset(&preset)?;
        let config = Config { seed: Seed(seed), steps: steps.unwrap_or(preset.steps), ..preset };
        let mut trainer = Trainer::new(config, Device::flex())?;
        trainer.run(&mut ())?;

        let samples = trainer.samples(&(0..SAMPLES).collect::<Vec<u64>>());
        let values: Vec<f32> = samples.into_data().iter::<f32>().collect();
        let points: Vec<[f32; 2]> = values.chunks_exact(2).map(|point| [point[0], point[1]]).collect();
        let density = trainer.dataset().density();
        match density.and_then(|density| mode_coverage(&points, density)) {
            Some(found) => println!("seed {seed}  {found}"),
            None => println!("seed {seed}  this density has no separate modes"),
        }
    }
    Ok(())
}
