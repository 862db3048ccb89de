//! What every objective promises, tested over all of [`OBJECTIVES`], and the helpers of the golden tests beside each.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::{Minimax, NonSaturating, OBJECTIVES, Objective, Optimum, Relativistic, ReverseKl, by_name};

/// The logits at which theory's table is checked.
const EXTREMES: [f64; 9] = [-1e4, -100.0, -20.0, -1.0, 0.0, 1.0, 20.0, 100.0, 1e4];

/// A loss and its gradients, from PyTorch in double precision.
pub(super) struct Golden {
    pub value: f64,
    pub real: [f64; 3],
    pub fake: [f64; 3],
}

/// Compares both losses at the logits `real = [2.0, -0.5, 0.3]`, `fake = [-1.5, 0.7, 3.0]`.
pub(super) fn assert_golden(objective: &dyn Objective, discriminator: Golden, generator: Golden) {
    let name = objective.name();
    for (player, golden) in [(Player::Discriminator, discriminator), (Player::Generator, generator)] {
        let got = loss(objective, player, &[2.0, -0.5, 0.3], &[-1.5, 0.7, 3.0], DType::F32);
        assert_close(&format!("{name} {player:?} value"), got.value, golden.value, 1e-6, 1e-7);
        for i in 0..3 {
            assert_close(&format!("{name} {player:?} dL/d real[{i}]"), got.real[i], golden.real[i], 1e-6, 1e-7);
            assert_close(&format!("{name} {player:?} dL/d fake[{i}]"), got.fake[i], golden.fake[i], 1e-6, 1e-7);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Player {
    Discriminator,
    Generator,
}

struct Loss {
    value: f64,
    real: Vec<f64>,
    fake: Vec<f64>,
}

/// A player's loss and its gradients in the logits of real and generated samples.
fn loss(objective: &dyn Objective, player: Player, real: &[f64], fake: &[f64], dtype: DType) -> Loss {
    let leaf = |values: &[f64]| {
        let data = TensorData::new(values.to_vec(), [values.len(), 1]);
        Tensor::<2>::from_data(data, (&Device::flex(), dtype)).autodiff().require_grad()
    };
    let (real, fake) = (leaf(real), leaf(fake));
    let loss = match player {
        Player::Discriminator => objective.discriminator(real.clone(), fake.clone()),
        Player::Generator => objective.generator(real.clone(), fake.clone()),
    }
    .total();
    let gradients = loss.backward();
    let values = |logits: &Tensor<2>| {
        let gradient = logits.grad(&gradients).unwrap_or_else(|| logits.clone().inner().zeros_like());
        gradient.into_data().iter::<f64>().collect()
    };
    Loss { value: loss.into_scalar::<f64>(), real: values(&real), fake: values(&fake) }
}

/// `relative` of the larger magnitude, or `absolute` where both are tiny.
fn assert_close(what: &str, got: f64, expected: f64, relative: f64, absolute: f64) {
    let allowed = absolute.max(relative * got.abs().max(expected.abs()));
    assert!((got - expected).abs() <= allowed, "{what}: expected {expected:e}, got {got:e}, allowed {allowed:e}");
}

fn softplus(h: f64) -> f64 {
    h.max(0.0) + (-h.abs()).exp().ln_1p()
}

fn sigmoid(h: f64) -> f64 {
    if h < 0.0 { h.exp() / (1.0 + h.exp()) } else { 1.0 / (1.0 + (-h).exp()) }
}

/// `(L, dL/dr, dL/df)` of the discriminator at one pair of logits, as theory writes it.
fn discriminator_in_closed_form(name: &str, r: f64, f: f64) -> (f64, f64, f64) {
    // at the kink itself both PyTorch and burn take 0
    let hinge = |margin: f64| (margin.max(0.0), if margin > 0.0 { 1.0 } else { 0.0 });
    match name {
        "minimax" | "non-saturating" | "reverse-kl" => (softplus(-r) + softplus(f), -sigmoid(-r), sigmoid(f)),
        "wasserstein" => (f - r, -1.0, 1.0),
        "least-squares" => (0.5 * (r - 1.0).powi(2) + 0.5 * f.powi(2), r - 1.0, f),
        "hinge" => (hinge(1.0 - r).0 + hinge(1.0 + f).0, -hinge(1.0 - r).1, hinge(1.0 + f).1),
        "relativistic" => (softplus(f - r), -sigmoid(f - r), sigmoid(f - r)),
        _ => panic!("{name} has no closed form here yet"),
    }
}

/// `(g(h), g'(h))` of the generator, as theory writes it; for relativistic objectives `h` is the lead over the real sample.
fn generator_in_closed_form(name: &str, h: f64) -> (f64, f64) {
    match name {
        "minimax" => (-softplus(h), -sigmoid(h)),
        "non-saturating" | "relativistic" => (softplus(-h), -sigmoid(-h)),
        "reverse-kl" | "wasserstein" | "hinge" => (-h, -1.0),
        "least-squares" => (0.5 * (h - 1.0).powi(2), h - 1.0),
        _ => panic!("{name} has no closed form here yet"),
    }
}

/// Relative accuracy of a few roundings of f32, in the tails too, down to where f32 has no full precision left.
fn assert_close_in_f32(what: &str, got: f64, expected: f64) {
    assert_close(what, got, expected, 8.0 * f64::from(f32::EPSILON), f64::from(f32::MIN_POSITIVE));
}

#[test]
fn values_gradients_and_forces_are_those_of_theory_at_every_logit() {
    for objective in OBJECTIVES {
        let name = objective.name();
        for (r, f) in EXTREMES.iter().flat_map(|r| EXTREMES.map(|f| (*r, f))) {
            let got = loss(*objective, Player::Discriminator, &[r], &[f], DType::F32);
            let (value, by_real, by_fake) = discriminator_in_closed_form(name, r, f);
            assert_close_in_f32(&format!("{name} L_D({r}, {f})"), got.value, value);
            assert_close_in_f32(&format!("{name} dL_D/dr({r}, {f})"), got.real[0], by_real);
            assert_close_in_f32(&format!("{name} dL_D/df({r}, {f})"), got.fake[0], by_fake);

            let got = loss(*objective, Player::Generator, &[r], &[f], DType::F32);
            let h = if objective.generator_sees_real() { f - r } else { f };
            let (value, force) = generator_in_closed_form(name, h);
            assert_close_in_f32(&format!("{name} L_G({r}, {f})"), got.value, value);
            assert_close_in_f32(&format!("{name} dL_G/df({r}, {f})"), got.fake[0], force);
            assert_close(&format!("{name} force({h})"), objective.force(h), force, 1e-14, 0.0);
        }
    }
}

#[test]
fn forces_vanish_or_persist_where_theory_says() {
    for (name, rejected, fooled) in
        [("minimax", 0.0, -1.0), ("non-saturating", -1.0, 0.0), ("reverse-kl", -1.0, -1.0), ("wasserstein", -1.0, -1.0)]
    {
        let objective = by_name(name).unwrap();
        assert_eq!(objective.force(-1e4).abs(), f64::abs(rejected), "{name}, rejected");
        assert_eq!(objective.force(1e4).abs(), f64::abs(fooled), "{name}, fooled");
    }
}

#[test]
fn every_objective_is_finite_everywhere() {
    for objective in OBJECTIVES {
        for player in [Player::Discriminator, Player::Generator] {
            let (real, fake): (Vec<f64>, Vec<f64>) = EXTREMES.iter().flat_map(|r| EXTREMES.map(|f| (*r, f))).unzip();
            let got = loss(*objective, player, &real, &fake, DType::F32);
            let all = [&[got.value], &got.real[..], &got.fake[..]].concat();
            assert!(all.iter().all(|v| v.is_finite()), "{} {player:?}: {all:?}", objective.name());
        }
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let (real, fake, step) = ([2.0, -0.5, 0.3], [-1.5, 0.7, 3.0], 1e-6);
    for objective in OBJECTIVES {
        for player in [Player::Discriminator, Player::Generator] {
            let exact = loss(*objective, player, &real, &fake, DType::F64);
            for i in 0..3 {
                let value = |by_real: f64, by_fake: f64| {
                    let (mut real, mut fake) = (real, fake);
                    real[i] += by_real;
                    fake[i] += by_fake;
                    loss(*objective, player, &real, &fake, DType::F64).value
                };
                let by_real = (value(step, 0.0) - value(-step, 0.0)) / (2.0 * step);
                let by_fake = (value(0.0, step) - value(0.0, -step)) / (2.0 * step);
                assert_close(&format!("{} {player:?} real[{i}]", objective.name()), exact.real[i], by_real, 0.0, 1e-8);
                assert_close(&format!("{} {player:?} fake[{i}]", objective.name()), exact.fake[i], by_fake, 0.0, 1e-8);
            }
        }
    }
}

#[test]
fn minimax_plus_non_saturating_is_reverse_kl_for_every_logit() {
    let value = |objective: &dyn Objective, h| loss(objective, Player::Generator, &[0.0], &[h], DType::F32);
    for h in EXTREMES.into_iter().chain((-400..400).map(|i| f64::from(i) * 0.0625)) {
        let (minimax, non_saturating, sum) = (value(&Minimax, h), value(&NonSaturating, h), value(&ReverseKl, h));
        // one rounding of the larger summand in each term
        let ulp = f64::from(f32::EPSILON) * minimax.value.abs().max(non_saturating.value.abs());
        let what = format!("value at {h}");
        assert_close(&what, minimax.value + non_saturating.value, sum.value, 0.0, ulp);
        let force = minimax.fake[0] + non_saturating.fake[0];
        assert_close(&format!("force at {h}"), force, sum.fake[0], 0.0, f64::from(f32::EPSILON));
    }
}

#[test]
fn a_common_shift_of_the_logits_changes_nothing_exactly_where_promised() {
    let (real, fake) = ([2.0, -0.5, 0.25], [-1.5, 0.75, 3.0]);
    let shifted = |logits: [f64; 3]| logits.map(|h| h + 5.0);
    for objective in OBJECTIVES {
        let unmoved = [Player::Discriminator, Player::Generator].into_iter().all(|player| {
            let here = loss(*objective, player, &real, &fake, DType::F64);
            let there = loss(*objective, player, &shifted(real), &shifted(fake), DType::F64);
            let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
            let same_value = player == Player::Generator || (here.value - there.value).abs() < 1e-12;
            same_value && same(&here.real, &there.real) && same(&here.fake, &there.fake)
        });
        assert_eq!(unmoved, objective.is_shift_invariant(), "{}", objective.name());
    }
}

#[test]
fn the_relativistic_players_have_each_others_loss_with_the_samples_swapped() {
    let (a, b) = ([2.0, -0.5, 0.3], [-1.5, 0.7, 3.0]);
    let discriminator = loss(&Relativistic, Player::Discriminator, &a, &b, DType::F32);
    let generator = loss(&Relativistic, Player::Generator, &b, &a, DType::F32);
    assert_eq!(discriminator.value, generator.value);
    assert_eq!((discriminator.real, discriminator.fake), (generator.fake, generator.real));
}

#[test]
fn the_order_of_a_batch_does_not_matter() {
    let (real, fake) = ([2.0, -0.5, 0.3], [-1.5, 0.7, 3.0]);
    let rotated = |v: [f64; 3]| [v[1], v[2], v[0]];
    for objective in OBJECTIVES {
        for player in [Player::Discriminator, Player::Generator] {
            let here = loss(*objective, player, &real, &fake, DType::F64);
            let there = loss(*objective, player, &rotated(real), &rotated(fake), DType::F64);
            assert_close(objective.name(), here.value, there.value, 1e-14, 0.0);
            assert_eq!(there.fake, [here.fake[1], here.fake[2], here.fake[0]], "{}", objective.name());
        }
    }
}

#[test]
fn the_generator_reads_real_logits_exactly_where_promised() {
    for objective in OBJECTIVES {
        let value = |real: f64| loss(*objective, Player::Generator, &[real], &[0.5], DType::F64).value;
        assert_eq!(value(0.0) != value(3.0), objective.generator_sees_real(), "{}", objective.name());
    }
}

#[test]
fn every_objective_is_found_by_its_name_and_no_two_share_one() {
    for objective in OBJECTIVES {
        assert_eq!(by_name(objective.name()).unwrap().summary(), objective.summary());
        assert_eq!(OBJECTIVES.iter().filter(|other| other.name() == objective.name()).count(), 1);
    }
    let text = by_name("hing").unwrap_err().to_string();
    assert!(text.contains("did you mean 'hinge'?"), "{text}");
}

/// `p L_D(h, .) + q L_D(., h)` at one point; for relativistic objectives at a pair of points of equal ratios turned round,
/// so that the other point's optimum is -h.
fn discriminator_at(objective: &dyn Objective, log_ratio: f64, h: f64) -> f64 {
    let share = sigmoid(log_ratio);
    let value = |r: f64, f: f64| loss(objective, Player::Discriminator, &[r], &[f], DType::F64).value;
    if objective.generator_sees_real() {
        // points a and b with p/q = e^l and e^-l: the pairs (real a, fake b) and (real b, fake a)
        let (right, wrong) = (share * share, (1.0 - share) * (1.0 - share));
        return right * value(h, -h) + wrong * value(-h, h);
    }
    share * (value(h, 0.0) - value(0.0, 0.0)) + (1.0 - share) * (value(0.0, h) - value(0.0, 0.0))
}

#[test]
fn no_logit_near_the_optimum_is_better_than_it() {
    for (objective, optimum) in OBJECTIVES.iter().filter_map(|o| Some((*o, o.optimum()?))) {
        for log_ratio in [-3.0, -0.4, 0.0, 1.0, 2.5] {
            let h = optimum.at(log_ratio);
            let least = discriminator_at(objective, log_ratio, h);
            for step in [-0.3, -0.01, 0.01, 0.3] {
                let other = discriminator_at(objective, log_ratio, h + step);
                let name = objective.name();
                // where p = q every h in [-1, 1] is a minimum of the hinge
                assert!(other > least - 1e-12, "{name}: {other} at {h} + {step}, {least} at h*, ratio {log_ratio}");
                let flat = optimum == Optimum::Sign && log_ratio == 0.0;
                assert!(flat || other > least + 1e-9, "{name}: flat at {h} + {step}, ratio {log_ratio}");
            }
        }
    }
}
