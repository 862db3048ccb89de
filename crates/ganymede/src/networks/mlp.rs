//! Fully connected pair for points of low-dimensional densities.
//!
//! ```text
//! G   z -> fc, ReLU (x3) -> fc                 D   x -> fc, LeakyReLU 0.2 (x3) -> fc 1
//! ```

use burn::{module::Module, tensor::Tensor};

use super::{Discriminator, Generator, Pass};
use crate::{
    layers::{Initializer, Linear},
    signal::Signal,
};

/// `z` [N, latent] -> [N, C, H, W].
#[derive(Module, Debug)]
pub struct MlpGenerator {
    hidden: Vec<Linear>,
    output: Linear,
    latent: usize,
    shape: [usize; 3],
}

impl MlpGenerator {
    /// A generator of samples of `shape` [C, H, W] through `depth` hidden layers of `width`.
    pub fn new(latent: usize, shape: [usize; 3], width: usize, depth: usize, init: &mut Initializer) -> Self {
        let size_in = |layer| if layer == 0 { latent } else { width };
        MlpGenerator {
            hidden: (0..depth).map(|layer| Linear::new(size_in(layer), width, init).relu()).collect(),
            output: Linear::new(size_in(depth), shape.iter().product(), init),
            latent,
            shape,
        }
    }
}

impl Generator for MlpGenerator {
    fn latent_size(&self) -> usize {
        self.latent
    }

    fn forward(&self, z: Tensor<2>, _pass: &Pass) -> Tensor<4> {
        let x = self.hidden.iter().fold(Signal::from(z), |x, layer| layer.forward(x));
        self.output.forward(x).unflatten(self.shape).value
    }
}

/// `x` [N, C, H, W] -> [N, 1].
#[derive(Module, Debug)]
pub struct MlpDiscriminator {
    hidden: Vec<Linear>,
    output: Linear,
}

impl MlpDiscriminator {
    /// A discriminator of samples of `shape` [C, H, W] through `depth` hidden layers of `width`.
    pub fn new(shape: [usize; 3], width: usize, depth: usize, init: &mut Initializer) -> Self {
        let size: usize = shape.iter().product();
        let size_in = |layer| if layer == 0 { size } else { width };
        MlpDiscriminator {
            hidden: (0..depth).map(|layer| Linear::new(size_in(layer), width, init).leaky_relu(0.2)).collect(),
            output: Linear::new(size_in(depth), 1, init),
        }
    }
}

impl Discriminator for MlpDiscriminator {
    fn forward(&self, x: Signal<4>, _pass: &Pass) -> Signal<2> {
        let x = self.hidden.iter().fold(x.flatten(), |x, layer| layer.forward(x));
        self.output.forward(x)
    }
}
