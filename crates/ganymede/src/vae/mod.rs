//! The variational autoencoder (Kingma & Welling 2014): the likelihood rival of the adversary, on the same networks.
//!
//! ```text
//! log p(x) >= ELBO(x) = E_q(z|x)[log p(x|z)] - KL(q(z|x) || N(0, I))          in nats, of one sample
//! loss     = -E_q[log p(x|z)] + beta KL
//! q(z|x)   = N(mean(x), diag(exp(log_variance(x))))      z = mean + exp(log_variance / 2) eps,  eps ~ N(0, I)
//! KL       = 1/2 sum(mean^2 + exp(log_variance) - 1 - log_variance)
//! ```
//! The decoder is a built-in pair's generator, the encoder its discriminator's body. [`Vae`] is a
//! [`Learner`](crate::training::Learner) like a game, so that runs, checkpoints, resume, average and samples are the same.
//!
//! The decoder's batch norms use the statistics of the batch while training, where latents come from the posterior, and the
//! running ones ever after: the bound of a trained model is that of the decoder with running statistics, which is the model
//! that samples are drawn from.

mod autoencoder;
mod iwae;
mod learner;
pub mod likelihoods;
mod settings;
#[cfg(test)]
mod tests;

pub use autoencoder::Autoencoder;
pub use iwae::{IwaeBound, IwaeOptions, MOST_SAMPLES, TrainedVae};
pub use learner::{Vae, legend};
pub use settings::VaeSettings;
