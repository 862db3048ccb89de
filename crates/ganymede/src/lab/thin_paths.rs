//! How a generator of one parameter travels towards thin data, under each objective.
//!
//! ```text
//! p = N(0, ε²),  G(z) = θ + ε z,  θ from 2,  ε = 0.03        θ <- θ - η dL_G/dθ, D ahead by n updates a step
//! ```
//! Plain gradient descent, so that the size of the gradient is the size of the step: an adaptive optimizer would hide that
//! it vanishes or explodes.

use burn::tensor::Device;

use super::{Check, Gaussians, Ink, Plot, tiny};
use crate::{
    error::Result,
    layers::{Initializer, WeightScale},
    networks::MlpDiscriminator,
    random::{Draws, Purpose, Seed, Step},
    training::{AdamSettings, Batch, Game, GameSettings, Learner, Source, TrainingStep},
};

const START: f64 = 2.0;
const WIDTH: f64 = 0.03;
const STEPS: u64 = 300;
const AHEAD: u64 = 10;
const RATE: f64 = 0.02;
const BATCH: usize = 128;
const CRITIC_RATE: f64 = 3e-3;
/// Within this distance the generator has arrived.
const ARRIVED: f64 = 0.1;
const WEIGHT: f64 = 10.0;

/// A game: what it is called, objective, penalty, colour.
pub(super) type Played = (&'static str, &'static str, &'static str, Ink);

/// The games, those with a check first.
pub(super) const PLAYED: &[Played] = &[
    ("wasserstein + wgan-gp", "wasserstein", "wgan-gp", Ink::Blue),
    ("minimax", "minimax", "none", Ink::Red),
    ("reverse-kl", "reverse-kl", "none", Ink::Purple),
    ("non-saturating", "non-saturating", "none", Ink::Orange),
    ("least-squares", "least-squares", "none", Ink::Grey),
    ("hinge", "hinge", "none", Ink::Text),
    ("relativistic + r1 + r2", "relativistic", "r1:1+r2:1", Ink::Green),
];

const CARRIED: &str = "Arriving is not staying. Logistic and hinge games at this rate are thrown about by slopes of up to θ/ε². \
A generator that runs through the data under WGAN-GP may carry the critic along, which then points the wrong way at a slope of \
1 - θ/2λ (see unbounded-critic): the last steps decide, to the last digit.";

/// θ and |dL_G/dθ| at each step.
#[derive(Debug)]
pub(super) struct Journey {
    places: Vec<f64>,
    gradients: Vec<f64>,
}

struct Data {
    density: Gaussians,
    seed: Seed,
    device: Device,
}

impl Source for Data {
    fn batch(&self, ordinal: u64) -> Result<Batch> {
        let images = self.density.samples(BATCH, &mut Draws::new(self.seed, Purpose::Data, ordinal), &self.device);
        Ok(Batch { images, labels: None })
    }
}

pub(super) fn travel((_, objective, penalty, _): &Played, seed: Seed) -> Result<Journey> {
    let device = Device::flex().autodiff();
    let init = &mut Initializer::new(seed, Purpose::DiscriminatorWeights, WeightScale::He(0.2), &device);
    let settings = GameSettings {
        n_critic: AHEAD,
        generator: tiny::descent(RATE),
        discriminator: AdamSettings { rate: CRITIC_RATE, ..AdamSettings::default() },
        ..GameSettings::new(objective, penalty)?
    };
    let generator = tiny::Affine::of_fixed_scale(START, WIDTH, &device);
    let mut game = Game::new(generator, MlpDiscriminator::new([1, 1, 1], 32, 2, init), settings)?;
    let data = Data { density: Gaussians::one(&[0.0], WIDTH), seed, device };
    let mut journey = Journey { places: vec![START], gradients: Vec::new() };
    for step in 0..STEPS {
        let step = TrainingStep { seed, step: Step(step), rate_factor: 1.0, average_keep: 0.0 };
        let report = game.step(step, &data)?;
        journey.gradients.push(report.get("gradient_g").unwrap_or(f64::NAN));
        journey.places.push(game.generator().shift());
    }
    Ok(journey)
}

impl Journey {
    /// The first step that ends within reach of the data.
    fn arrival(&self) -> Option<usize> {
        self.places.iter().position(|place| place.abs() < ARRIVED)
    }

    /// The mean gradient on the way from 3/2 to 1/2.
    fn gradient_under_way(&self) -> f64 {
        let under_way: Vec<f64> = self
            .places
            .iter()
            .zip(&self.gradients)
            .filter(|(place, _)| (0.5..1.5).contains(*place))
            .map(|(_, gradient)| *gradient)
            .collect();
        under_way.iter().sum::<f64>() / under_way.len() as f64
    }

    fn last_gradient(&self) -> f64 {
        self.gradients.last().copied().unwrap_or(f64::NAN)
    }

    fn last_place(&self) -> f64 {
        self.places.last().copied().unwrap_or(f64::NAN)
    }

    fn largest_gradient(&self) -> f64 {
        self.gradients.iter().copied().fold(0.0, f64::max)
    }
}

pub(super) fn checks(journeys: &[Vec<Journey>]) -> Vec<Check> {
    let of = |game: usize, value: &dyn Fn(&Journey) -> f64| -> Vec<f64> {
        journeys.get(game).into_iter().flatten().map(value).collect()
    };
    vec![
        Check::near(
            "travelling by wasserstein + wgan-gp: gradient on the way",
            1.0 + 1.0 / (2.0 * WEIGHT),
            0.15,
            "1 + θ/2λ with θ from 1.5 to 0.5, and a critic that is followed while it learns",
            of(0, &Journey::gradient_under_way),
        ),
        Check::at_most(
            "travelling by wasserstein + wgan-gp: steps to arrive",
            150.0,
            "a gradient of 1 and a rate of 0.02 take 95 steps; half as many again for the critic's start",
            of(0, &|journey| journey.arrival().map_or(f64::INFINITY, |step| step as f64)),
        ),
        Check::at_least(
            "travelling by minimax: where it is after all steps",
            1.0,
            "not half way: a gradient of 1 would have gone three times the distance",
            of(1, &Journey::last_place),
        ),
        Check::at_most(
            "travelling by minimax: the last gradient",
            0.01,
            "two orders of magnitude below the critic's",
            of(1, &Journey::last_gradient),
        ),
        Check::at_least(
            "travelling by reverse-kl: the largest gradient",
            3.0,
            "several times the critic's, though no discriminator of finite slope shows all of θ/ε²",
            of(2, &Journey::largest_gradient),
        ),
    ]
}

pub(super) fn plots(journeys: &[Vec<Journey>]) -> Vec<Plot> {
    let steps = STEPS as f64;
    let mut paths = Plot::new("paths", "From θ = 2 to thin data at 0", "step of the generator", "θ")
        .x_range(0.0, steps)
        .y_range(-1.0, 2.3)
        .dashed("data", Ink::Text, [[0.0, 0.0], [steps, 0.0]])
        .caption("One seed. Plain gradient descent: who vanishes stands still, who explodes is thrown about.");
    let mut sizes = Plot::new("gradients", "What moves it", "step of the generator", "|dL_G/dθ|")
        .x_range(0.0, steps)
        .log_y()
        .y_range(1e-6, 1e3)
        .caption("The size of the generator's gradient along the same paths.");
    for ((name, _, _, ink), journeys) in PLAYED.iter().zip(journeys) {
        let Some(journey) = journeys.first() else { continue };
        let line = |values: &[f64]| -> Vec<[f64; 2]> {
            values.iter().enumerate().map(|(step, value)| [step as f64, *value]).collect()
        };
        paths = paths.line(*name, *ink, line(&journey.places));
        sizes = sizes.line(*name, *ink, line(&journey.gradients));
    }
    vec![paths, sizes]
}

/// How each journey ended, in a sentence.
pub(super) fn notes(journeys: &[Vec<Journey>]) -> Vec<String> {
    let told = PLAYED.iter().zip(journeys).filter_map(|((name, ..), journeys)| {
        let journey = journeys.first()?;
        let arrival = match journey.arrival() {
            Some(step) => format!("within {ARRIVED} of the data after {step} steps"),
            None => format!("never within {ARRIVED} of the data"),
        };
        let (last, largest) = (journey.last_place(), journey.largest_gradient());
        Some(format!("{name}: {arrival}, at {last:.2} in the end, largest gradient {largest:.1}"))
    });
    let told: Vec<String> = told.collect();
    vec![format!("The journeys of the first seed. {}.", told.join("; ")), CARRIED.to_owned()]
}
