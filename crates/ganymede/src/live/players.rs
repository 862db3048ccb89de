//! The networks of a live game.
//!
//! ```text
//! network    z -> fc 64, ReLU (x3) -> fc         the library's MLP
//! affine     z -> A z + b                        q stays a Gaussian, whose every step can be followed
//! D          x -> fc 64, LeakyReLU 0.2 (x3) -> fc 1
//! ```
//! There are as many latents as dimensions, so that q can be computed (see `pushforward`).

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};

use crate::{
    error::{Error, Result},
    layers::{Initializer, Linear, WeightScale},
    networks::{Generator, MlpDiscriminator, MlpGenerator, Pass},
    random::{Purpose, Seed},
    signal::Signal,
};

const WIDTH: usize = 64;
const DEPTH: usize = 3;
/// The slope of the discriminator's leaky ReLUs.
const SLOPE: f64 = 0.2;
/// Where an affine generator starts, and how wide, in shares of the view's reach.
const START: f64 = -0.4;
const START_WIDTH: f64 = 0.15;

/// The generators that can be chosen, a sentence each.
pub const GENERATORS: &[(&str, &str)] = &[
    ("network", "fully connected, three hidden layers of 64"),
    ("affine", "A z + b: q is a Gaussian with a centre and a width to learn"),
];

/// # Errors
/// [`Error::UnknownName`] with the nearest one.
pub(super) fn check_generator(name: &str) -> Result<()> {
    let mut known = GENERATORS.iter().map(|(name, _)| *name);
    if known.clone().any(|known| known == name) {
        return Ok(());
    }
    Err(Error::unknown_name("generator", name, &mut known))
}

/// Any of [`GENERATORS`].
#[derive(Module, Debug)]
pub(super) enum LiveGenerator {
    Network(MlpGenerator),
    Affine(AffineGenerator),
}

/// `A z + b`.
#[derive(Module, Debug)]
pub(super) struct AffineGenerator {
    map: Linear,
    dimensions: usize,
}

impl AffineGenerator {
    fn new(dimensions: usize, reach: f64, device: &Device) -> Self {
        let diagonal = Tensor::<2>::eye(dimensions, device) * (START_WIDTH * reach);
        let start = Tensor::<1>::full([dimensions], START * reach, device);
        let init = &mut Initializer::new(Seed(0), Purpose::GeneratorWeights, WeightScale::FanIn, device);
        let mut map = Linear::new(dimensions, dimensions, init);
        map.weight = Param::from_tensor(diagonal);
        map.bias = Some(Param::from_tensor(start));
        AffineGenerator { map, dimensions }
    }
}

impl Generator for LiveGenerator {
    fn latent_size(&self) -> usize {
        match self {
            Self::Network(network) => network.latent_size(),
            Self::Affine(affine) => affine.dimensions,
        }
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        match self {
            Self::Network(network) => network.forward(z, pass),
            Self::Affine(affine) => affine.map.forward(Signal::from(z)).unflatten([affine.dimensions, 1, 1]).value,
        }
    }
}

/// Both players before the first step, for samples [dimensions, 1, 1].
///
/// # Errors
/// [`Error::UnknownName`] for a generator that there is not.
pub(super) fn players(
    generator: &str,
    dimensions: usize,
    reach: f64,
    seed: Seed,
    device: &Device,
) -> Result<(LiveGenerator, MlpDiscriminator)> {
    check_generator(generator)?;
    let shape = [dimensions, 1, 1];
    let initializer = |purpose, scale| Initializer::new(seed, purpose, scale, device);
    let generator = if generator == "affine" {
        LiveGenerator::Affine(AffineGenerator::new(dimensions, reach, device))
    } else {
        // q starts as broad as the line's view, but well inside the plane's
        let scale = if dimensions == 1 { WeightScale::He(0.0) } else { WeightScale::FanIn };
        let init = &mut initializer(Purpose::GeneratorWeights, scale);
        LiveGenerator::Network(MlpGenerator::new(dimensions, shape, WIDTH, DEPTH, init))
    };
    let init = &mut initializer(Purpose::DiscriminatorWeights, WeightScale::He(SLOPE));
    Ok((generator, MlpDiscriminator::new(shape, WIDTH, DEPTH, init)))
}
