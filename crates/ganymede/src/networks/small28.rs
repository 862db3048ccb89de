//! A small pair for 28 x 28 images: it trains in minutes on two cores.
//!
//! ```text
//! G   z -> fc 512, BN, ReLU -> fc 64·7·7, BN, ReLU
//!       -> pixel shuffle x2 (14 x 14) -> conv 16 -> 32 3x3, BN, ReLU
//!       -> pixel shuffle x2 (28 x 28) -> conv 8 -> C 3x3, tanh
//! D   x -> conv C -> 32 4x4/2, LeakyReLU 0.2 (14 x 14) -> conv 32 -> 64 4x4/2, LeakyReLU (7 x 7)
//!       -> fc 512, LeakyReLU -> fc 1
//! ```

use burn::{module::Module, tensor::Tensor};

use super::{Discriminator, Generator, Pass};
use crate::{
    layers::{BatchNorm, Conv2d, Initializer, Linear},
    signal::Signal,
};

const SLOPE: f64 = 0.2;

/// `z` [N, latent] -> [N, C, 28, 28], in [-1, 1].
#[derive(Module, Debug)]
pub struct Small28Generator {
    fc1: Linear,
    norm1: BatchNorm,
    fc2: Linear,
    norm2: BatchNorm,
    conv1: Conv2d,
    norm3: BatchNorm,
    conv2: Conv2d,
    latent: usize,
}

impl Small28Generator {
    pub fn new(latent: usize, channels: usize, init: &mut Initializer) -> Self {
        Small28Generator {
            fc1: Linear::new(latent, 512, init).without_bias(),
            norm1: BatchNorm::new(512, init).relu(),
            fc2: Linear::new(512, 64 * 7 * 7, init).without_bias(),
            norm2: BatchNorm::new(64 * 7 * 7, init).relu(),
            conv1: Conv2d::new(16, 32, 3, init).padding(1).without_bias(),
            norm3: BatchNorm::new(32, init).relu(),
            conv2: Conv2d::new(8, channels, 3, init).padding(1),
            latent,
        }
    }
}

impl Generator for Small28Generator {
    fn latent_size(&self) -> usize {
        self.latent
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let x = self.norm1.forward(self.fc1.forward(z.into()), pass.mode);
        let x = self.norm2.forward(self.fc2.forward(x), pass.mode).unflatten([64, 7, 7]).pixel_shuffle(2);
        let x = self.norm3.forward(self.conv1.forward(x), pass.mode).pixel_shuffle(2);
        self.conv2.forward(x).tanh().value
    }
}

/// `x` [N, C, 28, 28] -> [N, 1].
#[derive(Module, Debug)]
pub struct Small28Discriminator {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
}

impl Small28Discriminator {
    pub fn new(channels: usize, init: &mut Initializer) -> Self {
        Small28Discriminator {
            conv1: Conv2d::new(channels, 32, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            conv2: Conv2d::new(32, 64, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            fc1: Linear::new(64 * 7 * 7, 512, init).leaky_relu(SLOPE),
            fc2: Linear::new(512, 1, init),
        }
    }
}

impl Discriminator for Small28Discriminator {
    fn forward(&self, x: Signal<4>, _pass: &Pass) -> Signal<2> {
        let x = self.conv2.forward(self.conv1.forward(x)).flatten();
        self.fc2.forward(self.fc1.forward(x))
    }
}
