//! One step of a VAE, and what it says of itself.
//!
//! ```text
//! w <- Adam(grad_w [ -E_q[log p(x|z)] + beta KL(q(z|x) || N(0, I)) ])       one draw of z a sample
//! averages of decoder and encoder <- moved towards them
//! ```

use burn::{
    module::{Module, ModuleDisplay},
    tensor::{Device, Tensor},
};

use super::{
    Autoencoder, VaeSettings,
    likelihoods::{self, Likelihood, Scale},
};
use crate::{
    config::Config,
    error::{Error, Result},
    networks::{self, BuiltinDiscriminator, BuiltinGenerator, Decoder, Discriminator, Pass},
    parameters::{self, NamedTensors, TensorInfo},
    random::{Draws, Purpose},
    training::{Adam, AdamSettings, Batch, Latent, Learner, Report, Source, TrainingStep, average_into, gradient_norm},
};

/// A decoder and an encoder that are trained by likelihood.
#[derive(Debug)]
pub struct Vae<G: Module + ModuleDisplay, E: Module + ModuleDisplay> {
    settings: VaeSettings,
    likelihood: &'static dyn Likelihood,
    /// Steps of the run, which the warm-up is a share of.
    steps: u64,
    /// Empty only while the optimizer holds it.
    model: Option<Autoencoder<G, E>>,
    adam: Adam,
    /// The averaged decoder, which samples are drawn from, and the encoder that belongs to it.
    average: Option<(G, E)>,
}

impl Vae<BuiltinGenerator, BuiltinDiscriminator> {
    /// The VAE that `config` asks for, for samples of `shape` [C, H, W] in `classes` classes.
    ///
    /// # Errors
    /// As [`networks::build_autoencoder`] and [`Vae::new`].
    pub fn of_config(
        config: &Config,
        settings: &VaeSettings,
        shape: [usize; 3],
        classes: usize,
        device: &Device,
    ) -> Result<Self> {
        if config.latent != Latent::Normal {
            return Err(Error::setting("latent", "normal: the prior of a VAE is N(0, I)", "uniform"));
        }
        let (decoder, encoder) = networks::build_autoencoder(config, shape, classes, device)?;
        Vae::new(decoder, encoder, settings.clone(), config.steps, config.generator, device)
    }
}

impl<G: Decoder + ModuleDisplay, E: Discriminator + ModuleDisplay> Vae<G, E> {
    /// A VAE of networks of the program's own, for a run of `steps` steps.
    ///
    /// # Errors
    /// [`Error::Setting`] or [`Error::UnknownName`] for settings that make no sense or do not fit the samples.
    pub fn new(
        decoder: G,
        encoder: E,
        settings: VaeSettings,
        steps: u64,
        adam: AdamSettings,
        device: &Device,
    ) -> Result<Self> {
        settings.validate()?;
        adam.validate("generator")?;
        let (likelihood, scale) = likelihoods::parse(&settings.likelihood)?;
        if likelihood.is_for_images() && !decoder.is_bounded() {
            let expected = "gaussian or gaussian-learned for points, whose values are not bounded";
            return Err(Error::setting("likelihood", expected, format!("'{}'", likelihood.name())));
        }
        let average = Some((decoder.clone().no_grad(), encoder.clone().no_grad()));
        let model = Autoencoder::new(decoder, encoder, scale, device);
        Ok(Vae { settings, likelihood, steps, model: Some(model), adam: Adam::new(adam), average })
    }

    pub fn model(&self) -> &Autoencoder<G, E> {
        self.model.as_ref().expect("the optimizer gives the networks back before anyone else asks")
    }

    fn average(&self) -> &(G, E) {
        self.average.as_ref().expect("the averages are only taken out while they move")
    }

    /// The loss of a batch, and the numbers it consists of.
    fn loss(&self, batch: &Batch, step: TrainingStep) -> Result<(Tensor<1>, Report)> {
        let model = self.model();
        let x = batch.images.clone();
        let pass = Pass::train().with_labels(batch.labels_below(model.generator.classes())?);
        let posterior = model.encode(x.clone(), &pass)?;
        let shape = posterior.mean.dims();
        let noise = Draws::new(step.seed, Purpose::Posterior, step.step.0).normal_tensor(shape, &x.device());
        let likelihood = model.log_likelihood(self.likelihood, &x, posterior.latents(noise), &pass)?.mean();
        let divergence = posterior.divergence().mean();
        let beta = self.settings.beta_at(step.step.0, self.steps);
        let [log_p, kl] = [&likelihood, &divergence].map(|term| term.clone().into_scalar::<f64>());
        let mut report = Report::default();
        report.push("elbo", log_p - kl);
        report.push("reconstruction", -log_p);
        report.push("kl", kl);
        report.push("beta", beta);
        if let Some(scale) = model.log_scale.as_ref().filter(|_| self.learns_scale()) {
            report.push("scale", scale.val().into_scalar::<f64>().exp());
        }
        Ok((divergence * beta - likelihood, report))
    }

    fn learns_scale(&self) -> bool {
        matches!(self.likelihood.scale(), Scale::Learned(_))
    }
}

impl<G: Decoder + ModuleDisplay, E: Discriminator + ModuleDisplay> Learner for Vae<G, E> {
    fn step(&mut self, step: TrainingStep, data: &dyn Source) -> Result<Report> {
        let number = step.step.0;
        let bad = |quantity: String, value: f64| Error::not_finite(number, quantity, value);
        let batch = data.batch(number)?;
        let energy = ganymede_ops::squared_norm(batch.images.clone());
        if !energy.is_finite() {
            return Err(bad(format!("batch {number} of the data"), energy));
        }
        if let Some(model) = &mut self.model {
            model.encoder.before_update();
        }
        let (loss, mut report) = self.loss(&batch, step)?;
        if let Some((term, value)) = report.not_finite() {
            return Err(bad(term.to_owned(), value));
        }
        let gradients = loss.backward();
        drop(loss);
        let norm = gradient_norm(self.model(), &gradients)
            .map_err(|(tensor, norm)| bad(format!("the gradient of {tensor}"), norm))?;
        report.push("gradient", norm);
        let mut not_finite = None;
        self.model = self.model.take().map(|model| {
            let (model, found) = self.adam.step(model, gradients, step.rate_factor);
            not_finite = found;
            model
        });
        if let Some(tensor) = not_finite {
            return Err(bad(format!("the update of {tensor}"), f64::NAN));
        }
        self.average = self.average.take().map(|(decoder, encoder)| {
            let live = self.model();
            let keep = step.average_keep;
            (average_into(decoder, &live.generator, keep), average_into(encoder, &live.encoder, keep))
        });
        Ok(report)
    }

    fn batches_per_step(&self) -> u64 {
        1
    }

    fn latent_size(&self) -> usize {
        self.model().generator.latent_size()
    }

    fn classes(&self) -> Option<usize> {
        self.model().generator.classes()
    }

    fn sample(&self, z: Tensor<2>, labels: Option<&[usize]>) -> Tensor<4> {
        self.average().0.forward(z, &Pass::eval().with_labels(labels)).without_autodiff()
    }

    fn reconstructions(&self, batch: &Batch) -> Option<Tensor<4>> {
        let (decoder, encoder) = self.average();
        let pass = Pass::eval().with_labels(batch.labels.as_deref());
        let both = encoder.forward(batch.images.clone().into(), &pass).value;
        let mean = both.narrow(1, 0, decoder.latent_size());
        Some(decoder.forward(mean, &pass).without_autodiff())
    }

    fn networks(&self) -> Vec<(&'static str, Vec<TensorInfo>)> {
        let model = self.model();
        vec![("decoder", parameters::list(&model.generator)), ("encoder", parameters::list(&model.encoder))]
    }

    fn save(&self) -> NamedTensors {
        let mut tensors = NamedTensors::new();
        parameters::save(self.model(), MODEL, &mut tensors);
        let (decoder, encoder) = self.average();
        parameters::save(decoder, AVERAGE, &mut tensors);
        parameters::save(encoder, AVERAGE_ENCODER, &mut tensors);
        self.adam.save("adam.vae", &mut tensors);
        tensors
    }

    fn load(&mut self, tensors: &NamedTensors) -> Result<()> {
        let model = parameters::load(self.model().clone(), MODEL, tensors)?;
        let (decoder, encoder) = self.average().clone();
        let decoder = parameters::load(decoder, AVERAGE, tensors)?;
        let encoder = parameters::load(encoder, AVERAGE_ENCODER, tensors)?;
        let mut adam = self.adam.clone();
        adam.load(&model, "adam.vae", tensors)?;
        self.model = Some(model);
        self.average = Some((decoder, encoder));
        self.adam = adam;
        Ok(())
    }
}

/// What the names of the tensors begin with. The averaged decoder is called as a game's averaged generator is, so that
/// samples are drawn from either in the same way.
const MODEL: &str = "vae";
pub(super) const AVERAGE: &str = "average";
pub(super) const AVERAGE_ENCODER: &str = "average_encoder";
pub(super) const LOG_SCALE: &str = "vae.log_scale";

/// The name and the meaning of every number that a VAE reports, in the order in which a [`Report`] has them.
pub fn legend(settings: &VaeSettings) -> Vec<(&'static str, String)> {
    let unit = match likelihoods::parse(&settings.likelihood) {
        Ok((likelihood, _)) => likelihood.summary(),
        Err(_) => "",
    };
    let mut meanings = vec![
        (
            "elbo",
            "lower bound of the log-likelihood of a sample, in nats, one draw of the latent; healthy: rises and levels off"
                .to_owned(),
        ),
        ("reconstruction", format!("-log p(x|z) of a sample, in nats: {unit}; healthy: falls and levels off")),
        (
            "kl",
            "divergence of the posterior from N(0, I), in nats; at 0 the latent is not used, without end it is overfitted"
                .to_owned(),
        ),
        ("beta", format!("what kl weighs in the loss; reaches {}", settings.beta)),
    ];
    if let Ok((_, Scale::Learned(_))) = likelihoods::parse(&settings.likelihood) {
        meanings.push(("scale", "learnt scale of the likelihood; healthy: falls and levels off above 0".to_owned()));
    }
    meanings.push(("gradient", "norm of the gradient; healthy: steady within a factor of about 10".to_owned()));
    meanings
}
