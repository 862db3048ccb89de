//! Features of a convolutional network with random weights: no file needed, the same for everybody.
//!
//! ```text
//! RGB in [-1, 1] -> 3x3/2 to 32 -> 3x3/2 to 64 -> 3x3/2 to 128, ReLU each; the mean of each channel of the last two
//! w ~ N(0, 2/fan-in),  b = 0        He et al. 2015, from a fixed seed
//! ```
//! Random features tell distributions apart (Naeem et al. 2020 use such ones), but their figures compare only among each
//! other.

use ganymede_ops::inference::{ConvRelu, Workspace};

use super::{Extractor, Samples};
use crate::{
    error::Result,
    random::{Draws, Purpose, Seed},
};

const WIDTHS: [usize; 4] = [3, 32, 64, 128];
const KERNEL: usize = 3;

#[derive(Debug)]
pub struct RandomConv {
    layers: Vec<ConvRelu>,
}

impl Default for RandomConv {
    fn default() -> Self {
        let layers = WIDTHS.windows(2).enumerate().map(|(layer, widths)| {
            let shape = [widths[1], widths[0], KERNEL, KERNEL];
            let deviation = (2.0 / (widths[0] * KERNEL * KERNEL) as f32).sqrt();
            let normals = Draws::new(Seed(0), Purpose::InstrumentWeights, layer as u64).normals(shape.iter().product());
            let weight: Vec<f32> = normals.into_iter().map(|normal| normal * deviation).collect();
            ConvRelu::new(&weight, shape, vec![0.0; widths[1]], 2, [1, 1])
        });
        RandomConv { layers: layers.collect() }
    }
}

impl Extractor for RandomConv {
    fn name(&self) -> String {
        "random-conv".into()
    }

    fn identity(&self) -> String {
        "1".into()
    }

    fn dim(&self, _: [usize; 3]) -> usize {
        WIDTHS[2] + WIDTHS[3]
    }

    fn features(&self, samples: &Samples, index: usize, workspace: &mut Workspace) -> Result<Vec<f32>> {
        let [_, height, width] = samples.shape();
        let mut x = workspace.map(height, width, WIDTHS[0]);
        for (value, byte) in x.values.iter_mut().zip(samples.rgb(index)?) {
            *value = f32::from(byte) / 127.5 - 1.0;
        }
        let mut features = Vec::with_capacity(self.dim(samples.shape()));
        for (layer, conv) in self.layers.iter().enumerate() {
            let y = conv.forward(&x, workspace);
            workspace.recycle(std::mem::replace(&mut x, y));
            if layer > 0 {
                features.extend(x.channel_means());
            }
        }
        workspace.recycle(x);
        Ok(features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::extract;

    #[test]
    fn the_features_are_the_same_for_everybody() {
        let values = (0..2 * 3 * 12 * 10).map(|i| ((i * 37) % 100) as f32 / 50.0 - 1.0).collect();
        let samples = Samples::new(values, [3, 12, 10], None).unwrap();
        let features = extract(&RandomConv::default(), &samples, None, &|_, _| {}).unwrap();
        assert_eq!((features.count(), features.dim()), (2, 192));
        assert_ne!(features.row(0), features.row(1));
        assert_eq!(features, extract(&RandomConv::default(), &samples, None, &|_, _| {}).unwrap());
    }
}
