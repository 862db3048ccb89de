//! The pair for 28 x 28 images of the large comparison of Lucic et al. 2018, after InfoGAN (Chen et al. 2016).
//!
//! ```text
//! G   z -> fc 1024, BN, ReLU -> fc 128·7·7, BN, ReLU
//!       -> conv^T 128 -> 64 4x4/2, BN, ReLU (14 x 14) -> conv^T 64 -> C 4x4/2, tanh (28 x 28)
//! D   x -> conv C -> 64 4x4/2, LeakyReLU 0.2 (14 x 14) -> conv 64 -> 128 4x4/2, [BN,] LeakyReLU (7 x 7)
//!       -> fc 1024, [BN,] LeakyReLU -> fc 1
//! ```

use burn::{module::Module, tensor::Tensor};

use super::{Discriminator, Generator, Pass, normalized};
use crate::{
    layers::{BatchNorm, Conv2d, ConvTranspose2d, Initializer, Linear},
    signal::Signal,
};

const SLOPE: f64 = 0.2;

/// `z` [N, latent] -> [N, C, 28, 28], in [-1, 1].
#[derive(Module, Debug)]
pub struct InfoGan28Generator {
    fc1: Linear,
    norm1: BatchNorm,
    fc2: Linear,
    norm2: BatchNorm,
    conv1: ConvTranspose2d,
    norm3: BatchNorm,
    conv2: ConvTranspose2d,
    latent: usize,
}

impl InfoGan28Generator {
    pub fn new(latent: usize, channels: usize, init: &mut Initializer) -> Self {
        InfoGan28Generator {
            fc1: Linear::new(latent, 1024, init).without_bias(),
            norm1: BatchNorm::new(1024, init).relu(),
            fc2: Linear::new(1024, 128 * 7 * 7, init).without_bias(),
            norm2: BatchNorm::new(128 * 7 * 7, init).relu(),
            conv1: ConvTranspose2d::new(128, 64, 4, init).stride(2).padding(1).without_bias(),
            norm3: BatchNorm::new(64, init).relu(),
            conv2: ConvTranspose2d::new(64, channels, 4, init).stride(2).padding(1),
            latent,
        }
    }
}

impl Generator for InfoGan28Generator {
    fn latent_size(&self) -> usize {
        self.latent
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let x = self.norm1.forward(self.fc1.forward(z.into()), pass.mode);
        let x = self.norm2.forward(self.fc2.forward(x), pass.mode).unflatten([128, 7, 7]);
        let x = self.norm3.forward(self.conv1.forward(x), pass.mode);
        self.conv2.forward(x).tanh().value
    }
}

/// `x` [N, C, 28, 28] -> [N, 1].
#[derive(Module, Debug)]
pub struct InfoGan28Discriminator {
    conv1: Conv2d,
    conv2: Conv2d,
    norm2: Option<BatchNorm>,
    fc1: Linear,
    norm3: Option<BatchNorm>,
    fc2: Linear,
}

impl InfoGan28Discriminator {
    pub fn new(channels: usize, init: &mut Initializer) -> Self {
        InfoGan28Discriminator {
            conv1: Conv2d::new(channels, 64, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            conv2: Conv2d::new(64, 128, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            norm2: None,
            fc1: Linear::new(128 * 7 * 7, 1024, init).leaky_relu(SLOPE),
            norm3: None,
            fc2: Linear::new(1024, 1, init),
        }
    }

    /// With batch normalisation after the second convolution and the first full connection, as the original has it.
    pub fn batch_norm(self, init: &mut Initializer) -> Self {
        InfoGan28Discriminator {
            conv2: self.conv2.without_bias().leaky_relu(1.0),
            norm2: Some(BatchNorm::new(128, init).leaky_relu(SLOPE)),
            fc1: self.fc1.without_bias().leaky_relu(1.0),
            norm3: Some(BatchNorm::new(1024, init).leaky_relu(SLOPE)),
            ..self
        }
    }
}

impl Discriminator for InfoGan28Discriminator {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let x = self.conv2.forward(self.conv1.forward(x));
        let x = normalized(&self.norm2, x, pass).flatten();
        let x = normalized(&self.norm3, self.fc1.forward(x), pass);
        self.fc2.forward(x)
    }

    fn couples_samples(&self) -> bool {
        self.norm2.is_some()
    }
}
