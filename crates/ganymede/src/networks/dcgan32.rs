//! The pair of Radford et al. 2016 (DCGAN) for 32 x 32 images.
//!
//! ```text
//! G   z -> fc 256·4·4, BN, ReLU -> conv^T 256 -> 128 4x4/2, BN, ReLU (8 x 8)
//!       -> conv^T 128 -> 64 4x4/2, BN, ReLU (16 x 16) -> conv^T 64 -> C 4x4/2, tanh (32 x 32)
//! D   x -> conv C -> 64 4x4/2, LeakyReLU 0.2 (16 x 16) -> conv 64 -> 128 4x4/2, [BN,] LeakyReLU (8 x 8)
//!       -> conv 128 -> 256 4x4/2, [BN,] LeakyReLU (4 x 4) -> fc 1
//! ```
//! The first BN is per channel, over the 4 x 4 pixels: there the original writes the full connection as a transposed
//! convolution from one pixel.

use burn::{module::Module, tensor::Tensor};

use super::{Discriminator, Generator, Pass, normalized};
use crate::{
    layers::{BatchNorm, Conv2d, ConvTranspose2d, Initializer, Linear},
    signal::Signal,
};

const SLOPE: f64 = 0.2;

/// `z` [N, latent] -> [N, C, 32, 32], in [-1, 1].
#[derive(Module, Debug)]
pub struct Dcgan32Generator {
    fc: Linear,
    norm1: BatchNorm,
    conv1: ConvTranspose2d,
    norm2: BatchNorm,
    conv2: ConvTranspose2d,
    norm3: BatchNorm,
    conv3: ConvTranspose2d,
    latent: usize,
}

impl Dcgan32Generator {
    pub fn new(latent: usize, channels: usize, init: &mut Initializer) -> Self {
        Dcgan32Generator {
            fc: Linear::new(latent, 256 * 4 * 4, init).without_bias(),
            norm1: BatchNorm::new(256, init).relu(),
            conv1: ConvTranspose2d::new(256, 128, 4, init).stride(2).padding(1).without_bias(),
            norm2: BatchNorm::new(128, init).relu(),
            conv2: ConvTranspose2d::new(128, 64, 4, init).stride(2).padding(1).without_bias(),
            norm3: BatchNorm::new(64, init).relu(),
            conv3: ConvTranspose2d::new(64, channels, 4, init).stride(2).padding(1),
            latent,
        }
    }
}

impl Generator for Dcgan32Generator {
    fn latent_size(&self) -> usize {
        self.latent
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let x = self.fc.forward(z.into()).unflatten([256, 4, 4]);
        let x = self.norm1.forward(x, pass.mode);
        let x = self.norm2.forward(self.conv1.forward(x), pass.mode);
        let x = self.norm3.forward(self.conv2.forward(x), pass.mode);
        self.conv3.forward(x).tanh().value
    }
}

/// `x` [N, C, 32, 32] -> [N, 1].
#[derive(Module, Debug)]
pub struct Dcgan32Discriminator {
    conv1: Conv2d,
    conv2: Conv2d,
    norm2: Option<BatchNorm>,
    conv3: Conv2d,
    norm3: Option<BatchNorm>,
    fc: Linear,
}

impl Dcgan32Discriminator {
    pub fn new(channels: usize, init: &mut Initializer) -> Self {
        Dcgan32Discriminator {
            conv1: Conv2d::new(channels, 64, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            conv2: Conv2d::new(64, 128, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            norm2: None,
            conv3: Conv2d::new(128, 256, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            norm3: None,
            fc: Linear::new(256 * 4 * 4, 1, init),
        }
    }

    /// With batch normalisation after the second and the third convolution, as the original has it.
    pub fn batch_norm(self, init: &mut Initializer) -> Self {
        Dcgan32Discriminator {
            conv2: self.conv2.without_bias().leaky_relu(1.0),
            norm2: Some(BatchNorm::new(128, init).leaky_relu(SLOPE)),
            conv3: self.conv3.without_bias().leaky_relu(1.0),
            norm3: Some(BatchNorm::new(256, init).leaky_relu(SLOPE)),
            ..self
        }
    }
}

impl Discriminator for Dcgan32Discriminator {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let x = self.conv2.forward(self.conv1.forward(x));
        let x = self.conv3.forward(normalized(&self.norm2, x, pass));
        let x = normalized(&self.norm3, x, pass).flatten();
        self.fc.forward(x)
    }

    fn couples_samples(&self) -> bool {
        self.norm2.is_some()
    }
}
