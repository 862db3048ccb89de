//! The bound against a model whose likelihood is known, and the learner's promises.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use super::*;
use crate::{
    Config,
    checkpoint::Checkpoint,
    data::{self, Split},
    features::Samples,
    random::{Draws, Purpose, Seed},
    testing::*,
    training::{Report, Trainer},
};

/// A VAE on points, which learns in seconds.
fn points(likelihood: &str, steps: u64) -> Config {
    Config {
        data: "ring8".into(),
        network: "mlp".into(),
        vae: Some(VaeSettings { likelihood: likelihood.into(), ..VaeSettings::default() }),
        batch: 32,
        steps,
        average_kimg: 0.0,
        ..Config::default()
    }
}

fn trainer(config: Config) -> Trainer {
    Trainer::on_dataset(config, Arc::new(data::ring8(Split::Train)), Device::flex()).unwrap()
}

fn trained(mut trainer: Trainer, steps: u64) -> (Checkpoint, Vec<Report>) {
    let reports = (0..steps).map(|_| trainer.train_step().unwrap()).collect();
    (trainer.checkpoint(), reports)
}

fn held_out(n: usize) -> Samples {
    Samples::of_dataset(&data::ring8(Split::Test), n, Seed(0)).unwrap()
}

fn bound(vae: &TrainedVae, samples: &Samples, k: usize) -> IwaeBound {
    vae.bound(samples, IwaeOptions { samples: k, seed: Seed(3) }, &|_, _| {}).unwrap()
}

#[test]
fn the_bound_of_a_linear_gaussian_model_is_its_likelihood_and_the_elbo_lies_below() {
    // a decoder without hidden influence: with all weights of the first layer zero, p(x|z) does not depend on z, so that
    // log p(x) = log N(x; c, sigma^2) exactly, whatever the posterior is
    let (checkpoint, _) = trained(trainer(points("gaussian:0.3", 4)), 1);
    let mut tensors = (*checkpoint.tensors).clone();
    let first = "average.hidden.0.weight";
    assert!(tensors.contains_key(first), "{:?}", tensors.keys());
    let shape = tensors[first].shape().to_vec();
    tensors.insert(first.into(), TensorData::new(vec![0.0f32; shape.iter().product()], shape));
    let vae = TrainedVae::new(Checkpoint { tensors: Arc::new(tensors), ..checkpoint }, &Device::flex()).unwrap();
    let samples = held_out(20);
    let centre = values(vae.sample_of_zero());
    let exact: f64 = samples
        .values()
        .iter()
        .enumerate()
        .map(|(i, x)| {
            let deviation = (f64::from(*x) - centre[i % 2]) / 0.3;
            -0.5 * deviation * deviation - 0.3f64.ln() - 0.5 * std::f64::consts::TAU.ln()
        })
        .sum::<f64>()
        / 20.0;
    let (one, many) = (bound(&vae, &samples, 1), bound(&vae, &samples, 3000));
    assert!((many.value - exact).abs() < 0.02, "expected {exact}, got {many:?}");
    assert!(one.value < many.value + 1e-9, "{one:?} {many:?}");
    // the elbo of that model is its likelihood less the divergence
    assert!((many.elbo - (exact - many.kl)).abs() < 0.05, "{many:?}");
}

#[test]
fn the_bound_rises_with_the_number_of_importance_samples_and_does_not_depend_on_the_cut() {
    let (checkpoint, _) = trained(trainer(points("gaussian:0.1", 60)), 60);
    let vae = TrainedVae::new(checkpoint, &Device::flex()).unwrap();
    let samples = held_out(30);
    let bounds = [1, 10, 300].map(|k| bound(&vae, &samples, k));
    assert!(bounds[0].value < bounds[1].value && bounds[1].value < bounds[2].value, "{bounds:?}");
    assert!((bounds[2].elbo - bounds[2].value) < 0.0, "{bounds:?}");
    // 300 latents are cut into chunks, 10 are not: the first ten draws are the same ones
    let alone = Samples::new(samples.sample(0).to_vec(), samples.shape(), None).unwrap();
    let (first, again) = (bound(&vae, &alone, 10), bound(&vae, &alone, 10));
    assert_eq!(first, again);
}

#[test]
fn training_raises_the_bound_under_every_likelihood_for_points() {
    for likelihood in ["gaussian:0.2", "gaussian-learned"] {
        let mut config = Config { average_kimg: 1.0, ..points(likelihood, 150) };
        config.generator.rate = 3e-3;
        config.generator.beta1 = 0.9;
        let (_, reports) = trained(trainer(config), 150);
        let mean = |range: std::ops::Range<usize>| {
            let n = range.len() as f64;
            reports[range].iter().map(|report| report.get("elbo").unwrap()).sum::<f64>() / n
        };
        assert!(mean(130..150) > mean(0..20) + 0.5, "{likelihood}: {} {}", mean(0..20), mean(130..150));
        let names: Vec<&str> = reports[0].iter().map(|(name, _)| name).collect();
        let settings = VaeSettings { likelihood: likelihood.into(), ..VaeSettings::default() };
        let explained: Vec<&str> = legend(&settings).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, explained, "{likelihood}");
    }
}

#[test]
fn beta_and_its_warm_up_weigh_the_divergence() {
    let config = points("gaussian:0.2", 10);
    let settings = VaeSettings { beta: 0.5, beta_warmup: 0.5, likelihood: "gaussian:0.2".into() };
    let (_, reports) = trained(trainer(Config { vae: Some(settings), ..config }), 10);
    let beta: Vec<f64> = reports.iter().map(|report| report.get("beta").unwrap()).collect();
    assert_eq!(beta[..6], [0.1, 0.2, 0.3, 0.4, 0.5, 0.5]);
    for report in &reports {
        let [elbo, reconstruction, kl] = ["elbo", "reconstruction", "kl"].map(|name| report.get(name).unwrap());
        assert!((elbo + reconstruction + kl).abs() < 1e-9 && kl > 0.0);
    }
}

#[test]
fn a_vae_that_is_saved_and_loaded_goes_on_bit_for_bit() {
    let config = || Config { average_kimg: 0.1, ..points("gaussian-learned", 6) };
    let mut unbroken = trainer(config());
    (0..3).for_each(|_| drop(unbroken.train_step().unwrap()));
    let saved = unbroken.checkpoint().tensors;
    let mut learner = Vae::of_config(
        &Config { seed: Seed(5), ..config() },
        config().vae.as_ref().unwrap(),
        [2, 1, 1],
        0,
        &Device::flex().autodiff(),
    )
    .unwrap();
    use crate::training::{Learner, TrainingStep};
    learner.load(&saved).unwrap();
    assert_eq!(learner.save(), *saved);
    let loader =
        data::Loader::new(Arc::new(data::ring8(Split::Train)), 32, Seed(0), &Device::flex().autodiff()).unwrap();
    for number in 3..6 {
        let keep = config().average_keep(number);
        let step =
            TrainingStep { seed: Seed(0), step: crate::random::Step(number), rate_factor: 1.0, average_keep: keep };
        assert_eq!(learner.step(step, &loader).unwrap(), unbroken.train_step().unwrap());
    }
    assert_eq!(learner.save(), *unbroken.checkpoint().tensors);
    let mut broken = (*saved).clone();
    broken.remove("vae.log_scale");
    let before = learner.save();
    assert!(learner.load(&broken).is_err());
    assert_eq!(learner.save(), before);
}

#[test]
fn a_conditional_vae_of_images_reconstructs_and_hears_of_the_class() {
    let config = Config {
        data: "shapes".into(),
        network: "small28".into(),
        conditional: Some(crate::networks::Conditional::default()),
        vae: Some(VaeSettings { likelihood: "discretised-logistic".into(), ..VaeSettings::default() }),
        batch: 8,
        steps: 2,
        ..Config::default()
    };
    let mut trainer = Trainer::new(config, Device::flex()).unwrap();
    let report = trainer.train_step().unwrap();
    assert!(report.not_finite().is_none() && report.get("elbo").unwrap() < 0.0, "{report:?}");
    assert_eq!(trainer.learner().classes(), Some(10));
    assert_eq!(trainer.preview().dims(), [80, 1, 28, 28]);
    let vae = TrainedVae::new(trainer.checkpoint(), &Device::flex()).unwrap();
    let unlabelled = Samples::new(vec![0.0; 784], [1, 28, 28], None).unwrap();
    let options = IwaeOptions { samples: 2, seed: Seed(0) };
    assert!(vae.bound(&unlabelled, options, &|_, _| {}).is_err_and(|error| error.is_usage()));
    let labelled = Samples::new(vec![0.0; 784], [1, 28, 28], Some(vec![3])).unwrap();
    assert!(vae.bound(&labelled, options, &|_, _| {}).unwrap().value < 0.0);
    let many = IwaeOptions { samples: MOST_SAMPLES + 1, ..options };
    assert!(vae.bound(&labelled, many, &|_, _| {}).is_err_and(|error| error.is_usage()));
}

#[test]
fn what_a_vae_cannot_be_is_refused() {
    let refused = |config: Config| {
        let error = Trainer::on_dataset(config, Arc::new(data::ring8(Split::Train)), Device::flex()).err().unwrap();
        assert!(error.is_usage(), "{error}");
        error.to_string()
    };
    assert!(refused(points("bernoulli", 5)).contains("gaussian or gaussian-learned for points"));
    let base = points("gaussian", 5);
    assert!(refused(Config { penalty: "r1".into(), ..base.clone() }).contains("penalty: expected none beside a VAE"));
    assert!(refused(Config { n_critic: 2, ..base.clone() }).contains("n-critic"));
    assert!(refused(Config { clip: Some(0.1), ..base.clone() }).contains("clip"));
    assert!(refused(Config { latent: crate::training::Latent::Uniform, ..base }).contains("latent"));
}

#[test]
fn the_posterior_of_zeros_is_the_prior_and_its_divergence_zero() {
    let zeros: Tensor<2> = Tensor::zeros([3, 4], &device());
    let posterior = autoencoder::Posterior { mean: zeros.clone(), log_variance: zeros };
    let noise: Tensor<2> = Draws::new(Seed(1), Purpose::Posterior, 0).normal_tensor([3, 4], &device());
    assert_eq!(values(posterior.latents(noise.clone())), values(noise));
    assert_eq!(values(posterior.divergence()), [0.0; 3]);
}

/// ```python
/// m, v = leaf(2, 3), leaf(2, 3, phase=1.)
/// kl = torch.distributions.kl_divergence(torch.distributions.Normal(m, (v / 2).exp()), torch.distributions.Normal(0., 1.))
/// y = kl.sum(1, keepdim=True); probe(y); print(y, m.grad, v.grad)
/// ```
#[test]
fn the_divergence_agrees_with_pytorch() {
    let (mean, log_variance) = (leaf([2, 3], 0.0), leaf([2, 3], 1.0));
    let posterior = autoencoder::Posterior { mean: mean.clone(), log_variance: log_variance.clone() };
    let y = posterior.divergence();
    let gradients = probe(&y);
    assert_golden(y, KL.0);
    assert_golden_gradient(&mean, &gradients, KL.1);
    assert_golden_gradient(&log_variance, &gradients, KL.2);
}
const KL: (&[f64], &[f64], &[f64]) = (
    &[1.428983, 0.744621],
    &[0.000000, 0.090912, 0.139067, -0.457360, -0.177489, 0.185858],
    &[0.093123, 0.119650, 0.068086, -0.011248, 0.121242, 0.165246],
);
