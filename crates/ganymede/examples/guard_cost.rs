//! What the guard against numbers that are not finite costs of a step.
//!
//! ```text
//! cargo run --release --example guard_cost
//! ```
//! The check of the updated weights and moments is part of the optimizer's pass over them; what it adds to that pass is
//! measured by `the_check_adds_little_to_the_update` of ganymede-ops, a million numbers at a time.

use std::time::{Duration, Instant};

use burn::tensor::{Tensor, TensorData};
use ganymede::{Config, data::Size, prelude::*};

const STEPS: u32 = 20;
const REPEATS: u32 = 50;
/// The trainer looks through the whole state once in so many steps.
const LOOK_EVERY: f64 = 100.0;

fn main() -> ganymede::Result<()> {
    let config =
        Config { data: "shapes".into(), size: Some(Size::square(32)), network: "dcgan32".into(), ..Config::default() };
    let mut trainer = Trainer::new(config, Device::flex())?;
    for _ in 0..3 {
        trainer.train_step()?;
    }
    let step = timed(STEPS, || trainer.train_step().map(drop))?;
    let state = trainer.checkpoint().tensors;
    let trained = state.iter().filter(|(name, _)| name.starts_with("generator.") || name.starts_with("discriminator."));
    let as_one_axis = |data: &TensorData| TensorData::new(data.iter::<f32>().collect(), [data.num_elements()]);
    let gradients: Vec<Tensor<1>> =
        trained.map(|(_, data)| Tensor::from_data(as_one_axis(data), &Device::flex())).collect();
    let numbers: usize = gradients.iter().map(|gradient| gradient.dims()[0]).sum();
    let shown = Tensor::<1>::zeros([64 * 32 * 32], &Device::flex());
    let data = timed(REPEATS, || {
        std::hint::black_box(ganymede_ops::squared_norm(shown.clone()));
        Ok(())
    })?;
    let norms = timed(REPEATS, || {
        for gradient in &gradients {
            std::hint::black_box(ganymede_ops::squared_norm(gradient.clone()));
        }
        Ok(())
    })?;
    let look = timed(REPEATS, || {
        let state = trainer.checkpoint().tensors;
        let finite = state.values().all(|data| data.as_slice::<f32>().is_ok_and(|v| v.iter().all(|x| x.is_finite())));
        std::hint::black_box(finite);
        Ok(())
    })?;
    let percent = |cost: f64| 100.0 * cost / step.as_secs_f64();
    println!("a step of dcgan32 at batch 64         {step:>10.2?}");
    println!("the check of the data                 {data:>10.2?}  {:.2} %", percent(data.as_secs_f64()));
    println!("norms of every gradient               {norms:>10.2?}  {:.2} %", percent(norms.as_secs_f64()));
    println!("numbers that Adam updates and checks  {numbers:>10}");
    println!("a look through the state, in 100 steps {look:>9.2?}  {:.2} %", percent(look.as_secs_f64() / LOOK_EVERY));
    Ok(())
}

fn timed(times: u32, mut work: impl FnMut() -> ganymede::Result<()>) -> ganymede::Result<Duration> {
    let started = Instant::now();
    for _ in 0..times {
        work()?;
    }
    Ok(started.elapsed() / times)
}
