//! The shapes of the layers of the built-in networks.
//!
//! ```text
//! multiply-adds a sample          in out          k^2 in out H' W'          k^2 in out H W
//!                                 linear          conv2d (output H' W')     conv^T (input H W)
//! ```
//! These are those of the forward pass; the gradient of the input takes as many, and so does that of the weight. Products
//! with the zeros of the padding count: a matrix product does them.

use serde::Serialize;

/// A layer that multiplies matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Layer {
    Linear { inputs: usize, outputs: usize },
    Conv2d { inputs: usize, outputs: usize, kernel: usize, stride: usize, padding: usize, size: usize },
    ConvTranspose2d { inputs: usize, outputs: usize, kernel: usize, stride: usize, padding: usize, size: usize },
}

impl Layer {
    /// Of the forward pass of one sample.
    pub fn multiply_adds(&self) -> u64 {
        let count = match *self {
            Layer::Linear { inputs, outputs } => inputs * outputs,
            Layer::Conv2d { inputs, outputs, kernel, .. } => {
                kernel * kernel * inputs * outputs * self.output_size() * self.output_size()
            }
            Layer::ConvTranspose2d { inputs, outputs, kernel, size, .. } => {
                kernel * kernel * inputs * outputs * size * size
            }
        };
        count as u64
    }

    /// Height and width of what comes out, 1 for vectors.
    pub fn output_size(&self) -> usize {
        match *self {
            Layer::Linear { .. } => 1,
            Layer::Conv2d { kernel, stride, padding, size, .. } => (size + 2 * padding - kernel) / stride + 1,
            Layer::ConvTranspose2d { kernel, stride, padding, size, .. } => (size - 1) * stride + kernel - 2 * padding,
        }
    }

    /// The shape of the layer's weight.
    pub fn weight_shape(&self) -> Vec<usize> {
        match *self {
            Layer::Linear { inputs, outputs } => vec![inputs, outputs],
            Layer::Conv2d { inputs, outputs, kernel, .. } => vec![outputs, inputs, kernel, kernel],
            Layer::ConvTranspose2d { inputs, outputs, kernel, .. } => vec![inputs, outputs, kernel, kernel],
        }
    }
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match *self {
            Layer::Linear { inputs, outputs } => write!(f, "fc {inputs} -> {outputs}"),
            Layer::Conv2d { inputs, outputs, kernel, stride, size, .. } => {
                write!(f, "conv {inputs} -> {outputs} {kernel}x{kernel}/{stride} of {size}x{size}")
            }
            Layer::ConvTranspose2d { inputs, outputs, kernel, stride, size, .. } => {
                write!(f, "conv^T {inputs} -> {outputs} {kernel}x{kernel}/{stride} of {size}x{size}")
            }
        }
    }
}

/// The layers of a pair of networks, in the order in which a sample passes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerShapes {
    pub generator: Vec<Layer>,
    pub discriminator: Vec<Layer>,
}

impl LayerShapes {
    /// Those of the built-in pair of that name, for samples of `channels` and latents of `latent` dimensions; `None` for
    /// networks that nobody has written down here.
    pub fn of(network: &str, channels: usize, latent: usize) -> Option<Self> {
        let linear = |inputs, outputs| Layer::Linear { inputs, outputs };
        let conv =
            |inputs, outputs, kernel, stride, size| Layer::Conv2d { inputs, outputs, kernel, stride, padding: 1, size };
        let rising =
            |inputs, outputs, size| Layer::ConvTranspose2d { inputs, outputs, kernel: 4, stride: 2, padding: 1, size };
        let falling = |inputs, outputs, size| conv(inputs, outputs, 4, 2, size);
        let (generator, discriminator) = match network {
            "mlp" => (
                vec![linear(latent, 128), linear(128, 128), linear(128, 128), linear(128, channels)],
                vec![linear(channels, 128), linear(128, 128), linear(128, 128), linear(128, 1)],
            ),
            "small28" => (
                vec![linear(latent, 512), linear(512, 64 * 49), conv(16, 32, 3, 1, 14), conv(8, channels, 3, 1, 28)],
                vec![falling(channels, 32, 28), falling(32, 64, 14), linear(64 * 49, 512), linear(512, 1)],
            ),
            "infogan28" => (
                vec![linear(latent, 1024), linear(1024, 128 * 49), rising(128, 64, 7), rising(64, channels, 14)],
                vec![falling(channels, 64, 28), falling(64, 128, 14), linear(128 * 49, 1024), linear(1024, 1)],
            ),
            "dcgan32" => (
                vec![linear(latent, 256 * 16), rising(256, 128, 4), rising(128, 64, 8), rising(64, channels, 16)],
                vec![falling(channels, 64, 32), falling(64, 128, 16), falling(128, 256, 8), linear(256 * 16, 1)],
            ),
            "dcgan64" => (
                vec![
                    linear(latent, 512 * 16),
                    rising(512, 256, 4),
                    rising(256, 128, 8),
                    rising(128, 64, 16),
                    rising(64, channels, 32),
                ],
                vec![
                    falling(channels, 64, 64),
                    falling(64, 128, 32),
                    falling(128, 256, 16),
                    falling(256, 512, 8),
                    linear(512 * 16, 1),
                ],
            ),
            _ => return None,
        };
        Some(LayerShapes { generator, discriminator })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::{
        Config,
        networks::{self, Generator, NETWORKS},
        parameters,
    };

    #[test]
    fn the_shapes_are_those_of_the_weights_of_every_built_in_network() {
        for network in NETWORKS.iter().filter(|network| !network.has_capacity) {
            let shapes = [[2, 1, 1], [1, 28, 28], [3, 32, 32], [3, 64, 64]];
            let shape = shapes.into_iter().find(|shape| network.serves(*shape)).unwrap();
            let config = Config { network: network.name.into(), ..Config::default() };
            let (generator, discriminator) = networks::build(&config, shape, 0, &Device::flex().autodiff()).unwrap();
            let shapes = LayerShapes::of(network.name, shape[0], generator.latent_size()).expect(network.name);
            let matrices = |tensors: Vec<parameters::TensorInfo>| {
                tensors.into_iter().map(|t| t.shape).filter(|shape| shape.len() > 1).collect::<Vec<_>>()
            };
            let of = |net: &[Layer]| net.iter().map(Layer::weight_shape).collect::<Vec<_>>();
            assert_eq!(of(&shapes.generator), matrices(parameters::list(&generator)), "{}", network.name);
            assert_eq!(of(&shapes.discriminator), matrices(parameters::list(&discriminator)), "{}", network.name);
        }
    }

    #[test]
    fn a_transposed_convolution_costs_as_much_as_the_convolution_it_reverses() {
        let up = Layer::ConvTranspose2d { inputs: 128, outputs: 64, kernel: 4, stride: 2, padding: 1, size: 7 };
        let down = Layer::Conv2d { inputs: 64, outputs: 128, kernel: 4, stride: 2, padding: 1, size: 14 };
        assert_eq!((up.output_size(), down.output_size()), (14, 7));
        assert_eq!(up.multiply_adds(), down.multiply_adds());
        assert_eq!(down.multiply_adds(), 16 * 64 * 128 * 49);
    }
}
