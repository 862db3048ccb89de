//! The smallest players: a Gaussian that moves, and a line.
//!
//! ```text
//! G   z -> θ + s z               N(θ, s²); a point where s = 0
//! D   x -> u·(v x)               a line through 0, its slope at most 1 under spectral normalisation
//! ```

use burn::{
    module::{Module, Param, ParamId},
    tensor::{Device, Tensor},
};

use crate::{
    layers::{Initializer, Linear},
    networks::{Discriminator, Generator, Pass},
    signal::Signal,
    training::AdamSettings,
};

/// N(shift, scale²) in one dimension.
#[derive(Module, Debug)]
pub(crate) struct Affine {
    shift: Param<Tensor<2>>,
    scale: Param<Tensor<2>>,
}

impl Affine {
    /// Both numbers are learnt.
    pub fn new(shift: f64, scale: f64, device: &Device) -> Self {
        Affine { shift: number(shift, true, device), scale: number(scale, true, device) }
    }

    /// Only the shift is learnt.
    pub fn of_fixed_scale(shift: f64, scale: f64, device: &Device) -> Self {
        Affine { shift: number(shift, true, device), scale: number(scale, false, device) }
    }

    pub fn shift(&self) -> f64 {
        self.shift.val().into_scalar::<f64>()
    }
}

fn number(value: f64, is_trained: bool, device: &Device) -> Param<Tensor<2>> {
    Param::initialized(ParamId::new(), Tensor::full([1, 1], value, device).set_require_grad(is_trained))
}

impl Generator for Affine {
    fn latent_size(&self) -> usize {
        1
    }

    fn forward(&self, z: Tensor<2>, _pass: &Pass) -> Tensor<4> {
        let n = z.dims()[0];
        (z * self.scale.val() + self.shift.val()).reshape([n, 1, 1, 1])
    }
}

/// `ψ x`: the discriminator of the Dirac-GAN.
#[derive(Module, Debug)]
pub(crate) struct Slope {
    slope: Param<Tensor<2>>,
}

impl Slope {
    pub fn new(slope: f64, device: &Device) -> Self {
        Slope { slope: number(slope, true, device) }
    }

    pub fn slope(&self) -> f64 {
        self.slope.val().into_scalar::<f64>()
    }
}

impl Discriminator for Slope {
    fn forward(&self, x: Signal<4>, _pass: &Pass) -> Signal<2> {
        x.flatten().linear_map(|x| x.matmul(self.slope.val()))
    }
}

/// Two linear layers of spectral norm 1 without anything between them: a line of slope at most 1.
#[derive(Module, Debug)]
pub(super) struct NormalisedLine {
    first: Linear,
    second: Linear,
}

impl NormalisedLine {
    pub fn new(init: &mut Initializer) -> Self {
        const WIDTH: usize = 16;
        let mut layer = |size_in, size_out| Linear::new(size_in, size_out, init).without_bias().spectral_norm(init);
        NormalisedLine { first: layer(1, WIDTH), second: layer(WIDTH, 1) }
    }
}

impl Discriminator for NormalisedLine {
    fn forward(&self, x: Signal<4>, _pass: &Pass) -> Signal<2> {
        self.second.forward(self.first.forward(x.flatten()))
    }

    fn before_update(&mut self) {
        self.first.before_update();
        self.second.before_update();
    }
}

/// Plain gradient descent of that rate, which is Adam's limit of a large epsilon: `rate ε m/(√v + ε) -> rate g` without
/// momentum. What one sees of a gradient's size is then the size itself.
pub(crate) fn descent(rate: f64) -> AdamSettings {
    const LARGE: f64 = 1e6;
    AdamSettings { rate: rate * LARGE, beta1: 0.0, beta2: 0.0, epsilon: LARGE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::Adam;

    #[test]
    fn descent_moves_by_rate_times_gradient_whatever_its_size() {
        let device = Device::flex().autodiff();
        for gradient in [1e-3, 1.0, 100.0] {
            let point = Affine::of_fixed_scale(0.0, 0.0, &device);
            let loss = point.forward(Tensor::zeros([1, 1], &device), &Pass::train()).sum() * gradient;
            let (point, _) = Adam::new(descent(0.1)).step(point, loss.backward(), 1.0);
            let moved = point.shift();
            assert!((moved + 0.1 * gradient).abs() < 1e-3 * gradient, "{moved} for {gradient}");
        }
    }
}
