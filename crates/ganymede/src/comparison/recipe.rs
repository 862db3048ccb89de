//! What a setting is called in a comparison: an objective with all that belongs to it, in one word.
//!
//! ```text
//! RECIPE    OBJECTIVE[+TERM]...   or a name[+TERM]...   or vae[+TERM]...
//! TERM      PENALTY[:WEIGHT][/EVERY]   clip[:C]   n-critic:N        of a game
//!           LIKELIHOOD[:SCALE]   beta:BETA                          of a VAE
//!
//! wgan      wasserstein+clip               Arjovsky, Chintala & Bottou 2017
//! wgan-gp   wasserstein+wgan-gp            Gulrajani et al. 2017
//! dragan    non-saturating+dragan          Kodali et al. 2017
//! r3gan     relativistic+r1+r2             Huang et al. 2024
//! ```
//! A recipe says everything about the game: what it does not name (a penalty of the preset, say) is left out.

use crate::{
    config::Config,
    error::{Error, Result},
    objectives::{self, OBJECTIVES},
    penalties::{self, PENALTIES},
    training::Latent,
    vae::likelihoods,
};

/// The recipes that have a name of their own, each with what it stands for and its source.
pub const NAMED: [(&str, &str, &str); 4] = [
    ("wgan", "wasserstein+clip", "Arjovsky, Chintala & Bottou 2017"),
    ("wgan-gp", "wasserstein+wgan-gp", "Gulrajani et al. 2017"),
    ("dragan", "non-saturating+dragan", "Kodali et al. 2017"),
    ("r3gan", "relativistic+r1+r2", "Huang et al. 2024"),
];
const VAE: &str = "vae";
const CLIP: &str = "clip";
const N_CRITIC: &str = "n-critic";
const BETA: &str = "beta";
/// The original WGAN's.
const USUAL_CLIP: f64 = 0.01;

/// A way to train a generator.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    name: String,
    model: Model,
}

#[derive(Debug, Clone, PartialEq)]
enum Model {
    Game { objective: String, penalties: Vec<String>, clip: Option<f64>, n_critic: Option<u64> },
    Vae { likelihood: Option<String>, beta: Option<f64> },
}

impl Recipe {
    /// # Errors
    /// [`Error::UnknownName`] with the nearest name, [`Error::Setting`] for a number out of range.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let (first, terms) = split(text);
        let model = match NAMED.iter().find(|(name, ..)| *name == first) {
            _ if first == VAE => of_vae(text, &terms)?,
            Some((_, meaning, _)) => {
                let (objective, own) = split(meaning);
                of_game(text, objective, own.into_iter().chain(terms))?
            }
            None if OBJECTIVES.iter().any(|objective| objective.name() == first) => of_game(text, first, terms)?,
            None => {
                let named = NAMED.iter().map(|(name, ..)| *name);
                let known = OBJECTIVES.iter().map(|objective| objective.name()).chain(named).chain([VAE]);
                return Err(Error::unknown_name("objective or recipe", first, known));
            }
        };
        Ok(Recipe { name: text.to_owned(), model })
    }

    /// The recipes of a list such as `minimax,wgan-gp`.
    ///
    /// # Errors
    /// As [`Recipe::parse`]; [`Error::Setting`] for an empty list.
    pub fn parse_list(list: &str) -> Result<Vec<Self>> {
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let recipes = names.map(Recipe::parse).collect::<Result<Vec<_>>>()?;
        if recipes.is_empty() {
            return Err(Error::setting("objectives", "names such as minimax,wgan-gp,vae", format!("'{list}'")));
        }
        Ok(recipes)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings of `base` with this game in place of theirs, or with a VAE of the same generator.
    pub fn apply(&self, base: &Config) -> Config {
        match &self.model {
            Model::Game { objective, penalties, clip, n_critic } => Config {
                objective: objective.clone(),
                penalty: if penalties.is_empty() { "none".to_owned() } else { penalties.join("+") },
                clip: *clip,
                n_critic: n_critic.unwrap_or(base.n_critic),
                vae: None,
                ..base.clone()
            },
            Model::Vae { likelihood, beta } => {
                // the prior of a VAE is N(0, I), whatever the games draw from
                let mut config = Config { latent: Latent::Normal, vae: None, ..base.clone() }.into_vae();
                if let Some(vae) = &mut config.vae {
                    vae.likelihood = likelihood.clone().unwrap_or_else(|| vae.likelihood.clone());
                    vae.beta = beta.unwrap_or(vae.beta);
                }
                config
            }
        }
    }
}

/// The first word and the terms behind it.
fn split(text: &str) -> (&str, Vec<&str>) {
    let mut words = penalties::summands(text).into_iter();
    (words.next().unwrap_or_default(), words.collect())
}

fn of_game<'a>(recipe: &str, objective: &str, terms: impl IntoIterator<Item = &'a str>) -> Result<Model> {
    objectives::by_name(objective)?;
    let (mut penalties, mut clip, mut n_critic) = (Vec::new(), None, None);
    for term in terms {
        let (name, number) = term.split_once(':').map_or((term, None), |(name, number)| (name, Some(number)));
        let bare = name.split('/').next().unwrap_or_default();
        match bare {
            CLIP => {
                let c = number.map_or(Some(USUAL_CLIP), |c| c.parse().ok()).filter(|c: &f64| c.is_finite() && *c > 0.0);
                clip = Some(c.ok_or_else(|| wrong(recipe, CLIP, "a positive number", term))?);
            }
            N_CRITIC => {
                let n = number.and_then(|n| n.parse().ok()).filter(|n: &u64| *n > 0);
                n_critic = Some(n.ok_or_else(|| wrong(recipe, N_CRITIC, "a whole number from 1", term))?);
            }
            _ if PENALTIES.iter().any(|penalty| penalty.name() == bare) => {
                penalties::parse(term)?;
                penalties.push(term.to_owned());
            }
            _ => {
                let known = PENALTIES.iter().map(|penalty| penalty.name()).chain([CLIP, N_CRITIC]);
                return Err(Error::unknown_name("penalty or constraint", bare, known));
            }
        }
    }
    Ok(Model::Game { objective: objective.to_owned(), penalties, clip, n_critic })
}

fn of_vae(recipe: &str, terms: &[&str]) -> Result<Model> {
    let (mut likelihood, mut beta) = (None, None);
    for term in terms {
        match term.split_once(':') {
            Some((BETA, number)) => {
                let number = number.parse().ok().filter(|beta: &f64| beta.is_finite() && *beta >= 0.0);
                beta = Some(number.ok_or_else(|| wrong(recipe, BETA, "a number from 0", term))?);
            }
            _ => {
                likelihoods::parse(term)?;
                likelihood = Some((*term).to_owned());
            }
        }
    }
    Ok(Model::Vae { likelihood, beta })
}

fn wrong(recipe: &str, what: &str, expected: &str, term: &str) -> Error {
    Error::setting(format!("'{recipe}', {what}"), expected, format!("'{term}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> Config {
        let base = Config { penalty: "r1:1".into(), latent: Latent::Uniform, n_critic: 2, ..Config::default() };
        Recipe::parse(text).unwrap().apply(&base)
    }

    #[test]
    fn a_recipe_says_everything_about_the_game_and_nothing_else() {
        let game = |text: &str| {
            let config = applied(text);
            assert_eq!((config.latent, config.vae.is_some()), (Latent::Uniform, false));
            (config.objective, config.penalty, config.clip, config.n_critic)
        };
        let expected = |objective: &str, penalty: &str, clip, n| (objective.to_owned(), penalty.to_owned(), clip, n);
        assert_eq!(game("minimax"), expected("minimax", "none", None, 2));
        assert_eq!(game("wasserstein+clip"), expected("wasserstein", "none", Some(0.01), 2));
        assert_eq!(game("wgan+n-critic:5"), expected("wasserstein", "none", Some(0.01), 5));
        assert_eq!(game("wasserstein+clip:0.1"), expected("wasserstein", "none", Some(0.1), 2));
        assert_eq!(game("hinge+r1:1e+2/16+r2"), expected("hinge", "r1:1e+2/16+r2", None, 2));
        assert_eq!(game("hinge+r1/4"), expected("hinge", "r1/4", None, 2));
    }

    #[test]
    fn a_named_recipe_is_what_it_stands_for() {
        for (name, meaning, _) in NAMED {
            assert_eq!(applied(name), applied(meaning), "{name}");
            applied(name).validate().unwrap();
        }
    }

    #[test]
    fn a_vae_has_its_own_prior_and_optimizer_and_no_game() {
        let config = applied("vae+gaussian:0.5+beta:4");
        config.validate().unwrap();
        let vae = config.vae.unwrap();
        assert_eq!((vae.likelihood.as_str(), vae.beta, config.latent), ("gaussian:0.5", 4.0, Latent::Normal));
        assert_eq!((config.penalty.as_str(), config.n_critic, config.generator.beta1), ("none", 1, 0.9));
        assert_eq!(applied("vae").vae.unwrap().likelihood, "bernoulli");
    }

    #[test]
    fn what_nothing_goes_by_names_the_nearest() {
        for (text, sentence) in [
            ("wgan_gp", "no objective or recipe 'wgan_gp', did you mean 'wgan-gp'?"),
            ("minmax", "did you mean 'minimax'?"),
            ("wasserstein+clp", "no penalty or constraint 'clp', did you mean 'clip'?"),
            ("wasserstein+clip:0", "'wasserstein+clip:0', clip: expected a positive number"),
            ("hinge+n-critic", "n-critic: expected a whole number from 1"),
            ("hinge+r1:-1", "expected a positive number"),
            ("vae+bernouli", "did you mean 'bernoulli'?"),
            ("vae+beta:-1", "beta: expected a number from 0"),
        ] {
            let error = Recipe::parse(text).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains(sentence), "{text}: {error}");
        }
        assert!(Recipe::parse_list(" ,").is_err());
        assert_eq!(Recipe::parse_list("minimax, vae").unwrap().len(), 2);
    }
}
