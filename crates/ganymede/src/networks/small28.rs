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

use super::{
    Decoder, Discriminator, Ends, Generator, GeneratorClasses, Head, LabelPlanes, Norm, Pass,
    conditional::with_embedding, labelled,
};
use crate::{
    layers::{Conv2d, Embedding, Initializer, Linear},
    signal::Signal,
};

const SLOPE: f64 = 0.2;

/// `z` [N, latent] -> [N, C, 28, 28], in [-1, 1].
#[derive(Module, Debug)]
pub struct Small28Generator {
    embedding: Option<Embedding>,
    fc1: Linear,
    norm1: Norm,
    fc2: Linear,
    norm2: Norm,
    conv1: Conv2d,
    norm3: Norm,
    conv2: Conv2d,
    latent: usize,
    classes: Option<usize>,
}

impl Small28Generator {
    pub fn new(latent: usize, channels: usize, classes: GeneratorClasses, init: &mut Initializer) -> Self {
        Small28Generator {
            embedding: classes.embedding(init),
            fc1: Linear::new(classes.inputs(latent), 512, init).without_bias(),
            norm1: classes.norm(512, init),
            fc2: Linear::new(512, 64 * 7 * 7, init).without_bias(),
            norm2: classes.norm(64 * 7 * 7, init),
            conv1: Conv2d::new(16, 32, 3, init).padding(1).without_bias(),
            norm3: classes.norm(32, init),
            conv2: Conv2d::new(8, channels, 3, init).padding(1),
            latent,
            classes: classes.count(),
        }
    }
}

impl Generator for Small28Generator {
    fn latent_size(&self) -> usize {
        self.latent
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        Signal::from(self.unbounded(z, pass)).tanh().value
    }

    fn classes(&self) -> Option<usize> {
        self.classes
    }
}

impl Decoder for Small28Generator {
    fn unbounded(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let z = with_embedding(&self.embedding, z, pass);
        let x = self.norm1.forward(self.fc1.forward(z.into()), pass);
        let x = self.norm2.forward(self.fc2.forward(x), pass).unflatten([64, 7, 7]).pixel_shuffle(2);
        let x = self.norm3.forward(self.conv1.forward(x), pass).pixel_shuffle(2);
        self.conv2.forward(x).value
    }
}

/// `x` [N, C, 28, 28] -> [N, 1].
#[derive(Module, Debug)]
pub struct Small28Discriminator {
    planes: Option<LabelPlanes>,
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Head,
}

impl Small28Discriminator {
    pub fn new(channels: usize, ends: Ends, init: &mut Initializer) -> Self {
        Small28Discriminator {
            planes: ends.planes(),
            conv1: Conv2d::new(ends.channels(channels), 32, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            conv2: Conv2d::new(32, 64, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            fc1: Linear::new(64 * 7 * 7, 512, init).leaky_relu(SLOPE),
            fc2: ends.head(512, init),
        }
    }
}

impl Discriminator for Small28Discriminator {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let x = labelled(&self.planes, x, pass);
        let x = self.conv2.forward(self.conv1.forward(x)).flatten();
        self.fc2.forward(self.fc1.forward(x), pass)
    }

    fn classes(&self) -> Option<usize> {
        self.fc2.classes().or(self.planes.as_ref().map(LabelPlanes::classes))
    }
}
