//! One adversarial step, under every objective and every kind of penalty, on points of the plane.

use std::cell::RefCell;

use burn::{
    module::Module,
    tensor::{Device, Tensor, TensorData},
};
use ganymede::{
    Error, Result, Signal,
    layers::{Initializer, Linear, WeightScale},
    networks::{Discriminator, Generator, MlpDiscriminator, MlpGenerator, Pass},
    objectives::OBJECTIVES,
    parameters::NamedTensors,
    random::{Draws, Purpose, Seed, Step},
    training::{Batch, Game, GameSettings, Learner, Report, Source, TrainingStep},
};

const POINT: [usize; 3] = [2, 1, 1];

fn device() -> Device {
    Device::flex().autodiff()
}

/// Points on a circle, 16 a batch; remembers which batches were asked for.
#[derive(Default)]
struct Circle {
    shown: RefCell<Vec<u64>>,
}

impl Source for Circle {
    fn batch(&self, ordinal: u64) -> Result<Batch> {
        self.shown.borrow_mut().push(ordinal);
        let angles = Draws::new(Seed(9), Purpose::Data, ordinal).uniforms(16, 0.0, std::f32::consts::TAU);
        let points: Vec<f32> = angles.iter().flat_map(|a| [a.cos(), a.sin()]).collect();
        Ok(Batch { images: Tensor::from_data(TensorData::new(points, [16, 2, 1, 1]), &device()), labels: None })
    }
}

type Pair = Game<MlpGenerator, MlpDiscriminator>;

fn initializer(purpose: Purpose, seed: u64) -> Initializer {
    Initializer::new(Seed(seed), purpose, WeightScale::FanIn, &device())
}

fn networks(seed: u64) -> (MlpGenerator, MlpDiscriminator) {
    let generator = MlpGenerator::new(4, POINT, 16, 2, &mut initializer(Purpose::GeneratorWeights, seed));
    (generator, MlpDiscriminator::new(POINT, 16, 2, &mut initializer(Purpose::DiscriminatorWeights, seed)))
}

fn game_of_seed(seed: u64, settings: GameSettings) -> Pair {
    let (generator, discriminator) = networks(seed);
    Game::new(generator, discriminator, settings).unwrap()
}

fn settings(objective: &str, penalty: &str) -> GameSettings {
    GameSettings::new(objective, penalty).unwrap()
}

fn game(objective: &str, penalty: &str) -> Pair {
    game_of_seed(1, settings(objective, penalty))
}

fn step(game: &mut impl Learner, step: u64, data: &dyn Source) -> Report {
    let step = TrainingStep { seed: Seed(1), step: Step(step), rate_factor: 1.0, average_keep: 0.9 };
    game.step(step, data).unwrap()
}

/// The saved tensors whose names start with `prefix`.
fn saved(game: &impl Learner, prefix: &str) -> NamedTensors {
    game.save().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect()
}

fn values(tensors: &NamedTensors) -> Vec<f64> {
    tensors.values().flat_map(|data| data.iter::<f64>().collect::<Vec<_>>()).collect()
}

fn assert_near(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{what}: expected {expected}, got {got}");
}

#[test]
fn a_step_of_every_game_moves_both_networks_and_keeps_them_finite() {
    for objective in OBJECTIVES {
        for penalty in ["none", "r1", "wgan-gp", "dragan", "r1+r2"] {
            let what = format!("{} with {penalty}", objective.name());
            let mut game = game(objective.name(), penalty);
            let before = game.save();
            let report = step(&mut game, 0, &Circle::default());
            assert_eq!(report.not_finite(), None, "{what}");
            for part in ["generator.", "discriminator.", "average."] {
                let after = saved(&game, part);
                assert!(values(&after).iter().all(|v| v.is_finite()), "{what}: {part}");
                let moved = after.iter().filter(|(name, data)| before[*name] != **data).count();
                // a critic's last bias is not moved where only differences of logits matter
                assert!(moved + 1 >= after.len(), "{what}: {moved} of {} tensors of {part} moved", after.len());
            }
        }
    }
}

#[test]
fn a_step_takes_a_batch_for_each_update_of_the_discriminator() {
    let mut game = game_of_seed(1, GameSettings { n_critic: 3, ..settings("wasserstein", "wgan-gp") });
    let data = Circle::default();
    assert_eq!(game.batches_per_step(), 3);
    step(&mut game, 0, &data);
    assert_eq!(*data.shown.borrow(), [0, 1, 2]);
    step(&mut game, 1, &data);
    assert_eq!(data.shown.borrow()[3..], [3, 4, 5]);
    let updates = |player: &str| values(&saved(&game, &format!("adam.{player}.updates")));
    assert_eq!((updates("discriminator"), updates("generator")), (vec![6.0], vec![2.0]));
}

#[test]
fn clipping_bounds_every_weight_of_the_discriminator_and_none_of_the_generator() {
    let mut game = game_of_seed(1, GameSettings { clip: Some(0.01), ..settings("wasserstein", "none") });
    step(&mut game, 0, &Circle::default());
    let largest = |part: &str| values(&saved(&game, part)).iter().fold(0.0, |largest: f64, v| v.abs().max(largest));
    assert_near("the discriminator's largest weight", largest("discriminator."), 0.01, 1e-8);
    assert!(largest("generator.") > 0.1);
}

#[test]
fn the_generators_update_leaves_the_discriminator_as_it_is() {
    // these have one discriminator's loss in common and differ in the generator's
    let after_a_step = |objective| {
        let mut game = game(objective, "none");
        step(&mut game, 0, &Circle::default());
        let discriminator = (saved(&game, "discriminator."), saved(&game, "adam.discriminator."));
        (discriminator, saved(&game, "generator."))
    };
    let (minimax, non_saturating) = (after_a_step("minimax"), after_a_step("non-saturating"));
    assert_ne!(minimax.1, non_saturating.1);
    assert_eq!(minimax.0, non_saturating.0);
}

/// The discriminator's gradient of the first update: without momentum, it is Adam's first moment.
fn first_gradient(penalty: &str) -> Vec<f64> {
    let mut settings = settings("non-saturating", penalty);
    settings.discriminator.beta1 = 0.0;
    let mut game = game_of_seed(1, settings);
    step(&mut game, 0, &Circle::default());
    values(&saved(&game, "adam.discriminator.first."))
}

#[test]
fn a_lazy_penalty_counts_as_many_times_over_as_it_is_rare() {
    let (none, eager, lazy) = (first_gradient("none"), first_gradient("r1:1"), first_gradient("r1:1/4"));
    let largest = none.iter().zip(&eager).map(|(none, eager)| (eager - none).abs()).fold(0.0, f64::max);
    assert!(largest > 1e-3, "{largest}");
    for ((none, eager), lazy) in none.iter().zip(&eager).zip(&lazy) {
        assert_near("gradient", lazy - none, 4.0 * (eager - none), 1e-4 * largest);
    }
}

#[test]
fn a_lazy_penalty_takes_part_in_its_own_updates_only() {
    let data = Circle::default();
    let mut lazy = game("non-saturating", "r1:1/4");
    let mut without = game("non-saturating", "none");
    for number in 0..9 {
        without.load(&lazy.save()).unwrap();
        let report = step(&mut lazy, number, &data);
        step(&mut without, number, &data);
        let is_due = number % 4 == 0;
        assert_eq!(report.get("r1").is_some(), is_due, "step {number}");
        assert_eq!(lazy.save() != without.save(), is_due, "step {number}");
    }
}

#[test]
fn a_lazy_penalty_is_reported_with_its_own_weight_and_by_the_step_that_took_it() {
    let value = |penalty: &str, n_critic| {
        let mut game = game_of_seed(1, GameSettings { n_critic, ..settings("non-saturating", penalty) });
        step(&mut game, 0, &Circle::default()).get("r1").unwrap()
    };
    assert_near("value", value("r1:2/4", 1), value("r1:2", 1), 1e-6);
    // due in the first of three updates
    assert_near("value", value("r1:2/4", 3), value("r1:2", 1), 1e-6);
}

#[test]
fn a_penalty_does_not_change_what_the_loss_is() {
    let loss = |penalty| step(&mut game("relativistic", penalty), 0, &Circle::default()).get("loss_d").unwrap();
    for penalty in ["r1", "r2", "r1+r2", "wgan-gp", "dragan", "r1+wgan-gp"] {
        assert_near(penalty, loss(penalty), loss("none"), 1e-6);
    }
}

#[test]
fn a_game_that_is_saved_and_loaded_goes_on_bit_for_bit() {
    let settings = || GameSettings { n_critic: 2, ..settings("relativistic", "r1:0.1/3+wgan-gp") };
    let data = Circle::default();
    let mut unbroken = game_of_seed(1, settings());
    for number in 0..3 {
        step(&mut unbroken, number, &data);
    }
    let mut resumed = game_of_seed(2, settings());
    resumed.load(&unbroken.save()).unwrap();
    for number in 3..6 {
        assert_eq!(step(&mut resumed, number, &data), step(&mut unbroken, number, &data));
    }
    assert_eq!(resumed.save(), unbroken.save());
}

#[test]
fn a_failed_load_leaves_the_game_unchanged() {
    let data = Circle::default();
    let (mut trained, mut other) = (game("hinge", "none"), game_of_seed(2, settings("hinge", "none")));
    step(&mut trained, 0, &data);
    let before = other.save();
    for missing in trained.save().into_keys() {
        let mut tensors = trained.save();
        tensors.remove(&missing);
        // a parameter without a gradient so far has no moments, so a first moment may be absent
        if !missing.contains(".first.") {
            assert!(other.load(&tensors).is_err(), "without {missing}");
            assert!(other.save() == before, "without {missing}");
        }
    }
}

/// A discriminator whose logits depend on the whole batch.
#[derive(Module, Debug)]
struct Coupled {
    inner: MlpDiscriminator,
}

impl Discriminator for Coupled {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let logits = self.inner.forward(x, pass);
        let mean = logits.clone().linear_map(|h| h.mean_dim(0).repeat_dim(0, 16));
        logits + mean * -1.0
    }

    fn couples_samples(&self) -> bool {
        true
    }
}

#[test]
fn a_coupled_discriminator_trains_in_batches_of_one_kind_and_refuses_penalties() {
    let (generator, discriminator) = networks(1);
    let coupled = Coupled { inner: discriminator };
    let refused = Game::new(generator.clone(), coupled.clone(), settings("hinge", "r1"));
    assert!(matches!(refused, Err(Error::Setting { setting, .. }) if setting == "penalty"));
    let mut game = Game::new(generator, coupled, settings("hinge", "none")).unwrap();
    let report = step(&mut game, 0, &Circle::default());
    // each kind is centred by its own mean
    assert_near("mean logit of real samples", report.get("logit_real").unwrap(), 0.0, 1e-6);
    assert_near("mean logit of generated samples", report.get("logit_fake").unwrap(), 0.0, 1e-6);
}

/// A generator that makes its label, as often as asked for.
#[derive(Module, Debug)]
struct Echo {
    scale: Linear,
}

impl Generator for Echo {
    fn latent_size(&self) -> usize {
        1
    }

    fn forward(&self, z: Tensor<2>, pass: &Pass) -> Tensor<4> {
        let n = z.dims()[0];
        let labels = label_column(pass, &z);
        (labels + self.scale.forward(z.into()).value * 0.0).reshape([n, 1, 1, 1])
    }

    fn classes(&self) -> Option<usize> {
        Some(3)
    }
}

/// A discriminator whose logit is 0 where the sample is its label.
#[derive(Module, Debug)]
struct Compare {
    scale: Linear,
}

impl Discriminator for Compare {
    fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<2> {
        let x = x.flatten();
        let labels = label_column(pass, &x.value);
        let learnt = self.scale.forward(x.clone()) * 0.0;
        x.affine(|x, constant| if constant { x - labels.clone() } else { x }) + learnt
    }

    fn classes(&self) -> Option<usize> {
        Some(3)
    }
}

fn label_column(pass: &Pass, like: &Tensor<2>) -> Tensor<2> {
    let numbers = Tensor::<2>::from_data([[0.0], [1.0], [2.0]], &device());
    pass.class_weights(like.dims()[0], 3, like).matmul(numbers)
}

/// Samples that are their labels, but for the first, whose label is another one.
struct Numbers {
    labels: Vec<usize>,
}

impl Source for Numbers {
    fn batch(&self, _: u64) -> Result<Batch> {
        let n = self.labels.len();
        let images: Vec<f32> = (0..n).map(|i| (i % 3) as f32).collect();
        let images = Tensor::from_data(TensorData::new(images, [n, 1, 1, 1]), &device());
        Ok(Batch { images, labels: Some(self.labels.clone()) })
    }
}

fn echo(objective: &str, penalty: &str) -> Game<Echo, Compare> {
    let layer = |purpose| Linear::new(1, 1, &mut initializer(purpose, 1));
    let generator = Echo { scale: layer(Purpose::GeneratorWeights) };
    let discriminator = Compare { scale: layer(Purpose::DiscriminatorWeights) };
    Game::new(generator, discriminator, settings(objective, penalty)).unwrap()
}

#[test]
fn real_and_generated_samples_are_judged_under_the_labels_of_their_batch() {
    for penalty in ["none", "r1", "r2", "wgan-gp", "r1+r2"] {
        for objective in OBJECTIVES {
            let what = format!("{} with {penalty}", objective.name());
            let right = Numbers { labels: vec![0, 1, 2, 0, 1, 2] };
            let report = step(&mut echo(objective.name(), penalty), 0, &right);
            assert_near(&what, report.get("logit_real").unwrap(), 0.0, 1e-6);
            assert_near(&what, report.get("logit_fake").unwrap(), 0.0, 1e-6);
            // one wrong label moves the mean logit of the data by its share, and that of the generated samples not at all
            let wrong = Numbers { labels: vec![2, 1, 2, 0, 1, 2] };
            let report = step(&mut echo(objective.name(), penalty), 0, &wrong);
            assert_near(&what, report.get("logit_real").unwrap(), -2.0 / 6.0, 1e-6);
            assert_near(&what, report.get("logit_fake").unwrap(), 0.0, 1e-6);
        }
    }
}

#[test]
fn labels_that_are_missing_or_out_of_range_are_refused_before_a_network_sees_them() {
    let step = TrainingStep { seed: Seed(1), step: Step(0), rate_factor: 1.0, average_keep: 0.9 };
    let mut game = echo("hinge", "none");
    let unlabelled = game.step(step, &Circle::default()).unwrap_err();
    assert!(unlabelled.to_string().contains("labels: expected a class from 0 to 2 for each of 16 samples, got none"));
    let beyond = game.step(step, &Numbers { labels: vec![0, 1, 3] }).unwrap_err();
    assert!(beyond.to_string().contains("class 3 of sample 2"), "{beyond}");
}

#[test]
fn a_pair_that_does_not_know_the_same_classes_is_refused() {
    let (generator, _) = networks(1);
    let discriminator = Compare { scale: Linear::new(1, 1, &mut initializer(Purpose::DiscriminatorWeights, 1)) };
    let refused = Game::new(generator, discriminator, settings("hinge", "none")).unwrap_err();
    assert!(refused.to_string().contains("a generator of no classes and a discriminator of 3 classes"), "{refused}");
}

#[test]
fn a_generator_of_other_samples_than_the_data_is_refused() {
    let generator = MlpGenerator::new(4, [3, 1, 1], 8, 1, &mut initializer(Purpose::GeneratorWeights, 1));
    let mut game = Game::new(generator, networks(1).1, settings("hinge", "none")).unwrap();
    let step = TrainingStep { seed: Seed(1), step: Step(0), rate_factor: 1.0, average_keep: 0.9 };
    let refused = game.step(step, &Circle::default());
    assert!(matches!(refused, Err(Error::Shape { got, .. }) if got == [16, 3, 1, 1]));
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let base = || settings("hinge", "none");
    let bad_rate = {
        let mut bad = base();
        bad.generator.rate = f64::NAN;
        bad
    };
    let bad = [
        GameSettings { n_critic: 0, ..base() },
        GameSettings { clip: Some(0.0), ..base() },
        GameSettings { clip: Some(f64::NAN), ..base() },
        bad_rate,
    ];
    for settings in bad {
        let (generator, discriminator) = networks(1);
        assert!(matches!(Game::new(generator, discriminator, settings), Err(Error::Setting { .. })));
    }
}
