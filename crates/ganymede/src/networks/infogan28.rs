//! The pair for 28 x 28 images of the large comparison of Lucic et al. 2018, after InfoGAN (Chen et al. 2016).
//!
//! ```text
//! G   z -> fc 1024, BN, ReLU -> fc 128·7·7, BN, ReLU
//!       -> conv^T 128 -> 64 4x4/2, BN, ReLU (14 x 14) -> conv^T 64 -> C 4x4/2, tanh (28 x 28)
//! D   x -> conv C -> 64 4x4/2, LeakyReLU 0.2 (14 x 14) -> conv 64 -> 128 4x4/2, [BN,] LeakyReLU (7 x 7)
//!       -> fc 1024, [BN,] LeakyReLU -> fc 1
//! ```

use burn::{module::Module, tensor::Tensor};

use super::{
    Decoder, Discriminator, Ends, Generator, GeneratorClasses, Head, LabelPlanes, Norm, Pass,
    conditional::with_embedding, labelled, normalized,
};
use crate::{
    layers::{BatchNorm, Conv2d, ConvTranspose2d, Embedding, Initializer, Linear},
    signal::Signal,
};

const SLOPE: f64 = 0.2;

/// `z` [N, latent] -> [N, C, 28, 28], in [-1, 1].
#[derive(Module, Debug)]
pub struct InfoGan28Generator {
    embedding: Option<Embedding>,
    fc1: Linear,
    norm1: Norm,
    fc2: Linear,
    norm2: Norm,
    conv1: ConvTranspose2d,
    norm3: Norm,
    conv2: ConvTranspose2d,
    latent: usize,
    classes: Option<usize>,
}

impl InfoGan28Generator {
    pub fn new(latent: usize, channels: usize, classes: GeneratorClasses, init: &mut Initializer) -> Self {
        InfoGan28Generator {
            embedding: classes.embedding(init),
            fc1: Linear::new(classes.inputs(latent), 1024, init).without_bias(),
            norm1: classes.norm(1024, init),
            fc2: Linear::new(1024, 128 * 7 * 7, init).without_bias(),
            norm2: classes.norm(128 * 7 * 7, init),
            conv1: ConvTranspose2d::new(128, 64, 4, init).stride(2).padding(1).without_bias(),
            norm3: classes.norm(64, init),
            conv2: ConvTranspose2d::new(64, channels, 4, init).stride(2).padding(1),
            latent,
            classes: classes.count(),
        }
    }
}

impl Generator for InfoGan28Generator {
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

impl Decoder for InfoGan28Generator {
    fn unbounded(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let z = with_embedding(&self.embedding, z, pass);
        let x = self.norm1.forward(self.fc1.forward(z.into()), pass);
        let x = self.norm2.forward(self.fc2.forward(x), pass).unflatten([128, 7, 7]);
        let x = self.norm3.forward(self.conv1.forward(x), pass);
        self.conv2.forward(x).value
    }
}

/// `x` [N, C, 28, 28] -> [N, 1].
#[derive(Module, Debug)]
pub struct InfoGan28Discriminator {
    planes: Option<LabelPlanes>,
    conv1: Conv2d,
    conv2: Conv2d,
    norm2: Option<BatchNorm>,
    fc1: Linear,
    norm3: Option<BatchNorm>,
    fc2: Head,
}

impl InfoGan28Discriminator {
    pub fn new(channels: usize, ends: Ends, init: &mut Initializer) -> Self {
        InfoGan28Discriminator {
            planes: ends.planes(),
            conv1: Conv2d::new(ends.channels(channels), 64, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            conv2: Conv2d::new(64, 128, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            norm2: None,
            fc1: Linear::new(128 * 7 * 7, 1024, init).leaky_relu(SLOPE),
            norm3: None,
            fc2: ends.head(1024, init),
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
        let x = labelled(&self.planes, x, pass);
        let x = self.conv2.forward(self.conv1.forward(x));
        let x = normalized(&self.norm2, x, pass).flatten();
        let x = normalized(&self.norm3, self.fc1.forward(x), pass);
        self.fc2.forward(x, pass)
    }

    fn classes(&self) -> Option<usize> {
        self.fc2.classes().or(self.planes.as_ref().map(LabelPlanes::classes))
    }

    fn couples_samples(&self) -> bool {
        self.norm2.is_some()
    }
}
