//! One adversarial step.
//!
//! ```text
//! n_critic times:   D <- Adam(grad_D [ L_D(h(x), h(G(z))) + penalties ])      x ~ data, z ~ latent, G held fixed
//! once:             G <- Adam(grad_G L_G(h(G(z))))                            D held fixed
//!                   average of G <- moved towards G
//! ```
//! Where samples are augmented, `h(T x)` and `h(T G(z))` stand for `h(x)` and `h(G(z))` throughout, penalties included: see
//! [`augmentation`](crate::augmentation).

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};

use super::{
    Adam, AdamSettings, Batch, GameSettings, Learner, Probe, Report, Source, TrainingStep, augmenting::Augmenting,
    average_into, player::Player, statistics,
};
use crate::{
    error::{Error, Result},
    networks::{Discriminator, Generator, Pass},
    objectives::Terms,
    parameters::{self, NamedTensors, TensorInfo},
    penalties::{self, Penalized, Points},
    random::{Draws, Purpose},
    signal::Signal,
};

/// A generator and a discriminator that play against each other.
#[derive(Debug)]
pub struct Game<G, D> {
    settings: GameSettings,
    augmenting: Option<Augmenting>,
    generator: Player<G>,
    discriminator: Player<D>,
    average: Option<G>,
}

impl<G: Generator, D: Discriminator> Game<G, D> {
    /// # Errors
    /// [`Error::Setting`] for rates, betas, clip, counts or augmentation that make no sense, and for penalties on a discriminator whose
    /// samples are coupled.
    pub fn new(generator: G, discriminator: D, settings: GameSettings) -> Result<Self> {
        settings.generator.validate("generator")?;
        settings.discriminator.validate("discriminator")?;
        if settings.n_critic == 0 {
            return Err(Error::setting("n-critic", "at least 1 update of the discriminator a step", 0));
        }
        if let Some(clip) = settings.clip.filter(|c| !(c.is_finite() && *c > 0.0)) {
            return Err(Error::setting("clip", "a positive number", clip));
        }
        if let Some(term) = settings.penalties.first().filter(|_| discriminator.couples_samples()) {
            let got = format!("'{}' with batch normalisation", term.penalty.name());
            return Err(Error::setting("penalty", "none, where a logit depends on the whole batch", got));
        }
        let (classes, theirs) = (generator.classes(), discriminator.classes());
        if classes != theirs {
            let say = |classes: Option<usize>| classes.map_or("no classes".to_owned(), |n| format!("{n} classes"));
            let got = format!("a generator of {} and a discriminator of {}", say(classes), say(theirs));
            return Err(Error::setting("networks", "two of the same classes", got));
        }
        Ok(Game {
            augmenting: settings.augment.as_ref().map(Augmenting::new).transpose()?,
            average: Some(generator.clone().no_grad()),
            generator: Player { name: "generator", network: Some(generator), adam: Adam::new(settings.generator) },
            discriminator: Player {
                name: "discriminator",
                network: Some(discriminator),
                adam: Adam::new(settings.discriminator),
            },
            settings,
        })
    }

    pub fn generator(&self) -> &G {
        self.generator.network()
    }

    pub fn discriminator(&self) -> &D {
        self.discriminator.network()
    }

    /// The exponential moving average of the generator, which samples are drawn from.
    pub fn average(&self) -> &G {
        self.average.as_ref().expect("the average is only taken out while it moves")
    }

    /// Moves what burns in to where it is after so many images, and returns the factor of the penalties' weights.
    fn burn_in(&mut self, images: f64) -> f64 {
        let Some(burn_in) = &self.settings.burn_in else { return 1.0 };
        if burn_in.beta2.is_some() {
            let beta2 = |start: AdamSettings| burn_in.at(images, start.beta2, burn_in.beta2);
            self.generator.adam.set_beta2(beta2(self.settings.generator));
            self.discriminator.adam.set_beta2(beta2(self.settings.discriminator));
        }
        if let (Some(augmenting), Some(augment)) = (&mut self.augmenting, &self.settings.augment) {
            augmenting.set_p(burn_in.at(images, augment.p, burn_in.augment_p));
        }
        burn_in.at(images, 1.0, burn_in.penalty)
    }

    fn update_discriminator(&mut self, step: TrainingStep, update: u64, batch: &Batch) -> Result<Report> {
        let penalty_factor = self.burn_in(update as f64 * batch.images.dims()[0] as f64);
        let real = batch.images.clone();
        let draws = |purpose| Draws::new(step.seed, purpose, update);
        let latent_draws = &mut draws(Purpose::DiscriminatorLatent);
        let fake = self.generate(&self.generator.frozen(), real.dims()[0], latent_draws, batch, &real.device());
        let fake = fake.detach();
        if fake.dims() != real.dims() {
            return Err(Error::Shape {
                operation: "generator",
                expected: format!("samples of shape {:?}, as the data have", real.dims()),
                got: fake.dims().to_vec(),
            });
        }

        let (real, fake) = match &self.augmenting {
            Some(augmenting) => augmenting.of_discriminator(step.seed, update).both(real, fake),
            None => (real, fake),
        };
        self.discriminator.replace(|mut network, _| {
            network.before_update();
            network
        });
        let network = self.discriminator.network();
        let mut report = Report::default();
        let pass = Pass::train().with_labels(batch.labels.as_deref());
        let (mut real_logits, mut fake_logits, mut surrogates) = (None, None, Vec::new());
        for term in self.settings.penalties.iter().filter(|term| term.is_due(update)) {
            let points = term.penalty.points(&real, &fake, &mut draws(term.penalty.draws_for()));
            let x = match &points {
                Points::Real => &real,
                Points::Fake => &fake,
                Points::At(x) => x,
            };
            let frozen = self.discriminator.frozen();
            let Penalized { value, surrogate, logits } = penalties::penalize(
                term.penalty,
                term.weight_when_due() * penalty_factor,
                x,
                |x| frozen.forward(x, &pass),
                |x| network.forward(x, &pass),
            )?;
            match points {
                Points::Real => real_logits = Some(logits),
                Points::Fake => fake_logits = Some(logits),
                Points::At(_) => {}
            }
            report.push(term.penalty.name(), scalar(value) / term.every as f64);
            surrogates.push(surrogate);
        }
        let (real_logits, fake_logits) = match (real_logits, fake_logits) {
            (None, None) => logits_of_both(network, real, fake, &pass)?,
            (real_logits, fake_logits) => (
                real_logits.unwrap_or_else(|| network.forward(real.into(), &pass).value),
                fake_logits.unwrap_or_else(|| network.forward(fake.into(), &pass).value),
            ),
        };
        let (real_mean, fake_mean) = (scalar(real_logits.clone().mean()), scalar(fake_logits.clone().mean()));
        let seen = values(&real_logits);
        let separation = statistics::separation(&seen, &values(&fake_logits));
        let adversarial = loss("loss_d", self.settings.objective.discriminator(real_logits, fake_logits), &mut report);
        report.push("logit_real", real_mean);
        report.push("logit_fake", fake_mean);
        report.push("separation", separation);
        if let Some(augmenting) = &mut self.augmenting {
            augmenting.hear(self.settings.objective, &seen, separation, &mut report);
        }
        let loss = surrogates.into_iter().fold(adversarial, |sum, surrogate| sum + surrogate);
        let clip = self.settings.clip;
        report.push("gradient_d", self.discriminator.update(step, &report, loss)?);
        if let Some(limit) = clip {
            self.discriminator.replace(|network, _| clipped(network, limit));
        }
        Ok(report)
    }

    fn update_generator(&mut self, step: TrainingStep, batch: &Batch) -> Result<Report> {
        let draws = &mut Draws::new(step.seed, Purpose::GeneratorLatent, step.step.0);
        let (n, device) = (batch.images.dims()[0], batch.images.device());
        let fake = self.generate(self.generator.network(), n, draws, batch, &device);
        // sample by sample first: the sum of a large batch at once would depend on the threads
        let mass = scalar(fake.clone().inner().reshape([n as i64, -1]).mean_dim(1).mean());
        let frozen = self.discriminator.frozen();
        let pass = Pass::train().with_labels(batch.labels.as_deref());
        let sees_real = self.settings.objective.generator_sees_real();
        let (real, fake) = match &self.augmenting {
            Some(augmenting) if sees_real => {
                augmenting.of_generator(step.seed, step.step.0).both(batch.images.clone(), fake)
            }
            Some(augmenting) => (batch.images.clone(), augmenting.of_generator(step.seed, step.step.0).one(fake)),
            None => (batch.images.clone(), fake),
        };
        let fake_logits = frozen.forward(fake.into(), &pass).value;
        let real_logits = if sees_real {
            frozen.forward(real.into(), &pass).value.detach()
        } else {
            fake_logits.zeros_like().detach()
        };
        let relative: Vec<f64> = values(&fake_logits).iter().zip(values(&real_logits)).map(|(h, r)| h - r).collect();
        let idle = statistics::idle(self.settings.objective, &relative);
        let mut report = Report::default();
        let loss = loss("loss_g", self.settings.objective.generator(real_logits, fake_logits), &mut report);
        report.push("idle", idle);
        report.push("fake_mean", mass);
        report.push("gradient_g", self.generator.update(step, &report, loss)?);
        let live = self.generator.network();
        self.average = self.average.take().map(|average| average_into(average, live, step.average_keep));
        Ok(report)
    }

    fn generate(&self, network: &G, n: usize, draws: &mut Draws, batch: &Batch, device: &Device) -> Tensor<4> {
        let z = self.settings.latent.draw(draws, n, network.latent_size(), device);
        network.forward(z, &Pass::train().with_labels(batch.labels.as_deref()))
    }
}

impl<G: Generator, D: Discriminator> Learner for Game<G, D> {
    fn step(&mut self, step: TrainingStep, data: &dyn Source) -> Result<Report> {
        let mut report = Report::default();
        let first = step.step.0 * self.settings.n_critic;
        let mut batch = None;
        for update in first..first + self.settings.n_critic {
            let shown = data.batch(update)?;
            let energy = ganymede_ops::squared_norm(shown.images.clone());
            if !energy.is_finite() {
                return Err(Error::not_finite(step.step.0, format!("batch {update} of the data"), energy));
            }
            shown.labels_below(self.classes())?;
            report.update(self.update_discriminator(step, update, &shown)?);
            batch = Some(shown);
        }
        if let Some(batch) = batch {
            report.update(self.update_generator(step, &batch)?);
        }
        Ok(report)
    }

    fn batches_per_step(&self) -> u64 {
        self.settings.n_critic
    }

    fn latent_size(&self) -> usize {
        self.average().latent_size()
    }

    fn classes(&self) -> Option<usize> {
        self.generator().classes()
    }

    fn sample(&self, z: Tensor<2>, labels: Option<&[usize]>) -> Tensor<4> {
        self.average().forward(z, &Pass::eval().with_labels(labels)).inner()
    }

    fn probe(&self, probe: &Probe) -> Report {
        fn eval(labels: Option<&[usize]>) -> Pass<'_> {
            Pass::eval().with_labels(labels)
        }
        let generator = self.generator.frozen();
        let fakes = generator.forward(probe.latents.clone(), &eval(probe.labels.as_deref())).inner();
        let mut report = probe.look_at(&fakes);
        if let Some(held_out) = &probe.held_out {
            let network = self.discriminator.frozen();
            let logits = |x: &Tensor<4>, labels: Option<&[usize]>| {
                values(&network.forward(x.clone().into(), &eval(labels)).value)
            };
            let [seen, held_out] = [&probe.seen, held_out].map(|batch| logits(&batch.images, batch.labels.as_deref()));
            let generated = logits(&fakes, probe.labels.as_deref());
            let (share, z) = statistics::overfit(&seen, &held_out, &generated);
            report.push("overfit", share);
            report.push("overfit_z", z);
        }
        for (name, ratio) in [
            ("update_d", self.discriminator.movement(probe.rate_factor)),
            ("update_g", self.generator.movement(probe.rate_factor)),
        ] {
            if let Some(ratio) = ratio {
                report.push(name, ratio);
            }
        }
        if probe.spectrum {
            report.push("spectral_d", statistics::spectral_norm(self.discriminator()));
            report.push("spectral_g", statistics::spectral_norm(self.generator()));
        }
        report
    }

    fn networks(&self) -> Vec<(&'static str, Vec<TensorInfo>)> {
        vec![
            ("generator", parameters::list(self.generator())),
            ("discriminator", parameters::list(self.discriminator())),
        ]
    }

    fn save(&self) -> NamedTensors {
        let mut tensors = NamedTensors::new();
        parameters::save(self.generator(), "generator", &mut tensors);
        parameters::save(self.discriminator(), "discriminator", &mut tensors);
        parameters::save(self.average(), "average", &mut tensors);
        self.generator.adam.save("adam.generator", &mut tensors);
        self.discriminator.adam.save("adam.discriminator", &mut tensors);
        self.augmenting.iter().for_each(|augmenting| augmenting.save(&mut tensors));
        tensors
    }

    fn not_finite(&self) -> Option<String> {
        let of = |prefix: &str, name: Option<String>| name.map(|name| format!("{prefix}.{name}"));
        of("generator", parameters::not_finite(self.generator()))
            .or_else(|| of("discriminator", parameters::not_finite(self.discriminator())))
            .or_else(|| of("average", parameters::not_finite(self.average())))
            .or_else(|| self.generator.adam.not_finite("adam.generator"))
            .or_else(|| self.discriminator.adam.not_finite("adam.discriminator"))
    }

    fn load(&mut self, tensors: &NamedTensors) -> Result<()> {
        let generator = parameters::load(self.generator().clone(), "generator", tensors)?;
        let discriminator = parameters::load(self.discriminator().clone(), "discriminator", tensors)?;
        let average = parameters::load(self.average().clone(), "average", tensors)?;
        let (mut adam_g, mut adam_d) = (self.generator.adam.clone(), self.discriminator.adam.clone());
        adam_g.load(&generator, "adam.generator", tensors)?;
        adam_d.load(&discriminator, "adam.discriminator", tensors)?;
        self.augmenting.as_mut().map_or(Ok(()), |augmenting| augmenting.load(tensors))?;
        self.generator = Player { network: Some(generator), adam: adam_g, ..self.generator };
        self.discriminator = Player { network: Some(discriminator), adam: adam_d, ..self.discriminator };
        self.average = Some(average);
        Ok(())
    }
}

/// Real and generated samples in one batch, which is one pass, or in two where the samples of a batch are coupled.
fn logits_of_both(
    network: &impl Discriminator,
    real: Tensor<4>,
    fake: Tensor<4>,
    pass: &Pass,
) -> Result<(Tensor<2>, Tensor<2>)> {
    if network.couples_samples() {
        let logits = |x: Tensor<4>| network.forward(x.into(), pass).value;
        return Ok((logits(real), logits(fake)));
    }
    let n = real.dims()[0];
    let labels = pass.labels.map(|labels| [labels, labels].concat());
    let both = Signal::from(Tensor::cat(vec![real, fake], 0));
    let logits = network.forward(both, &pass.clone().with_labels(labels.as_deref())).value;
    if logits.dims() != [2 * n, 1] {
        return Err(Error::Shape {
            operation: "discriminator",
            expected: format!("logits of shape [{}, 1], one a sample", 2 * n),
            got: logits.dims().to_vec(),
        });
    }
    Ok((logits.clone().narrow(0, 0, n), logits.narrow(0, n, n)))
}

/// The sum of a player's terms, which `report` gets by name: the sum as `name`, its parts as `name_part`.
fn loss(name: &str, terms: Terms, report: &mut Report) -> Tensor<1> {
    let parts: Vec<_> = terms.iter().map(|(part, value)| (format!("{name}_{part}"), scalar(value.clone()))).collect();
    let total = terms.total();
    report.push(name, scalar(total.clone()));
    if parts.len() > 1 {
        parts.into_iter().for_each(|(part, value)| report.push(part, value));
    }
    total
}

fn clipped<M: Module>(module: M, limit: f64) -> M {
    parameters::map_trained(module, |weight| weight.clamp(-limit, limit))
}

fn values(logits: &Tensor<2>) -> Vec<f64> {
    logits.clone().into_data().iter::<f64>().collect()
}

fn scalar(tensor: Tensor<1>) -> f64 {
    tensor.into_scalar::<f64>()
}
