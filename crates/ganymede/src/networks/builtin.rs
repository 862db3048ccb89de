//! The built-in pairs by name, as a configuration asks for them.
//!
//! A new pair is one file beside this one, a variant of each of the two enums with its arm in `each!`, and a row of
//! [`NETWORKS`].

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};

use super::{
    Capacity, Conditional, DcganDiscriminator, DcganGenerator, DcganSize, Decoder, Discriminator, Ends, Generator,
    GeneratorClasses, InfoGan28Discriminator, InfoGan28Generator, MlpDiscriminator, MlpGenerator, Pass,
    R3GanDiscriminator, R3GanGenerator, Small28Discriminator, Small28Generator, SnGanDiscriminator, SnGanGenerator,
    r3gan, sngan,
};
use crate::{
    config::Config,
    error::{Error, Result},
    layers::{Initializer, WeightScale},
    random::{Purpose, Seed},
    signal::Signal,
};

/// Hidden layers of `mlp`: how wide, how many.
const MLP_WIDTH: usize = 128;
const MLP_DEPTH: usize = 3;

/// The initial weights of the convolutional pairs (Radford et al. 2016).
const DCGAN_SCALE: WeightScale = WeightScale::Normal(0.02);

/// A pair of networks that has a name.
#[derive(Debug)]
pub struct Network {
    /// The name that a configuration uses.
    pub name: &'static str,
    /// One sentence: what it is, and the source.
    pub summary: &'static str,
    /// The samples that it serves, in words.
    pub samples: &'static str,
    /// The number of latent dimensions where none is asked for.
    pub latent_size: usize,
    /// Whether its discriminator comes with batch normalisation as well.
    pub has_batch_norm: bool,
    /// Whether its generator has batch normalisation, which classes can be told through.
    pub generator_has_batch_norm: bool,
    /// Whether it comes in several capacities.
    pub has_capacity: bool,
    serves: fn([usize; 3]) -> bool,
    build: fn(&Plan) -> (BuiltinGenerator, BuiltinDiscriminator),
}

impl Network {
    /// Whether it can make samples of `shape` [C, H, W].
    pub fn serves(&self, shape: [usize; 3]) -> bool {
        (self.serves)(shape)
    }
}

/// Every pair that has a name.
pub const NETWORKS: &[Network] = &[
    Network {
        name: "mlp",
        summary: "Fully connected, three hidden layers of 128: for 2-D densities.",
        samples: "points (C x 1 x 1)",
        // as many as the plane has: with 32, ring8 and grid25 take twice the steps or more to cover their modes
        latent_size: 2,
        has_batch_norm: false,
        generator_has_batch_norm: false,
        has_capacity: false,
        serves: |[_, height, width]| height == 1 && width == 1,
        build: |plan| {
            let (mut g, mut d) = plan.initializers(WeightScale::FanIn);
            let (latent, shape) = (plan.latent_size, plan.shape);
            let generator = MlpGenerator::with_classes(latent, shape, MLP_WIDTH, MLP_DEPTH, plan.classes, &mut g);
            let discriminator = MlpDiscriminator::with_ends(shape, MLP_WIDTH, MLP_DEPTH, plan.ends, &mut d);
            (BuiltinGenerator::Mlp(generator), BuiltinDiscriminator::Mlp(discriminator))
        },
    },
    Network {
        name: "small28",
        summary: "Convolutional with pixel shuffle, small enough to train in minutes on two cores.",
        samples: "images of 28 x 28, grey or RGB",
        latent_size: 64,
        has_batch_norm: false,
        generator_has_batch_norm: true,
        has_capacity: false,
        serves: |shape| is_image(shape, 28),
        build: |plan| {
            let (mut g, mut d) = plan.initializers(DCGAN_SCALE);
            (
                BuiltinGenerator::Small28(Small28Generator::new(plan.latent_size, plan.shape[0], plan.classes, &mut g)),
                BuiltinDiscriminator::Small28(Small28Discriminator::new(plan.shape[0], plan.ends, &mut d)),
            )
        },
    },
    Network {
        name: "infogan28",
        summary: "The network of the large comparison of Lucic et al. 2018.",
        samples: "images of 28 x 28, grey or RGB",
        latent_size: 64,
        has_batch_norm: true,
        generator_has_batch_norm: true,
        has_capacity: false,
        serves: |shape| is_image(shape, 28),
        build: |plan| {
            let (mut g, mut d) = plan.initializers(DCGAN_SCALE);
            let discriminator = InfoGan28Discriminator::new(plan.shape[0], plan.ends, &mut d);
            (
                BuiltinGenerator::InfoGan28(InfoGan28Generator::new(
                    plan.latent_size,
                    plan.shape[0],
                    plan.classes,
                    &mut g,
                )),
                BuiltinDiscriminator::InfoGan28(if plan.batch_norm {
                    discriminator.batch_norm(&mut d)
                } else {
                    discriminator
                }),
            )
        },
    },
    Network {
        name: "dcgan32",
        summary: "Transposed convolutions against strided ones, after Radford et al. 2016.",
        samples: "images of 32 x 32, grey or RGB",
        latent_size: 128,
        has_batch_norm: true,
        generator_has_batch_norm: true,
        has_capacity: false,
        serves: |shape| is_image(shape, 32),
        build: |plan| dcgan(plan, DcganSize::Pixels32),
    },
    Network {
        name: "dcgan64",
        summary: "Transposed convolutions against strided ones, after Radford et al. 2016, a layer deeper than dcgan32.",
        samples: "images of 64 x 64, grey or RGB",
        latent_size: 100,
        has_batch_norm: true,
        generator_has_batch_norm: true,
        has_capacity: false,
        serves: |shape| is_image(shape, 64),
        build: |plan| dcgan(plan, DcganSize::Pixels64),
    },
    Network {
        name: "sngan",
        summary: "Residual, spectral normalisation in the discriminator, in three capacities: Miyato et al. 2018, for the hinge objective.",
        samples: "images of 1 to 4 channels, 32 x 32, 48 x 48 or 64 x 64",
        latent_size: 128,
        has_batch_norm: false,
        generator_has_batch_norm: true,
        has_capacity: true,
        serves: sngan::serves,
        build: |plan| {
            let (mut g, mut d) = plan.initializers(sngan::UNIT);
            let (latent, shape, capacity) = (plan.latent_size, plan.shape, plan.capacity);
            let generator = SnGanGenerator::new(latent, shape, capacity, plan.classes, &mut g);
            let discriminator = SnGanDiscriminator::new(shape, capacity, plan.ends, &mut d);
            (BuiltinGenerator::SnGan(generator), BuiltinDiscriminator::SnGan(discriminator))
        },
    },
    Network {
        name: "r3gan",
        summary: "Residual, without normalisation, in three capacities: Huang et al. 2024, for the relativistic objective with R1 and R2.",
        samples: "images of 1 to 4 channels, 8 to 256 pixels a side, that halve down to 4 to 7 pixels",
        latent_size: 64,
        has_batch_norm: false,
        generator_has_batch_norm: false,
        has_capacity: true,
        serves: r3gan::serves,
        build: |plan| {
            let (mut g, mut d) = plan.initializers(r3gan::UNIT);
            let (latent, shape, capacity) = (plan.latent_size, plan.shape, plan.capacity);
            let generator = R3GanGenerator::new(latent, shape, capacity, plan.classes, &mut g);
            let discriminator = R3GanDiscriminator::new(shape, capacity, plan.ends, &mut d);
            (BuiltinGenerator::R3Gan(generator), BuiltinDiscriminator::R3Gan(discriminator))
        },
    },
];

fn is_image([channels, height, width]: [usize; 3], size: usize) -> bool {
    [1, 3].contains(&channels) && [height, width] == [size, size]
}

fn dcgan(plan: &Plan, size: DcganSize) -> (BuiltinGenerator, BuiltinDiscriminator) {
    let (mut g, mut d) = plan.initializers(DCGAN_SCALE);
    let generator = DcganGenerator::new(size, plan.latent_size, plan.shape[0], plan.classes, &mut g);
    let plain = DcganDiscriminator::new(size, plan.shape[0], plan.ends, &mut d);
    let discriminator = if plan.batch_norm { plain.batch_norm(&mut d) } else { plain };
    (BuiltinGenerator::Dcgan(generator), BuiltinDiscriminator::Dcgan(discriminator))
}

/// What a pair is built from.
#[derive(Debug)]
struct Plan {
    shape: [usize; 3],
    latent_size: usize,
    classes: GeneratorClasses,
    ends: Ends,
    batch_norm: bool,
    capacity: Capacity,
    seed: Seed,
    device: Device,
}

impl Plan {
    /// Where the weights of the generator and of the discriminator come from.
    fn initializers(&self, scale: WeightScale) -> (Initializer, Initializer) {
        let initializer = |purpose| Initializer::new(self.seed, purpose, scale, &self.device);
        (initializer(Purpose::GeneratorWeights), initializer(Purpose::DiscriminatorWeights))
    }
}

/// The pair that `config` asks for, for samples of `shape` [C, H, W] in `classes` classes (0 where they have no labels), with
/// initial weights from its seed on `device`, which keeps gradients where it is to be trained.
///
/// # Errors
/// [`Error::UnknownName`], or [`Error::Setting`] where the network cannot serve the shape, has no batch normalisation to
/// switch on, or is to be conditional on classes that the data do not have.
pub fn build(
    config: &Config,
    shape: [usize; 3],
    classes: usize,
    device: &Device,
) -> Result<(BuiltinGenerator, BuiltinDiscriminator)> {
    let network = serving(config, shape)?;
    if config.discriminator_batch_norm && !network.has_batch_norm {
        let having = names(|network| network.has_batch_norm);
        let expected = format!("off, or one of the networks that have it ({having})");
        return Err(Error::setting("discriminator-batch-norm", expected, format!("on with '{}'", network.name)));
    }
    let conditional = config.conditional.as_ref();
    let ends = conditional.map_or_else(Ends::default, |conditional| Ends::conditional(conditional, classes));
    let plan = plan(network, config, shape, classes, ends, device)?;
    Ok((network.build)(&Plan { batch_norm: config.discriminator_batch_norm, ..plan }))
}

/// A decoder and the encoder that mirrors it, as [`build`] gives a generator and a discriminator: the encoder is the
/// discriminator's body, from which the mean and the logarithm of the variance of every latent dimension are read.
///
/// # Errors
/// As [`build`].
pub fn build_autoencoder(
    config: &Config,
    shape: [usize; 3],
    classes: usize,
    device: &Device,
) -> Result<(BuiltinGenerator, BuiltinDiscriminator)> {
    let network = serving(config, shape)?;
    let latent = config.latent_size.unwrap_or(network.latent_size);
    let ends = Ends::encoder(2 * latent, config.conditional.map(|_| classes));
    Ok((network.build)(&plan(network, config, shape, classes, ends, device)?))
}

/// The network that `config` names, where it serves the shape.
fn serving(config: &Config, shape: [usize; 3]) -> Result<&'static Network> {
    let network = NETWORKS
        .iter()
        .find(|network| network.name == config.network)
        .ok_or_else(|| Error::unknown_name("network", &config.network, NETWORKS.iter().map(|n| n.name)))?;
    if config.capacity.is_some() && !network.has_capacity {
        let expected = format!("none, or one of the networks that have several ({})", names(|n| n.has_capacity));
        return Err(Error::setting("capacity", expected, format!("one with '{}'", network.name)));
    }
    if network.serves(shape) { Ok(network) } else { Err(unserved(network, shape)) }
}

fn plan(
    network: &Network,
    config: &Config,
    shape: [usize; 3],
    classes: usize,
    ends: Ends,
    device: &Device,
) -> Result<Plan> {
    let generator_classes = match &config.conditional {
        None => GeneratorClasses::default(),
        Some(Conditional { generator, .. }) => {
            Conditional::check_classes(classes)?;
            GeneratorClasses::new(*generator, classes, network.generator_has_batch_norm)?
        }
    };
    Ok(Plan {
        shape,
        latent_size: config.latent_size.unwrap_or(network.latent_size),
        classes: generator_classes,
        ends,
        batch_norm: false,
        capacity: config.capacity.unwrap_or_default(),
        seed: config.seed,
        device: device.clone(),
    })
}

fn unserved(network: &Network, shape: [usize; 3]) -> Error {
    let [channels, height, width] = shape;
    let advice = match names(|network| network.serves(shape)) {
        none if none.is_empty() => "no built-in network serves these, so choose another size".to_owned(),
        serving => format!("these are served by {serving}"),
    };
    let got = format!("samples of {channels} x {height} x {width} (channels x height x width); {advice}");
    Error::setting(format!("network '{}'", network.name), network.samples, got)
}

fn names(filter: impl Fn(&Network) -> bool) -> String {
    let names: Vec<&str> = NETWORKS.iter().filter(|network| filter(network)).map(|network| network.name).collect();
    names.join(", ")
}

/// The generator of any built-in pair.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run holds two or three, never a collection")]
pub enum BuiltinGenerator {
    Mlp(MlpGenerator),
    Small28(Small28Generator),
    InfoGan28(InfoGan28Generator),
    Dcgan(DcganGenerator),
    SnGan(SnGanGenerator),
    R3Gan(R3GanGenerator),
}

/// The discriminator of any built-in pair.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run holds two or three, never a collection")]
pub enum BuiltinDiscriminator {
    Mlp(MlpDiscriminator),
    Small28(Small28Discriminator),
    InfoGan28(InfoGan28Discriminator),
    Dcgan(DcganDiscriminator),
    SnGan(SnGanDiscriminator),
    R3Gan(R3GanDiscriminator),
}

/// The same expression of whichever network it is.
macro_rules! each {
    ($value:expr, $network:ident => $result:expr) => {
        match $value {
            Self::Mlp($network) => $result,
            Self::Small28($network) => $result,
            Self::InfoGan28($network) => $result,
            Self::Dcgan($network) => $result,
            Self::SnGan($network) => $result,
            Self::R3Gan($network) => $result,
        }
    };
}

impl Generator for BuiltinGenerator {
    fn latent_size(&self) -> usize {
        each!(self, network => network.latent_size())
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        each!(self, network => network.forward(z, pass))
    }

    fn classes(&self) -> Option<usize> {
        each!(self, network => network.classes())
    }
}

impl Decoder for BuiltinGenerator {
    fn unbounded(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        each!(self, network => network.unbounded(z, pass))
    }

    fn is_bounded(&self) -> bool {
        each!(self, network => network.is_bounded())
    }
}

impl Discriminator for BuiltinDiscriminator {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        each!(self, network => network.forward(x, pass))
    }

    fn classes(&self) -> Option<usize> {
        each!(self, network => network.classes())
    }

    fn couples_samples(&self) -> bool {
        each!(self, network => network.couples_samples())
    }

    fn before_update(&mut self) {
        each!(self, network => network.before_update())
    }
}
