//! The main job: train a preset into a run directory, then draw samples from it.
//!
//! `cargo run --release --example train_shapes -- 300`

use ganymede::{Config, picture, prelude::*};

/// Prints a line a tick.
struct Lines;

impl Observer for Lines {
    fn on_tick(&mut self, progress: &Progress) {
        let terms: Vec<String> = progress.report.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
        println!("{:>6}/{}  {}", progress.step, progress.steps, terms.join("  "));
    }
}

fn main() -> ganymede::Result<()> {
    let steps = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(3000);
    let config = Config { steps, ..Config::preset("shapes")? };

    let mut trainer = Trainer::new(config, Device::flex())?;
    trainer.write_to(RunDirectory::at("runs/example"))?;
    trainer.run(&mut Lines)?;

    let sampler = Sampler::open("runs/example".as_ref(), &Device::flex())?;
    let samples = sampler.sample(&(0..16).collect::<Vec<u64>>(), None, 1.0)?;
    picture::save_png(&picture::of_samples(&samples, 4)?, "runs/example/samples.png".as_ref())
}
