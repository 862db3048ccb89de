//! An exact gradient penalty inside a training loop that knows nothing else of Ganymede: burn's own layers, a loss written
//! by hand, plain gradient descent.
//!
//! `cargo run --release --example penalty_in_own_loop`

use burn::{
    module::{Module, ModuleMapper, Param},
    nn::{Linear, LinearConfig},
    tensor::{Device, Distribution, Gradients, Tensor, activation::softplus},
};
use ganymede::{
    Signal,
    penalties::{R1, penalize},
};

#[derive(Module, Debug)]
struct Critic {
    hidden: Linear,
    output: Linear,
}

impl Critic {
    fn forward(&self, x: Signal<2>) -> Signal<2> {
        linear(&self.output, linear(&self.hidden, x).tanh())
    }
}

/// A burn layer on signals: with the bias for the value, without for the tangent.
fn linear(layer: &Linear, x: Signal<2>) -> Signal<2> {
    x.affine(|x, constant| {
        let y = x.matmul(layer.weight.val());
        match &layer.bias {
            Some(bias) if constant => y + bias.val().unsqueeze(),
            _ => y,
        }
    })
}

struct Descent(Gradients);

impl ModuleMapper for Descent {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let weight = param.val();
        match weight.grad_remove(&mut self.0) {
            Some(gradient) => {
                let stepped = Tensor::from_inner(weight.inner() - gradient * 0.05);
                Param::initialized(param.id, stepped.require_grad())
            }
            None => param,
        }
    }
}

fn main() -> ganymede::Result<()> {
    let device = Device::flex().autodiff();
    device.seed(0);
    let mut critic =
        Critic { hidden: LinearConfig::new(2, 32).init(&device), output: LinearConfig::new(32, 1).init(&device) };
    // burn draws weights at their first use; a clone that is frozen before that freezes the original as well
    critic.forward(Tensor::zeros([1, 2], &device).into());
    for step in 0..100 {
        let real = Tensor::<2>::random([64, 2], Distribution::Normal(1.0, 0.5), &device);
        let fake = Tensor::<2>::random([64, 2], Distribution::Normal(-1.0, 0.5), &device);
        let frozen = critic.clone().no_grad();
        let r1 = penalize(&R1, 1.0, &real, |x| frozen.forward(x), |x| critic.forward(x))?;
        let loss = softplus(-r1.logits, 1.0).mean() + softplus(critic.forward(fake.into()).value, 1.0).mean();
        if step % 20 == 0 {
            let (loss, r1) = (loss.clone().into_scalar::<f32>(), r1.value.into_scalar::<f32>());
            println!("step {step:>3}  loss {loss:.4}  r1 {r1:.4}");
        }
        critic = critic.map(&mut Descent((loss + r1.surrogate).backward()));
    }
    Ok(())
}
