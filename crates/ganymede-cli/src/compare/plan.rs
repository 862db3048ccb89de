//! From what was typed to the grid that it means.

use std::path::{Path, PathBuf};

use ganymede::{
    Config, Error,
    comparison::{Curve, Grid, Protocol, Recipe, Setting},
    data::Dataset,
    evaluation::Metric,
    random::Seed,
};

use super::Arguments;
use crate::{
    failure::Failure,
    seeds::Seeds,
    train::{self, GameArguments},
};

/// The comparison of Lucic et al. 2018, as far as there is an objective for it, with the divergences of the theory.
const OBJECTIVES: &str = "minimax,non-saturating,reverse-kl,least-squares,wasserstein+clip,wgan-gp,dragan,vae";
const RUNS: &str = "runs";
/// More than this is a mistake of the keyboard.
const MOST_SEEDS: usize = 1000;

/// What all settings have in common, and each of them.
#[derive(Debug)]
pub struct Configs {
    pub base: Config,
    pub settings: Vec<Setting>,
}

/// # Errors
/// For names that nothing goes by, and settings that make no sense.
pub fn configs(arguments: &Arguments) -> Result<Configs, Failure> {
    let Arguments { data, networks, optimizers, length, game, .. } = arguments;
    let game = GameArguments { batch: game.batch, n_critic: game.n_critic, ..GameArguments::default() };
    let common = train::Arguments {
        data: data.clone(),
        networks: networks.clone(),
        optimizers: optimizers.clone(),
        length: length.clone(),
        game,
        ..train::Arguments::default()
    };
    let base = train::config(&common)?;
    let recipes = Recipe::parse_list(arguments.objectives.as_deref().unwrap_or(OBJECTIVES))?;
    let settings = recipes.iter().map(|recipe| {
        let mut config = recipe.apply(&base);
        // a VAE has rates of its own, unless told otherwise
        train::set_optimizers(&mut config, optimizers);
        train::set_length(&mut config, length)?;
        config.validate()?;
        Ok(Setting { name: recipe.name().to_owned(), config })
    });
    Ok(Configs { settings: settings.collect::<Result<_, Error>>()?, base })
}

/// # Errors
/// For a protocol that makes no sense, or seeds that are none.
pub fn grid(arguments: &Arguments, configs: Configs, dataset: &dyn Dataset) -> Result<Grid, Failure> {
    let measuring = &arguments.measuring;
    let metrics = match &measuring.metrics {
        Some(list) => Metric::parse_list(list)?,
        None if dataset.shape() == [2, 1, 1] => vec![Metric::Modes],
        None => Protocol::default().metrics,
    };
    let curve = (measuring.curve > 0).then_some(Curve { points: measuring.curve, n: measuring.curve_n });
    let protocol = Protocol { metrics, features: measuring.features.clone(), n: measuring.n, curve };
    let by_default = || Path::new(RUNS).join(format!("compare-{}", dataset.name()));
    let directory: PathBuf = arguments.out.clone().unwrap_or_else(by_default);
    Ok(Grid::new(configs.settings, seeds(&arguments.seeds)?, protocol, directory)?)
}

/// A count, or a list.
fn seeds(text: &str) -> Result<Vec<Seed>, Failure> {
    let wrong =
        |said: String| Failure::usage(format!("--seeds: {said}"), "write a number of seeds, or seeds such as 0,4,8");
    let seeds = match text.trim().parse::<u64>() {
        Ok(0) => return Err(Error::setting("seeds", "a whole number from 1, or a list", 0).into()),
        Ok(n) => (0..n.min(MOST_SEEDS as u64 + 1)).collect(),
        Err(_) => text.parse::<Seeds>().map_err(wrong)?.0,
    };
    if seeds.len() > MOST_SEEDS {
        return Err(Error::setting("seeds", format!("at most {MOST_SEEDS}"), text).into());
    }
    Ok(seeds.into_iter().map(Seed).collect())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn planned(line: &[&str]) -> Result<Configs, Failure> {
        let words = ["compare"].iter().chain(line);
        configs(&Line::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).arguments)
    }

    #[test]
    fn every_setting_is_the_preset_with_another_game() {
        let Configs { base, settings } = planned(&["--preset", "fashion-mnist-lucic", "--batch", "32"]).unwrap();
        assert_eq!((settings.len(), base.batch), (8, 32));
        for Setting { name, config } in &settings {
            assert_eq!((config.network.as_str(), config.batch, config.steps), ("infogan28", 32, 15_625), "{name}");
            assert_eq!(config.vae.is_some(), name == "vae");
        }
        assert_eq!(settings[4].config.clip, Some(0.01));
        assert_eq!((settings[5].name.as_str(), settings[5].config.penalty.as_str()), ("wgan-gp", "wgan-gp"));
    }

    #[test]
    fn a_budget_of_images_is_fewer_steps_for_more_critic_updates() {
        let line = ["--data", "shapes", "--objectives", "hinge,wgan-gp+n-critic:5", "--kimg", "64"];
        let steps: Vec<u64> = planned(&line).unwrap().settings.iter().map(|s| s.config.steps).collect();
        assert_eq!(steps, [1000, 200]);
    }

    #[test]
    fn a_rate_that_was_typed_is_that_of_every_setting() {
        let line = ["--data", "shapes", "--objectives", "hinge,vae", "--generator-rate", "1e-4"];
        assert!(planned(&line).unwrap().settings.iter().all(|setting| setting.config.generator.rate == 1e-4));
        let usual = planned(&["--data", "shapes", "--objectives", "hinge,vae"]).unwrap().settings;
        assert_eq!(usual[1].config.generator.rate, 1e-3);
    }

    #[test]
    fn a_number_is_how_many_seeds_and_a_list_is_which() {
        let of = |text: &str| seeds(text).unwrap().into_iter().map(|seed| seed.0).collect::<Vec<_>>();
        assert_eq!((of("3"), of("0,4"), of("5-6")), (vec![0, 1, 2], vec![0, 4], vec![5, 6]));
        for text in ["0", "x", "1001", "5-2"] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }
}
