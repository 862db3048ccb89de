//! The pair of Radford et al. 2016 (DCGAN), for 32 x 32 and 64 x 64 images.
//!
//! ```text
//! G   z -> fc 256·4·4, BN, ReLU -> conv^T 256 -> 128 4x4/2, BN, ReLU (8 x 8)
//!       -> conv^T 128 -> 64 4x4/2, BN, ReLU (16 x 16) -> conv^T 64 -> C 4x4/2, tanh (32 x 32)
//! D   x -> conv C -> 64 4x4/2, LeakyReLU 0.2 (16 x 16) -> conv 64 -> 128 4x4/2, [BN,] LeakyReLU (8 x 8)
//!       -> conv 128 -> 256 4x4/2, [BN,] LeakyReLU (4 x 4) -> fc 1
//! ```
//! At 64 x 64 each has one layer more where it is 4 x 4 pixels small, of 512 channels: G begins with fc 512·4·4, BN, ReLU,
//! conv^T 512 -> 256 4x4/2, and D ends with conv 256 -> 512 4x4/2, [BN,] LeakyReLU.
//!
//! The first BN is per channel, over the 4 x 4 pixels: there the original writes the full connection as a transposed
//! convolution from one pixel.

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

/// The side of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DcganSize {
    Pixels32,
    Pixels64,
}

impl DcganSize {
    /// Channels of the 4 x 4 pixels.
    fn deepest(self) -> usize {
        match self {
            DcganSize::Pixels32 => 256,
            DcganSize::Pixels64 => 512,
        }
    }
}

/// What the generator of 64 x 64 images has before the other one begins.
#[derive(Module, Debug)]
pub struct Deepest {
    norm: Norm,
    conv: ConvTranspose2d,
}

/// `z` [N, latent] -> [N, C, 32, 32] or [N, C, 64, 64], in [-1, 1].
#[derive(Module, Debug)]
pub struct DcganGenerator {
    embedding: Option<Embedding>,
    fc: Linear,
    deepest: Option<Deepest>,
    norm1: Norm,
    conv1: ConvTranspose2d,
    norm2: Norm,
    conv2: ConvTranspose2d,
    norm3: Norm,
    conv3: ConvTranspose2d,
    latent: usize,
    classes: Option<usize>,
}

impl DcganGenerator {
    pub fn new(
        size: DcganSize,
        latent: usize,
        channels: usize,
        classes: GeneratorClasses,
        init: &mut Initializer,
    ) -> Self {
        let deepest = |init: &mut Initializer| Deepest {
            norm: classes.norm(512, init),
            conv: ConvTranspose2d::new(512, 256, 4, init).stride(2).padding(1).without_bias(),
        };
        DcganGenerator {
            embedding: classes.embedding(init),
            fc: Linear::new(classes.inputs(latent), size.deepest() * 4 * 4, init).without_bias(),
            deepest: (size == DcganSize::Pixels64).then(|| deepest(init)),
            norm1: classes.norm(256, init),
            conv1: ConvTranspose2d::new(256, 128, 4, init).stride(2).padding(1).without_bias(),
            norm2: classes.norm(128, init),
            conv2: ConvTranspose2d::new(128, 64, 4, init).stride(2).padding(1).without_bias(),
            norm3: classes.norm(64, init),
            conv3: ConvTranspose2d::new(64, channels, 4, init).stride(2).padding(1),
            latent,
            classes: classes.count(),
        }
    }
}

impl Generator for DcganGenerator {
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

impl Decoder for DcganGenerator {
    fn unbounded(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let z = with_embedding(&self.embedding, z, pass);
        let x = self.fc.forward(z.into());
        let channels = x.dims()[1] / (4 * 4);
        let x = x.unflatten([channels, 4, 4]);
        let x = match &self.deepest {
            Some(deepest) => deepest.conv.forward(deepest.norm.forward(x, pass)),
            None => x,
        };
        let x = self.norm1.forward(x, pass);
        let x = self.norm2.forward(self.conv1.forward(x), pass);
        let x = self.norm3.forward(self.conv2.forward(x), pass);
        self.conv3.forward(x).value
    }
}

/// `x` [N, C, 32, 32] or [N, C, 64, 64] -> [N, 1].
#[derive(Module, Debug)]
pub struct DcganDiscriminator {
    planes: Option<LabelPlanes>,
    conv1: Conv2d,
    conv2: Conv2d,
    norm2: Option<BatchNorm>,
    conv3: Conv2d,
    norm3: Option<BatchNorm>,
    conv4: Option<Conv2d>,
    norm4: Option<BatchNorm>,
    fc: Head,
}

impl DcganDiscriminator {
    pub fn new(size: DcganSize, channels: usize, ends: Ends, init: &mut Initializer) -> Self {
        let conv4 = |init: &mut Initializer| Conv2d::new(256, 512, 4, init).stride(2).padding(1).leaky_relu(SLOPE);
        DcganDiscriminator {
            planes: ends.planes(),
            conv1: Conv2d::new(ends.channels(channels), 64, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            conv2: Conv2d::new(64, 128, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            norm2: None,
            conv3: Conv2d::new(128, 256, 4, init).stride(2).padding(1).leaky_relu(SLOPE),
            norm3: None,
            conv4: (size == DcganSize::Pixels64).then(|| conv4(init)),
            norm4: None,
            fc: ends.head(size.deepest() * 4 * 4, init),
        }
    }

    /// With batch normalisation after every convolution but the first, as the original has it.
    pub fn batch_norm(self, init: &mut Initializer) -> Self {
        DcganDiscriminator {
            conv2: self.conv2.without_bias().leaky_relu(1.0),
            norm2: Some(BatchNorm::new(128, init).leaky_relu(SLOPE)),
            conv3: self.conv3.without_bias().leaky_relu(1.0),
            norm3: Some(BatchNorm::new(256, init).leaky_relu(SLOPE)),
            norm4: self.conv4.as_ref().map(|_| BatchNorm::new(512, init).leaky_relu(SLOPE)),
            conv4: self.conv4.map(|conv| conv.without_bias().leaky_relu(1.0)),
            ..self
        }
    }
}

impl Discriminator for DcganDiscriminator {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let x = labelled(&self.planes, x, pass);
        let x = self.conv2.forward(self.conv1.forward(x));
        let x = self.conv3.forward(normalized(&self.norm2, x, pass));
        let x = normalized(&self.norm3, x, pass);
        let x = match &self.conv4 {
            Some(conv) => normalized(&self.norm4, conv.forward(x), pass),
            None => x,
        };
        self.fc.forward(x.flatten(), pass)
    }

    fn classes(&self) -> Option<usize> {
        self.fc.classes().or(self.planes.as_ref().map(LabelPlanes::classes))
    }

    fn couples_samples(&self) -> bool {
        self.norm2.is_some()
    }
}
