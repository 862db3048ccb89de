//! One of the two players of a game: a network and its optimizer.

use burn::{module::Module, tensor::Tensor};

use super::{Adam, Report, TrainingStep, gradients};
use crate::{
    error::{Error, Result},
    parameters::{self, TensorInfo},
};

/// A network and its optimizer.
#[derive(Debug)]
pub(super) struct Player<M> {
    /// What its tensors' names begin with.
    pub name: &'static str,
    /// Empty only while the optimizer holds the network, which it changes in place.
    pub network: Option<M>,
    pub adam: Adam,
}

impl<M: Module> Player<M> {
    pub fn network(&self) -> &M {
        self.network.as_ref().expect("the optimizer gives the network back before anyone else asks")
    }

    pub fn replace(&mut self, change: impl FnOnce(M, &mut Adam) -> M) {
        self.network = self.network.take().map(|network| change(network, &mut self.adam));
    }

    /// One update against `loss`, whose terms are in `report`; the norm of the gradient. Where a term or the gradient is
    /// not finite nothing is written.
    pub fn update(&mut self, step: TrainingStep, report: &Report, loss: Tensor<1>) -> Result<f64> {
        let bad = |quantity: String, value: f64| Error::not_finite(step.step.0, quantity, value);
        if let Some((term, value)) = report.not_finite() {
            return Err(bad(term.to_owned(), value));
        }
        let gradients = loss.backward();
        drop(loss);
        let norm = gradients::norm(self.network(), &gradients)
            .map_err(|(tensor, norm)| bad(format!("the gradient of {}.{tensor}", self.name), norm))?;
        let mut not_finite = None;
        self.replace(|network, adam| {
            let (network, found) = adam.step(network, gradients, step.rate_factor);
            not_finite = found;
            network
        });
        match not_finite {
            None => Ok(norm),
            Some(tensor) => Err(bad(format!("the update of {}.{tensor}", self.name), f64::NAN)),
        }
    }

    /// How far the last update has moved the weights, as a share of themselves; nothing of a handful of numbers, each of
    /// which may be near 0 by chance.
    pub fn movement(&self, rate_factor: f64) -> Option<f64> {
        const HANDFUL: usize = 64;
        let size: usize = parameters::list(self.network()).iter().map(TensorInfo::size).sum();
        (size > HANDFUL).then(|| self.adam.movement(self.network(), rate_factor))
    }

    /// The network with parameters that require no gradient.
    pub fn frozen(&self) -> M {
        self.network().clone().no_grad()
    }
}
