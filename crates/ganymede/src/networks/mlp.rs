//! Fully connected pair for points of low-dimensional densities.
//!
//! ```text
//! G   z -> fc, ReLU (x3) -> fc                 D   x -> fc, LeakyReLU 0.2 (x3) -> fc 1
//! ```

use burn::{module::Module, tensor::Tensor};

use super::{
    Decoder, Discriminator, Ends, Generator, GeneratorClasses, Head, LabelPlanes, Pass, conditional::with_embedding,
    labelled,
};
use crate::{
    layers::{Embedding, Initializer, Linear},
    signal::Signal,
};

/// `z` [N, latent] -> [N, C, H, W].
#[derive(Module, Debug)]
pub struct MlpGenerator {
    embedding: Option<Embedding>,
    hidden: Vec<Linear>,
    output: Linear,
    latent: usize,
    shape: [usize; 3],
    classes: Option<usize>,
}

impl MlpGenerator {
    /// A generator of samples of `shape` [C, H, W] through `depth` hidden layers of `width`.
    pub fn new(latent: usize, shape: [usize; 3], width: usize, depth: usize, init: &mut Initializer) -> Self {
        Self::with_classes(latent, shape, width, depth, GeneratorClasses::default(), init)
    }

    /// A generator that may be asked for a class.
    pub fn with_classes(
        latent: usize,
        shape: [usize; 3],
        width: usize,
        depth: usize,
        classes: GeneratorClasses,
        init: &mut Initializer,
    ) -> Self {
        let size_in = |layer| if layer == 0 { classes.inputs(latent) } else { width };
        MlpGenerator {
            embedding: classes.embedding(init),
            hidden: (0..depth).map(|layer| Linear::new(size_in(layer), width, init).relu()).collect(),
            output: Linear::new(size_in(depth), shape.iter().product(), init),
            latent,
            shape,
            classes: classes.count(),
        }
    }
}

impl Generator for MlpGenerator {
    fn latent_size(&self) -> usize {
        self.latent
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        self.unbounded(z, pass)
    }

    fn classes(&self) -> Option<usize> {
        self.classes
    }
}

impl Decoder for MlpGenerator {
    fn unbounded(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let z = with_embedding(&self.embedding, z, pass);
        let x = self.hidden.iter().fold(Signal::from(z), |x, layer| layer.forward(x));
        self.output.forward(x).unflatten(self.shape).value
    }

    fn is_bounded(&self) -> bool {
        false
    }
}

/// `x` [N, C, H, W] -> [N, 1].
#[derive(Module, Debug)]
pub struct MlpDiscriminator {
    planes: Option<LabelPlanes>,
    hidden: Vec<Linear>,
    output: Head,
}

impl MlpDiscriminator {
    /// A discriminator of samples of `shape` [C, H, W] through `depth` hidden layers of `width`.
    pub fn new(shape: [usize; 3], width: usize, depth: usize, init: &mut Initializer) -> Self {
        Self::with_ends(shape, width, depth, Ends::default(), init)
    }

    /// A discriminator that knows of classes, or an encoder.
    pub fn with_ends(
        [channels, height, rows]: [usize; 3],
        width: usize,
        depth: usize,
        ends: Ends,
        init: &mut Initializer,
    ) -> Self {
        let size = ends.channels(channels) * height * rows;
        let size_in = |layer| if layer == 0 { size } else { width };
        MlpDiscriminator {
            planes: ends.planes(),
            hidden: (0..depth).map(|layer| Linear::new(size_in(layer), width, init).leaky_relu(0.2)).collect(),
            output: ends.head(size_in(depth), init),
        }
    }
}

impl Discriminator for MlpDiscriminator {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let x = labelled(&self.planes, x, pass).flatten();
        let x = self.hidden.iter().fold(x, |x, layer| layer.forward(x));
        self.output.forward(x, pass)
    }

    fn classes(&self) -> Option<usize> {
        self.output.classes().or(self.planes.as_ref().map(LabelPlanes::classes))
    }
}
