//! Measures a generator while it trains: always on the same latents, the same samples of the data and the same features, so
//! that the figures of a run compare with each other, and a resumed run finds the same ones.

use std::sync::Arc;

use super::{
    Card, EvaluationOptions, FeaturesInfo, Judge, Metric, Monitoring, Sides,
    evaluate::{SideFeatures, measure},
};
use crate::{
    cache,
    config::Config,
    data::{self, Dataset, OpenOptions, Split},
    error::Result,
    features::{self, Classifier, ExtractionProgress, Extractor, OpenFeatures, Samples, extract},
    metrics::Features,
    random::Seed,
};

/// What the generator is called in the record.
const SUBJECT: &str = "this run";

/// Measures the generator of one run.
#[derive(Debug)]
pub(crate) struct Monitor {
    options: EvaluationOptions,
    extractor: Option<Box<dyn Extractor>>,
    reference: Measure,
    training: Option<Measure>,
    /// Who says of which class a sample is, where that is asked.
    classifier: Option<Classifier>,
    /// The same of a channel, where the channels are samples of other data.
    channel_classifier: Option<Classifier>,
    /// Whose density the reference is drawn from, where that is known.
    data: Arc<dyn Dataset>,
}

/// Samples of data, and their features where any metric needs those.
#[derive(Debug)]
struct Measure {
    name: String,
    samples: Samples,
    features: Option<Features>,
}

impl Monitor {
    /// What the settings of a run ask for.
    ///
    /// # Errors
    /// As [`Monitor::of`].
    pub fn open(monitoring: &Monitoring, config: &Config, dataset: &Arc<dyn Dataset>) -> Result<Self> {
        let mut options =
            EvaluationOptions { metrics: monitoring.metrics.clone(), n: monitoring.n, ..EvaluationOptions::default() };
        // an interval for every point of a curve costs more than it tells
        options.frechet.resamples = 0;
        Monitor::of(options, monitoring.features.as_deref(), config, dataset, &|_, _| {})
    }

    /// Measures against the test part of the data, or against the data themselves where they have no such part; `progress`
    /// hears of their features, which are extracted once.
    ///
    /// # Errors
    /// When the data or the weights of the features cannot be read.
    pub fn of(
        options: EvaluationOptions,
        features: Option<&str>,
        config: &Config,
        dataset: &Arc<dyn Dataset>,
        progress: ExtractionProgress,
    ) -> Result<Self> {
        let extractor = match options.metrics.iter().any(|metric| metric.needs_features()) {
            true => Some(open_extractor(features, options.seed, dataset)?),
            false => None,
        };
        let held_out = held_out(config, dataset)?;
        let data = held_out.clone().unwrap_or_else(|| Arc::clone(dataset));
        let name = format!("{}{}", data.name(), if held_out.is_some() { " (test)" } else { "" });
        let cache = cache::directory();
        let of = |name: String, data: &dyn Dataset| -> Result<Measure> {
            let samples = Samples::of_dataset(data, options.n, options.seed)?;
            let features = extractor.as_ref().map(|extractor| {
                extract(&**extractor, &samples, cache.as_deref().filter(|_| extractor.is_slow()), progress)
            });
            Ok(Measure { name, features: features.transpose()?, samples })
        };
        let reference = of(name, &*data)?;
        let training = match options.metrics.contains(&Metric::Memorisation) {
            true => Some(of(dataset.name().to_owned(), &**dataset)?),
            false => None,
        };
        let needs_judge = options.metrics.iter().any(|metric| metric.needs_judge());
        let judge = if needs_judge { Some(classifier(options.seed, &**dataset)?) } else { None };
        let channels = dataset.channels().filter(|_| options.metrics.contains(&Metric::Modes));
        let channel_classifier = channels.map(|digits| classifier(options.seed, digits)).transpose()?;
        Ok(Monitor { options, extractor, reference, training, classifier: judge, channel_classifier, data })
    }

    /// How many samples of the generator are measured.
    pub fn samples(&self) -> u64 {
        self.options.n as u64
    }

    /// The figures of the samples that a generator has made after `step` steps; what took how long is left out, so that the
    /// same samples have the same record.
    ///
    /// # Errors
    /// When a metric has no answer for the samples.
    pub fn measure(&self, step: u64, samples: &Samples, progress: ExtractionProgress) -> Result<Card> {
        let extractor = self.extractor.as_deref();
        let subject = extractor.map(|extractor| extract(extractor, samples, None, progress)).transpose()?;
        let Monitor { reference, training, .. } = self;
        let features = subject.as_ref().zip(reference.features.as_ref()).map(|(subject, reference)| SideFeatures {
            subject,
            reference,
            training: training.as_ref().and_then(|training| training.features.as_ref()),
        });
        let sides = Sides {
            subject: (SUBJECT, samples),
            reference: (&reference.name, &reference.samples),
            training: training.as_ref().map(|training| (training.name.as_str(), &training.samples)),
            density: self.data.density(),
            judge: self.classifier.as_ref().map(|classifier| Judge { classifier, classes: self.data.classes() }),
            channel_judge: self.channel_classifier.as_ref(),
        };
        let mut card = measure(sides, features, &self.options, progress)?;
        card.step = Some(step);
        card.features = extractor.zip(features).map(|(extractor, of)| FeaturesInfo::of(extractor, of.reference));
        card.seconds.clear();
        Ok(card)
    }
}

/// The part of the data that the run does not train on.
pub(crate) fn held_out(config: &Config, dataset: &Arc<dyn Dataset>) -> Result<Option<Arc<dyn Dataset>>> {
    let options = OpenOptions { split: Split::Test, ..config.open_options() };
    match data::open(&config.data, &options) {
        // a program may train on data of its own, whatever the settings call them
        Ok(test) if (test.name(), test.shape()) == (dataset.name(), dataset.shape()) => Ok(Some(test)),
        Ok(_) => Ok(None),
        // a folder has no such part, and data of the program's own no such name
        Err(error) if error.is_usage() => Ok(None),
        Err(error) => Err(error),
    }
}

fn classifier(seed: Seed, dataset: &dyn Dataset) -> Result<Classifier> {
    let labelled = Samples::of_dataset(dataset, usize::MAX, seed)?;
    Classifier::train(&labelled, cache::directory().as_deref(), &|_, _| {})
}

/// The features of that name; `random-conv`, for points `pixels`, where none is given.
///
/// # Errors
/// As [`features::open`].
pub(crate) fn open_extractor(name: Option<&str>, seed: Seed, dataset: &Arc<dyn Dataset>) -> Result<Box<dyn Extractor>> {
    let by_default = if dataset.shape() == [2, 1, 1] { "pixels" } else { "random-conv" };
    let name = name.unwrap_or(by_default);
    let labelled = match name {
        "classifier" => Some(Samples::of_dataset(&**dataset, usize::MAX, seed)?),
        _ => None,
    };
    let cache = cache::directory();
    let options = OpenFeatures { labelled: labelled.as_ref(), cache: cache.as_deref(), ..OpenFeatures::default() };
    features::open(name, &options)
}
