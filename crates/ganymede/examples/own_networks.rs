//! A generator and a discriminator of one's own, as burn modules, trained with an objective and a penalty of the library.
//!
//! `cargo run --release --example own_networks -- 200`

use burn::{module::Module, tensor::Tensor};
use ganymede::{
    layers::{Initializer, Linear, WeightScale},
    prelude::*,
    random::{Purpose, Seed},
};

#[derive(Module, Debug)]
struct MyGenerator {
    hidden: Linear,
    output: Linear,
}

impl Generator for MyGenerator {
    fn latent_size(&self) -> usize {
        8
    }

    fn forward(&self, z: Tensor<2>, _: &Pass) -> Tensor<4> {
        self.output.forward(self.hidden.forward(z.into())).unflatten([2, 1, 1]).value
    }
}

#[derive(Module, Debug)]
struct MyDiscriminator {
    hidden: Linear,
    output: Linear,
}

impl Discriminator for MyDiscriminator {
    fn forward(&self, x: Signal<4>, _: &Pass) -> Signal<2> {
        self.output.forward(self.hidden.forward(x.flatten()).silu())
    }
}

fn main() -> ganymede::Result<()> {
    let steps = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200);
    let device = Device::flex().autodiff();
    let mut init = Initializer::new(Seed(1), Purpose::GeneratorWeights, WeightScale::FanIn, &device);
    let generator = MyGenerator { hidden: Linear::new(8, 64, &mut init).relu(), output: Linear::new(64, 2, &mut init) };
    let discriminator =
        MyDiscriminator { hidden: Linear::new(2, 64, &mut init), output: Linear::new(64, 1, &mut init) };

    let game = Game::new(generator, discriminator, GameSettings::new("relativistic", "r1:0.1+r2:0.1")?)?;
    let data = ganymede::data::open("ring8", &Default::default())?;
    let config = Config { steps, batch: 256, ..Config::default() };
    let mut trainer = Trainer::with_learner(config, Box::new(game), data, device)?;
    for _ in 0..steps {
        let report = trainer.train_step()?;
        println!("{:?}", report.iter().collect::<Vec<_>>());
    }
    Ok(())
}
