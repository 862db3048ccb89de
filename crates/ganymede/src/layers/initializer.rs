//! Initial weights, from the run's seed.
//!
//! ```text
//! WeightScale::FanIn        w, b ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in))     PyTorch's default
//! WeightScale::Normal(s)    w ~ N(0, s^2), b = 0                          Radford et al. 2016 (s = 0.02)
//! WeightScale::He(slope)    w ~ N(0, 2 / ((1 + slope^2) fan_in)), b = 0   He et al. 2015
//! WeightScale::Gain(g)      w ~ N(0, g^2 / fan_in), b = 0                 the same, with a gain of the network's own
//! ```

use burn::{
    module::{Param, ParamId},
    tensor::{Device, Tensor},
};

use crate::random::{Draws, Purpose, Seed};

/// How large the initial weights are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WeightScale {
    FanIn,
    Normal(f64),
    He(f64),
    Gain(f64),
}

/// Hands out initial parameters; the n-th of a network depends on the seed, the purpose and n alone.
#[derive(Debug)]
pub struct Initializer {
    seed: Seed,
    purpose: Purpose,
    scale: WeightScale,
    device: Device,
    handed_out: u64,
}

impl Initializer {
    pub fn new(seed: Seed, purpose: Purpose, scale: WeightScale, device: &Device) -> Self {
        Initializer { seed, purpose, scale, device: device.clone(), handed_out: 0 }
    }

    /// Weights of that scale from here on.
    pub fn scale(&mut self, scale: WeightScale) -> &mut Self {
        self.scale = scale;
        self
    }

    /// The device that the parameters live on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A weight whose outputs each sum over `fan_in` inputs.
    pub fn weight<const D: usize>(&mut self, shape: [usize; D], fan_in: usize) -> Param<Tensor<D>> {
        let fan_in = fan_in.max(1) as f64;
        let mut draws = self.next_draws();
        let tensor = match self.scale {
            WeightScale::FanIn => {
                let bound = (1.0 / fan_in.sqrt()) as f32;
                draws.uniform_tensor(shape, -bound, bound, &self.device)
            }
            WeightScale::Normal(deviation) => draws.normal_tensor(shape, &self.device) * deviation,
            WeightScale::He(slope) => {
                draws.normal_tensor(shape, &self.device) * (2.0 / ((1.0 + slope * slope) * fan_in)).sqrt()
            }
            WeightScale::Gain(gain) => draws.normal_tensor(shape, &self.device) * (gain / fan_in.sqrt()),
        };
        parameter(tensor)
    }

    /// The bias beside such a weight.
    pub fn bias(&mut self, size: usize, fan_in: usize) -> Param<Tensor<1>> {
        let mut draws = self.next_draws();
        match self.scale {
            WeightScale::FanIn => {
                let bound = (1.0 / (fan_in.max(1) as f64).sqrt()) as f32;
                parameter(draws.uniform_tensor([size], -bound, bound, &self.device))
            }
            WeightScale::Normal(_) | WeightScale::He(_) | WeightScale::Gain(_) => self.zeros([size]),
        }
    }

    /// Numbers from N(0, 1), whatever the scale of the weights.
    pub fn standard<const D: usize>(&mut self, shape: [usize; D]) -> Param<Tensor<D>> {
        parameter(self.next_draws().normal_tensor(shape, &self.device))
    }

    pub fn zeros<const D: usize>(&mut self, shape: [usize; D]) -> Param<Tensor<D>> {
        parameter(Tensor::zeros(shape, &self.device))
    }

    pub fn ones<const D: usize>(&mut self, shape: [usize; D]) -> Param<Tensor<D>> {
        parameter(Tensor::ones(shape, &self.device))
    }

    /// The vector that a power iteration starts from.
    pub fn starting_vector(&mut self, size: usize) -> Tensor<1> {
        self.next_draws_for(Purpose::PowerIteration).normal_tensor([size], &self.device)
    }

    fn next_draws(&mut self) -> Draws {
        self.next_draws_for(self.purpose)
    }

    fn next_draws_for(&mut self, purpose: Purpose) -> Draws {
        let draws = Draws::new(self.seed, purpose, self.handed_out);
        self.handed_out += 1;
        draws
    }
}

/// A parameter that is trained where its device keeps gradients, and a constant elsewhere.
fn parameter<const D: usize>(tensor: Tensor<D>) -> Param<Tensor<D>> {
    let trained = tensor.device().is_autodiff();
    Param::initialized(ParamId::new(), tensor.detach().set_require_grad(trained))
}
