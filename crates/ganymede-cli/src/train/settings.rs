//! From what was typed to what it means: the settings of the run, and where it writes.

use std::path::{Path, PathBuf};

use ganymede::{
    Config, Error,
    evaluation::{Metric, Monitoring},
    random::Seed,
    training::RunDirectory,
};

use super::arguments::{Arguments, LengthArguments, MetricsArguments, ModelArguments, ModelName, OptimizerArguments};
use crate::failure::Failure;

/// Where runs go that were not told where to.
const RUNS: &str = "runs";

/// A run as it was asked for.
#[derive(Debug)]
pub struct Plan {
    pub config: Config,
    pub destination: Destination,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Destination {
    /// A new numbered directory under [`RUNS`], with this at the end of its name.
    New { suffix: String },
    /// This directory, new or not.
    Directory(PathBuf),
}

impl Destination {
    /// # Errors
    /// When the parent directory cannot be read.
    pub fn directory(&self, data: &str) -> Result<RunDirectory, Error> {
        match self {
            Destination::New { suffix } => RunDirectory::next_in(Path::new(RUNS), data, suffix),
            Destination::Directory(path) => Ok(RunDirectory::at(path)),
        }
    }
}

/// # Errors
/// For a preset that does not exist, settings that make no sense, or a run to resume that is not there.
pub fn plan(arguments: &Arguments) -> Result<Plan, Failure> {
    let plan = match &arguments.output.resume {
        Some(path) => resumed(path, &arguments.length)?,
        None => new(arguments)?,
    };
    plan.config.validate()?;
    Ok(plan)
}

fn resumed(path: &Path, length: &LengthArguments) -> Result<Plan, Failure> {
    let Some(mut config) = RunDirectory::at(path).config()? else {
        let advice = "name the directory of a run, or start one with --out";
        return Err(Failure::usage(format!("{}: there is no run here to resume", path.display()), advice));
    };
    set_length(&mut config, length)?;
    Ok(Plan { config, destination: Destination::Directory(path.to_owned()) })
}

/// The settings of a new run.
///
/// # Errors
/// For a preset that does not exist, or settings of another model.
pub fn config(arguments: &Arguments) -> Result<Config, Failure> {
    new(arguments).map(|plan| plan.config)
}

fn new(arguments: &Arguments) -> Result<Plan, Failure> {
    let (preset, mut config) = starting_point(arguments)?;
    let Arguments {
        data,
        form,
        networks,
        model,
        game,
        augmentation,
        optimizers,
        burn_in,
        length,
        metrics,
        health,
        output,
    } = arguments;
    set(&mut config.data, &data.data);
    config.size = form.size.or(config.size);
    config.channels = form.channels.or(config.channels);
    set(&mut config.fit, &form.fit.map(Into::into));
    config.background = form.background.or(config.background);
    config.mirror |= data.mirror;
    config.hold_out = data.hold_out.or(config.hold_out);
    config.tolerate = data.tolerate.or(config.tolerate);
    set(&mut config.network, &networks.network);
    config.capacity = networks.capacity.map(Into::into).or(config.capacity);
    config.latent_size = networks.latent_size.or(config.latent_size);
    set(&mut config.latent, &networks.latent.map(Into::into));
    config.discriminator_batch_norm |= networks.discriminator_batch_norm;
    if networks.conditional {
        let mut conditional = config.conditional.unwrap_or_default();
        set(&mut conditional.head, &networks.head.map(Into::into));
        set(&mut conditional.sampling, &networks.class_sampling.map(Into::into));
        conditional.psi |= networks.projection_psi;
        conditional.generator = networks.generator_labels.map(Into::into).or(conditional.generator);
        config.conditional = Some(conditional);
    }
    set_model(&mut config, model, arguments)?;
    set(&mut config.objective, &game.objective);
    set(&mut config.penalty, &game.penalty);
    config.clip = game.clip.or(config.clip);
    config.augment = augmentation.over(config.augment)?;
    set(&mut config.n_critic, &game.n_critic);
    set(&mut config.batch, &game.batch);
    set(&mut config.seed, &game.seed.map(Seed));
    set_optimizers(&mut config, optimizers);
    config.burn_in = burn_in.over(config.burn_in)?;
    set(&mut config.tick, &output.tick);
    set(&mut config.snapshot, &output.snapshot);
    set(&mut config.keep_every, &output.keep_every);
    set_length(&mut config, length)?;
    config.monitor = monitoring(metrics)?.or(config.monitor);
    let measured = config.monitor.as_ref().map_or(1, |monitoring| monitoring.every).saturating_mul(config.snapshot);
    config.health = health.over(&config.health, measured)?;
    let destination = match &output.out {
        Some(path) => Destination::Directory(path.clone()),
        None => Destination::New { suffix: suffix(preset.as_deref(), &config) },
    };
    Ok(Plan { config, destination })
}

/// A VAE, where one is asked for, and no setting that has no meaning for the model that is.
fn set_model(config: &mut Config, model: &ModelArguments, arguments: &Arguments) -> Result<(), Failure> {
    let ModelArguments { model: name, likelihood, beta, beta_warmup } = model;
    let wants_vae = match name {
        Some(name) => *name == ModelName::Vae,
        None => config.vae.is_some(),
    };
    if !wants_vae {
        let of_a_vae = [
            ("--likelihood", likelihood.is_some()),
            ("--beta", beta.is_some()),
            ("--beta-warmup", beta_warmup.is_some()),
        ];
        config.vae = None;
        return refuse(&of_a_vae, "belongs to a VAE, and this run is a game", "add --model vae, or leave it out");
    }
    let Arguments { networks, game, optimizers, .. } = arguments;
    let of_a_game = [
        ("--objective", game.objective.is_some()),
        ("--penalty", game.penalty.is_some()),
        ("--clip", game.clip.is_some()),
        ("--n-critic", game.n_critic.is_some()),
        ("--discriminator-rate", optimizers.discriminator_rate.is_some()),
        ("--discriminator-batch-norm", networks.discriminator_batch_norm),
        ("--head", networks.head.is_some()),
        ("--projection-psi", networks.projection_psi),
    ];
    refuse(&of_a_game, "belongs to a game, and a VAE plays none", "leave it out, or leave --model vae out")?;
    if config.vae.is_none() {
        *config = config.clone().into_vae();
    }
    let mut vae = config.vae.clone().unwrap_or_default();
    set(&mut vae.likelihood, likelihood);
    set(&mut vae.beta, beta);
    set(&mut vae.beta_warmup, beta_warmup);
    config.vae = Some(vae);
    Ok(())
}

/// # Errors
/// For the first of the flags that was given.
fn refuse(flags: &[(&str, bool)], reason: &str, advice: &'static str) -> Result<(), Failure> {
    match flags.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Failure::usage(format!("{flag} {reason}"), advice)),
        None => Ok(()),
    }
}

/// The preset that was asked for, else that of the data's name where there is one, else the defaults.
fn starting_point(arguments: &Arguments) -> Result<(Option<String>, Config), Error> {
    let named = match (&arguments.data.preset, &arguments.data.data) {
        (Some(preset), _) => preset,
        (None, Some(data)) if Config::presets().all(|(name, _)| name != data) => return Ok((None, Config::default())),
        (None, Some(data)) => data,
        (None, None) => return Ok((Some("shapes".to_owned()), Config::preset("shapes")?)),
    };
    Ok((Some(named.clone()), Config::preset(named)?))
}

/// What tells a run from others on the same data: its preset, without the name of the data again, or its objective.
fn suffix(preset: Option<&str>, config: &Config) -> String {
    let own = preset.map(|preset| preset.strip_prefix(&config.data).unwrap_or(preset).trim_start_matches('-'));
    let own = own.filter(|own| !own.is_empty() && config.vae.is_none());
    own.unwrap_or(config.model_name()).to_owned()
}

pub fn set_optimizers(config: &mut Config, optimizers: &OptimizerArguments) {
    set(&mut config.generator.rate, &optimizers.generator_rate);
    set(&mut config.discriminator.rate, &optimizers.discriminator_rate);
    for player in [&mut config.generator, &mut config.discriminator] {
        set(&mut player.beta1, &optimizers.beta1);
        set(&mut player.beta2, &optimizers.beta2);
    }
    set(&mut config.schedule, &optimizers.schedule.map(Into::into));
    set(&mut config.average_kimg, &optimizers.average_kimg);
}

pub fn set_length(config: &mut Config, length: &LengthArguments) -> Result<(), Error> {
    set(&mut config.steps, &length.steps);
    if let Some(kimg) = length.kimg {
        if !(kimg.is_finite() && kimg > 0.0) {
            return Err(Error::setting("kimg", "a positive number", kimg));
        }
        // steps of no images are refused by the settings' own check
        config.steps = (kimg * 1000.0 / config.images_per_step().max(1) as f64).ceil() as u64;
    }
    Ok(())
}

fn monitoring(given: &MetricsArguments) -> Result<Option<Monitoring>, Error> {
    let Some(list) = &given.metrics else { return Ok(None) };
    let mut monitoring = Monitoring::new(Metric::parse_list(list)?);
    set(&mut monitoring.every, &given.metrics_every);
    set(&mut monitoring.n, &given.metrics_n);
    monitoring.features.clone_from(&given.metrics_features);
    Ok(Some(monitoring))
}

fn set<T: Clone>(setting: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        setting.clone_from(given);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use ganymede::health::OnFault;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn planned(line: &[&str]) -> Result<Plan, Failure> {
        let words = ["train"].iter().chain(line);
        plan(&Line::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).arguments)
    }

    #[test]
    fn nothing_typed_is_the_preset_of_the_shapes() {
        let plan = planned(&[]).unwrap();
        assert_eq!(plan.config, Config::preset("shapes").unwrap());
        assert_eq!(plan.destination, Destination::New { suffix: plan.config.objective });
    }

    #[test]
    fn data_that_no_preset_is_named_after_get_the_defaults() {
        let plan = planned(&["--data", "some/folder"]).unwrap();
        assert_eq!(plan.config, Config { data: "some/folder".into(), ..Config::default() });
    }

    #[test]
    fn what_is_typed_wins_over_the_preset() {
        let line = ["--preset", "shapes", "--objective", "non-saturating", "--batch", "8", "--beta1", "0.1", "--clip"];
        let config = planned(&line).unwrap().config;
        assert_eq!((config.batch, config.clip), (8, Some(0.01)));
        assert_eq!([config.generator.beta1, config.discriminator.beta1], [0.1, 0.1]);
        assert_eq!(config.penalty, Config::preset("shapes").unwrap().penalty);
    }

    #[test]
    fn kimg_become_steps_of_all_critic_updates() {
        let config = planned(&["--kimg", "2", "--batch", "10", "--n-critic", "5"]).unwrap().config;
        assert_eq!(config.steps, 40);
    }

    #[test]
    fn metrics_are_measured_as_asked_for_and_not_at_all_unasked() {
        let line = ["--metrics", "kid,fid", "--metrics-every", "3", "--metrics-n", "500"];
        let monitoring = planned(&line).unwrap().config.monitor.unwrap();
        assert_eq!(monitoring.metrics, [Metric::Kid, Metric::Fid]);
        assert_eq!((monitoring.every, monitoring.n, monitoring.features), (3, 500, None));
        assert_eq!(planned(&[]).unwrap().config.monitor, None);
    }

    #[test]
    fn a_run_that_is_to_stop_by_itself_waits_for_ten_measured_snapshots_or_as_long_as_it_is_told() {
        let stop = |line: &[&str]| planned(line).unwrap().config.health.stop;
        assert_eq!(
            stop(&["--snapshot", "100", "--metrics", "fid", "--metrics-every", "2", "--stop", "auto"]),
            Some(2000)
        );
        assert_eq!((stop(&["--stop", "300"]), stop(&[])), (Some(300), None));
        assert_eq!(planned(&["--on-fault", "rollback"]).unwrap().config.health.on_fault, OnFault::Rollback);
    }

    #[test]
    fn a_vae_takes_a_presets_data_and_network_and_leaves_its_game() {
        let config = planned(&["--data", "fashion-mnist", "--model", "vae", "--beta", "2"]).unwrap().config;
        assert_eq!((config.data.as_str(), config.penalty.as_str()), ("fashion-mnist", "none"));
        let vae = config.vae.unwrap();
        assert_eq!((vae.likelihood.as_str(), vae.beta), ("bernoulli", 2.0));
        let plan = planned(&["--preset", "ring8", "--model", "vae", "--beta1", "0.5"]).unwrap();
        assert_eq!(plan.config.vae.unwrap().likelihood, "gaussian-learned");
        assert_eq!(plan.config.generator.beta1, 0.5);
        assert_eq!(plan.destination, Destination::New { suffix: "vae".into() });
    }

    #[test]
    fn settings_of_the_other_model_are_refused() {
        for (line, flag) in [
            (vec!["--model", "vae", "--objective", "hinge"], "--objective belongs to a game"),
            (vec!["--model", "vae", "--penalty", "r1"], "--penalty belongs to a game"),
            (vec!["--model", "vae", "--n-critic", "2"], "--n-critic"),
            (vec!["--model", "vae", "--conditional", "--head", "concat"], "--head"),
            (vec!["--beta", "1"], "--beta belongs to a VAE"),
            (vec!["--model", "gan", "--likelihood", "gaussian"], "--likelihood belongs to a VAE"),
        ] {
            match planned(&line) {
                Err(Failure::Usage { message, .. }) => assert!(message.contains(flag), "{line:?}: {message}"),
                other => panic!("{line:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_directory_is_not_named_twice_after_its_data() {
        let data = Config { data: "fashion-mnist".into(), ..Config::default() };
        assert_eq!(suffix(Some("fashion-mnist-lucic"), &data), "lucic");
        assert_eq!(suffix(Some("fashion-mnist"), &data), data.objective);
        assert_eq!(suffix(Some("shapes"), &data), "shapes");
    }

    #[test]
    fn a_resumed_run_takes_no_settings_but_its_length() {
        let typed = |line: &[&str]| Line::try_parse_from(["train", "--resume", "run"].iter().chain(line)).map(|_| ());
        assert!(typed(&["--steps", "9"]).is_ok() && typed(&["--quiet"]).is_ok());
        for line in [
            ["--data", "shapes"],
            ["--network", "mlp"],
            ["--seed", "1"],
            ["--beta1", "0"],
            ["--augment", "colour"],
            ["--metrics", "fid"],
            ["--on-fault", "stop"],
            ["--tick", "1"],
        ] {
            assert!(typed(&line).is_err(), "{line:?}");
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_wrong_usage() {
        for line in [
            ["--preset", "shaeps"],
            ["--objective", "hinje"],
            ["--penalty", "r9"],
            ["--generator-rate", "-1"],
            ["--discriminator-rate", "nan"],
            ["--kimg", "inf"],
            ["--kimg", "-1"],
            ["--clip", "0"],
            ["--batch", "0"],
            ["--augment", "color"],
            ["--augment-p", "1.5"],
            ["--augment-target", "-1"],
            ["--augment-kimg", "0"],
            ["--metrics", "fod"],
            ["--stop", "soon"],
            ["--stop", "0"],
        ] {
            assert!(matches!(planned(&line), Err(Failure::Library(error)) if error.is_usage()), "{line:?}");
        }
    }
}
