//! The operators at the shapes of a network's layers, timed one by one.

use burn::tensor::{Device, Tensor};
use serde::Serialize;

use super::{
    Layer, Roofline, Times,
    times::{milliseconds, wait},
};
use crate::{
    error::Result,
    random::{Draws, Purpose, Seed},
};

/// What [`layer_times`] measures. The gradients are of `sum(r y)` with a fixed `r`, whose two passes over `y` they include.
#[derive(Debug, Clone, Serialize)]
pub struct LayerTimes {
    pub layer: Layer,
    pub batch: usize,
    pub multiply_adds: u64,
    pub forward: Times,
    pub input_gradient: Times,
    pub weight_gradient: Times,
}

/// Times the forward pass and each gradient of `layer` for a batch, `rounds` times, and the roofline beside them.
///
/// # Errors
/// When the device fails.
pub fn layer_times(
    layer: Layer,
    batch: usize,
    rounds: u64,
    device: &Device,
    roofline: &mut Roofline,
) -> Result<LayerTimes> {
    let mut times = [const { Vec::new() }; 3];
    let mut draws = Draws::new(Seed(0), Purpose::Data, 0);
    match layer {
        Layer::Linear { inputs, outputs } => {
            let x = draws.normal_tensor([batch, inputs], device);
            let w = draws.normal_tensor([inputs, outputs], device);
            measure(&mut times, x, w, rounds, device, roofline, |x, w| ganymede_ops::linear(x, w, None, 1.0))?;
        }
        Layer::Conv2d { inputs, outputs, kernel, stride, padding, size } => {
            let x = draws.normal_tensor([batch, inputs, size, size], device);
            let w = draws.normal_tensor([outputs, inputs, kernel, kernel], device);
            let run = |x, w| ganymede_ops::conv2d(x, w, None, stride, padding, 1.0);
            measure(&mut times, x, w, rounds, device, roofline, run)?;
        }
        Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding, size } => {
            let x = draws.normal_tensor([batch, inputs, size, size], device);
            let w = draws.normal_tensor([inputs, outputs, kernel, kernel], device);
            let run = |x, w| ganymede_ops::conv_transpose2d(x, w, None, stride, padding, 1.0);
            measure(&mut times, x, w, rounds, device, roofline, run)?;
        }
    }
    let [forward, input_gradient, weight_gradient] = times.map(Times::of);
    let multiply_adds = batch as u64 * layer.multiply_adds();
    Ok(LayerTimes { layer, batch, multiply_adds, forward, input_gradient, weight_gradient })
}

/// Milliseconds of `run`, of its gradient in `x` alone and of that in `w` alone.
fn measure<const D: usize>(
    [forward, input, weight]: &mut [Vec<f64>; 3],
    x: Tensor<D>,
    w: Tensor<D>,
    rounds: u64,
    device: &Device,
    roofline: &mut Roofline,
    run: impl Fn(Tensor<D>, Tensor<D>) -> Tensor<D>,
) -> Result<()> {
    let output = run(x.clone(), w.clone());
    let r = Draws::new(Seed(0), Purpose::Data, 1).normal_tensor(output.dims(), device);
    let tracked = |t: &Tensor<D>| t.clone().inner().autodiff().require_grad();
    let fixed = |t: &Tensor<D>| t.clone().inner().autodiff();
    let backward = |x: Tensor<D>, w: Tensor<D>| {
        let loss = (run(x, w) * fixed(&r)).sum();
        wait(device)?;
        milliseconds(device, || Ok(loss.backward()))
    };
    for _ in 0..=rounds {
        forward.push(milliseconds(device, || Ok(run(x.clone(), w.clone())))?);
        input.push(backward(tracked(&x), fixed(&w))?);
        weight.push(backward(fixed(&x), tracked(&w))?);
        roofline.measure()?;
    }
    for times in [forward, input, weight] {
        times.remove(0); // the first round warms up
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_layer_can_be_measured() {
        let (inputs, outputs, kernel, stride, padding, size) = (8, 3, 4, 2, 1, 6);
        let layers = [
            Layer::Linear { inputs, outputs },
            Layer::Conv2d { inputs, outputs, kernel, stride, padding, size },
            Layer::ConvTranspose2d { inputs, outputs, kernel, stride, padding, size },
        ];
        let device = Device::flex();
        for layer in layers {
            let measured = layer_times(layer, 2, 1, &device, &mut Roofline::new(&device)).unwrap();
            assert_eq!(measured.multiply_adds, 2 * layer.multiply_adds());
            assert!(measured.forward.median > 0.0 && measured.weight_gradient.median > 0.0, "{layer}");
        }
    }
}
