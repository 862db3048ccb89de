//! The network that ratios are measured with: one for every kind of samples, so that figures compare.
//!
//! ```text
//! images   x -> conv 32 3x3/2 -> conv 64 3x3/2 -> conv 128 3x3/2 -> fc 128 -> fc 1       LeakyReLU 0.2 between
//! points   x -> fc 128 -> fc 128 -> fc 128 -> fc 1
//! ```
//! It has no normalisation: a logit is a function of its sample alone.

use burn::{module::Module, tensor::Device};

use crate::{
    layers::{Conv2d, Initializer, Linear, WeightScale},
    networks::{Discriminator, Pass},
    random::{Purpose, Seed},
    signal::Signal,
};

const SLOPE: f64 = 0.2;
const CHANNELS: [usize; 3] = [32, 64, 128];
const WIDTH: usize = 128;
const POINT_LAYERS: usize = 3;

/// `x` [N, C, H, W] -> [N, 1].
#[derive(Module, Debug)]
pub struct RatioNetwork {
    convolutions: Vec<Conv2d>,
    hidden: Vec<Linear>,
    output: Linear,
}

impl RatioNetwork {
    /// A fresh network for samples of `shape` [C, H, W].
    pub fn new([channels, height, width]: [usize; 3], seed: Seed, device: &Device) -> Self {
        let init = &mut Initializer::new(seed, Purpose::InstrumentWeights, WeightScale::He(SLOPE), device);
        let is_point = (height, width) == (1, 1);
        let halved = |side: usize| CHANNELS.iter().fold(side, |side, _| side.div_ceil(2));
        let (convolutions, size, layers) = if is_point {
            (Vec::new(), channels, POINT_LAYERS)
        } else {
            let inputs = [channels].into_iter().chain(CHANNELS);
            let layer =
                |(from, to): (usize, usize)| Conv2d::new(from, to, 3, init).stride(2).padding(1).leaky_relu(SLOPE);
            let convolutions = inputs.zip(CHANNELS).map(layer).collect();
            (convolutions, CHANNELS[CHANNELS.len() - 1] * halved(height) * halved(width), 1)
        };
        let size_in = |layer| if layer == 0 { size } else { WIDTH };
        RatioNetwork {
            convolutions,
            hidden: (0..layers).map(|layer| Linear::new(size_in(layer), WIDTH, init).leaky_relu(SLOPE)).collect(),
            output: Linear::new(WIDTH, 1, init),
        }
    }
}

impl Discriminator for RatioNetwork {
    fn forward(&self, x: Signal<4>, _: &Pass) -> Signal<2> {
        let x = self.convolutions.iter().fold(x, |x, layer| layer.forward(x)).flatten();
        self.output.forward(self.hidden.iter().fold(x, |x, layer| layer.forward(x)))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;

    use super::*;

    #[test]
    fn samples_of_every_size_have_a_logit() {
        let device = Device::flex();
        for [c, h, w] in [[2, 1, 1], [1, 28, 28], [3, 32, 32], [3, 5, 9]] {
            let network = RatioNetwork::new([c, h, w], Seed(0), &device);
            let logits = network.forward(Tensor::<4>::ones([3, c, h, w], &device).into(), &Pass::eval()).value;
            assert_eq!(logits.dims(), [3, 1]);
        }
    }
}
