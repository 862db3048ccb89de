//! What the machine's matrix products reach.

use burn::tensor::{Device, Tensor};

use super::times::{milliseconds, wait};
use crate::{
    error::Result,
    random::{Draws, Purpose, Seed},
};

/// Products [m, k] x [k, n] that are large enough to run at full speed and small enough to stay near the processor: a
/// square one, and one of the shape of a convolution over a batch.
const SHAPES: [[usize; 3]; 2] = [[1024, 1024, 1024], [3136, 1024, 512]];

/// Measures the rate of large matrix products again and again in between the work that is held against it, so that both
/// have the same neighbours.
#[derive(Debug)]
pub struct Roofline {
    pairs: Vec<(Tensor<2>, Tensor<2>)>,
    /// The operations a second of each measurement, a list for each shape.
    rates: Vec<Vec<f64>>,
    device: Device,
}

impl Roofline {
    pub fn new(device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let mut draws = Draws::new(Seed(0), Purpose::Data, 0);
        let mut normal = |shape: [usize; 2]| draws.normal_tensor(shape, &device);
        let pairs: Vec<_> = SHAPES.iter().map(|&[m, n, k]| (normal([m, k]), normal([k, n]))).collect();
        Roofline { rates: vec![Vec::new(); pairs.len()], pairs, device }
    }

    /// Takes one measurement of each shape.
    ///
    /// # Errors
    /// When the device fails.
    pub fn measure(&mut self) -> Result<()> {
        wait(&self.device)?;
        for ((left, right), rates) in self.pairs.iter().zip(&mut self.rates) {
            let [m, k] = left.dims();
            let n = right.dims()[1];
            let time = milliseconds(&self.device, || Ok(left.clone().matmul(right.clone())))?;
            rates.push(2.0 * (m * n * k) as f64 / (time * 1e-3));
        }
        Ok(())
    }

    /// Operations a second, two a multiply-add: the median rate of the faster shape. The first measurement of each warms
    /// up and does not count where there are others. Zero before the first.
    pub fn rate(&self) -> f64 {
        let median = |rates: &Vec<f64>| {
            let mut rates = rates[rates.len().min(2) / 2..].to_vec();
            rates.sort_by(f64::total_cmp);
            rates.get(rates.len() / 2).copied().unwrap_or(0.0)
        };
        self.rates.iter().map(median).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_median_of_the_faster_shape_without_the_first_measurement() {
        let mut roofline = Roofline { pairs: Vec::new(), rates: vec![vec![], vec![]], device: Device::flex() };
        assert_eq!(roofline.rate(), 0.0);
        roofline.rates = vec![vec![9.0, 3.0, 1.0, 2.0], vec![1.5]];
        assert_eq!(roofline.rate(), 2.0);
    }
}
