//! Games whose discriminator sees augmented images: under every objective and penalty, and across a save.

use burn::tensor::{Device, Tensor, TensorData};
use ganymede::{
    Result,
    augmentation::{self, AugmentSettings, TRANSFORMATIONS},
    layers::{Initializer, WeightScale},
    networks::{MlpDiscriminator, MlpGenerator},
    objectives::OBJECTIVES,
    random::{Draws, Purpose, Seed, Step},
    training::{Batch, Game, GameSettings, Learner, Report, Source, TrainingStep},
};

const N: usize = 8;
const SEED: Seed = Seed(1);

fn device() -> Device {
    Device::flex().autodiff()
}

/// Images of noise; augmented by whoever shows them, where there is a probability.
struct Noise {
    shape: [usize; 3],
    p: f64,
}

impl Source for Noise {
    fn batch(&self, ordinal: u64) -> Result<Batch> {
        let [c, h, w] = self.shape;
        let values = Draws::new(Seed(9), Purpose::Data, ordinal).uniforms(N * c * h * w, -1.0, 1.0);
        let images = Tensor::from_data(TensorData::new(values, [N, c, h, w]), &device());
        let draws = &mut Draws::new(SEED, Purpose::Augmentation, 2 * ordinal);
        Ok(Batch { images: augmentation::augment(TRANSFORMATIONS, self.p, images, draws), labels: None })
    }
}

fn noise(channels: usize) -> Noise {
    Noise { shape: [channels, 6, 8], p: 0.0 }
}

fn game(shape: [usize; 3], settings: GameSettings) -> Game<MlpGenerator, MlpDiscriminator> {
    let init = |purpose| Initializer::new(SEED, purpose, WeightScale::FanIn, &device());
    let generator = MlpGenerator::new(4, shape, 16, 1, &mut init(Purpose::GeneratorWeights));
    let discriminator = MlpDiscriminator::new(shape, 16, 1, &mut init(Purpose::DiscriminatorWeights));
    Game::new(generator, discriminator, settings).unwrap()
}

fn settings(objective: &str, penalty: &str, augment: Option<AugmentSettings>) -> GameSettings {
    GameSettings { augment, ..GameSettings::new(objective, penalty).unwrap() }
}

fn fixed(p: f64) -> Option<AugmentSettings> {
    Some(AugmentSettings { p, ..AugmentSettings::default() })
}

fn step(game: &mut impl Learner, step: u64, data: &Noise) -> Report {
    game.step(TrainingStep { seed: SEED, step: Step(step), rate_factor: 1.0, average_keep: 0.9 }, data).unwrap()
}

#[test]
fn every_objective_and_penalty_trains_on_augmented_images_of_1_3_and_4_channels() {
    for (channels, objective) in [1, 3, 4].into_iter().flat_map(|c| OBJECTIVES.iter().map(move |o| (c, o.name()))) {
        for penalty in ["none", "r1", "r2", "r1+r2", "wgan-gp", "dragan"] {
            let data = noise(channels);
            let mut augmented = game(data.shape, settings(objective, penalty, fixed(1.0)));
            let mut plain = game(data.shape, settings(objective, penalty, None));
            let report = step(&mut augmented, 0, &data);
            assert_eq!(report.not_finite(), None, "{objective} with {penalty}");
            assert_eq!(report.get("augment_p"), Some(1.0));
            let logit = |report: &Report| report.get("logit_real").unwrap();
            assert_ne!(logit(&report), logit(&step(&mut plain, 0, &data)), "{objective} with {penalty}");
        }
    }
}

#[test]
fn probability_0_is_the_game_without_augmentation_to_the_last_bit() {
    let data = noise(3);
    let mut never = game(data.shape, settings("relativistic", "r1+wgan-gp", fixed(0.0)));
    let mut plain = game(data.shape, settings("relativistic", "r1+wgan-gp", None));
    for number in 0..3 {
        let report = step(&mut never, number, &data);
        let without = report.iter().filter(|(name, _)| *name != "augment_p");
        let without: Report = without.map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(without, step(&mut plain, number, &data));
    }
    assert_eq!(never.save(), plain.save());
}

/// The same discriminator is shown the same augmented images, by the game and by the data: the penalty on real samples and
/// their logits are the same numbers, so that the penalty is that of `h` at `T x`.
#[test]
fn a_penalty_is_taken_at_what_the_discriminator_sees() {
    let data = noise(3);
    for penalty in ["r1", "dragan"] {
        let by_game = step(&mut game(data.shape, settings("hinge", penalty, fixed(0.7))), 0, &data);
        let shown = Noise { p: 0.7, ..noise(3) };
        let by_data = step(&mut game(data.shape, settings("hinge", penalty, None)), 0, &shown);
        for name in [penalty, "logit_real"] {
            assert_eq!(by_game.get(name), by_data.get(name), "{name}");
        }
        assert_ne!(by_game.get("logit_fake"), by_data.get("logit_fake"));
    }
}

#[test]
fn an_adaptive_game_that_is_saved_between_two_moves_and_loaded_goes_on_bit_for_bit() {
    let quick = AugmentSettings { target: Some(0.2), kimg: 0.2, ..AugmentSettings::default() };
    let new = || game([3, 6, 8], settings("non-saturating", "r1", Some(quick.clone())));
    let (data, mut unbroken) = (noise(3), new());
    let mut seen = Vec::new();
    for number in 0..14 {
        seen.push(step(&mut unbroken, number, &data).get("augment_p").unwrap());
    }
    let mut resumed = new();
    resumed.load(&unbroken.save()).unwrap();
    for number in 14..24 {
        let report = step(&mut unbroken, number, &data);
        assert_eq!(step(&mut resumed, number, &data), report);
        seen.push(report.get("augment_p").unwrap());
    }
    assert_eq!(resumed.save(), unbroken.save());
    assert!(seen.chunks(4).all(|four| four.iter().all(|p| *p == four[0])), "{seen:?}");
    let moved = |pair: &&[f64]| (pair[1] - pair[0]).abs() > 0.1;
    assert!(seen[0] == 0.0 && seen.windows(2).filter(moved).count() >= 4, "{seen:?}");
}

#[test]
fn an_adaptive_game_does_not_load_what_no_adaptive_game_saved() {
    let adaptive = Some(AugmentSettings { target: Some(0.6), ..AugmentSettings::default() });
    let plain = game([3, 6, 8], settings("hinge", "none", fixed(0.5)));
    let error = game([3, 6, 8], settings("hinge", "none", adaptive)).load(&plain.save()).unwrap_err();
    assert!(error.to_string().contains("augment.state"), "{error}");
}
