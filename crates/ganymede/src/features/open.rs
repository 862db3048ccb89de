//! An extractor by its name.
//!
//! ```text
//! inception                                     the last tap that the weights reach
//! inception-64, -192, -768, -2048               that tap
//! classifier                                    trained on labelled data
//! random-conv, pixels                           no weights needed
//! ```

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{Classifier, ExtractionProgress, Extractor, Inception, InceptionWeights, Pixels, RandomConv, Samples, Tap};
use crate::{
    cache,
    error::{Error, Result},
};

const INCEPTION: &str = "inception";
/// The names that the FID's weights go by, the whole network first.
const WEIGHTS_FILES: [&str; 3] = [
    "pt_inception-2015-12-05-6726825d.pth",
    "weights-inception-2015-12-05-6726825d.pth",
    "inception-2015-12-05-mixed6e.safetensors",
];

/// The names that [`open`] knows.
pub fn known_names() -> Vec<String> {
    let taps = Tap::ALL.map(|tap| format!("{INCEPTION}-{}", tap.dim()));
    [INCEPTION.to_owned()]
        .into_iter()
        .chain(taps)
        .chain(["classifier", "random-conv", "pixels"].map(String::from))
        .collect()
}

/// What some extractors need.
#[derive(Clone, Copy, Default)]
pub struct OpenFeatures<'a> {
    /// The file of those that have weights; found where not given.
    pub weights: Option<&'a Path>,
    /// What the classifier is trained on.
    pub labelled: Option<&'a Samples>,
    /// Where the classifier is kept.
    pub cache: Option<&'a Path>,
    pub progress: Option<ExtractionProgress<'a>>,
}

/// The extractor of that name.
///
/// # Errors
/// [`Error::UnknownName`] with the nearest name; those of [`inception_weights_file`], [`InceptionWeights::open`] and
/// [`Classifier::train`]; [`Error::Setting`] for a classifier without data to train it on.
pub fn open(name: &str, options: &OpenFeatures) -> Result<Box<dyn Extractor>> {
    let tap = Tap::ALL.into_iter().find(|tap| name.strip_prefix("inception-") == Some(tap.dim().to_string().as_str()));
    match (name, tap) {
        ("pixels", _) => Ok(Box::new(Pixels)),
        ("classifier", _) => {
            let labelled = options.labelled;
            let labelled = labelled.ok_or_else(|| Error::setting("features", "labelled data to train it on", name))?;
            Ok(Box::new(Classifier::train(labelled, options.cache, options.progress.unwrap_or(&|_, _| {}))?))
        }
        ("random-conv", _) => Ok(Box::new(RandomConv::default())),
        (_, tap) if name == INCEPTION || tap.is_some() => {
            let weights = InceptionWeights::open(&inception_weights_file(options.weights)?)?;
            Ok(Box::new(Inception::new(&weights, tap.unwrap_or_else(|| weights.deepest_tap()))?))
        }
        _ => {
            let known = known_names();
            Err(Error::unknown_name("kind of features", name, known.iter().map(String::as_str)))
        }
    }
}

/// The file of the FID's weights: the given one, or the first found under `GANYMEDE_DATA` or in the cache.
///
/// # Errors
/// [`Error::Data`] saying where it was looked for.
pub fn inception_weights_file(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let data = env::var_os("GANYMEDE_DATA").filter(|path| !path.is_empty()).map(PathBuf::from);
    let cache = cache::directory();
    let folders: Vec<&PathBuf> = data.iter().chain(&cache).collect();
    let mut candidates = folders.iter().flat_map(|folder| WEIGHTS_FILES.map(|name| folder.join(name)));
    candidates.find(|path| path.is_file()).ok_or_else(|| {
        let advice = "put one there, or name it with --weights, or use --features random-conv, which needs none";
        let place = cache.as_deref().unwrap_or(Path::new("."));
        Error::data(place, format!("one of {}", WEIGHTS_FILES.join(", ")), "no such file", advice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_of_features_names_the_nearest() {
        let error = open("inception-769", &OpenFeatures::default()).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("inception-768"), "{error}");
    }

    #[test]
    fn weights_that_are_not_there_are_an_error() {
        let options = OpenFeatures { weights: Some(Path::new("no-such-file.pth")), ..OpenFeatures::default() };
        assert!(open("inception", &options).is_err());
        assert!(open("classifier", &OpenFeatures::default()).is_err());
    }
}
