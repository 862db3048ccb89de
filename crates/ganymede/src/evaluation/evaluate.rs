//! Computes the metrics that were asked for.

use std::{collections::BTreeMap, path::Path, time::Instant};

use serde::Serialize;

use super::{
    Card, FeaturesInfo, Measured, Metric, SamplesInfo,
    of_samples::{accuracy, modes, ms_ssim, ratio, score},
};
use crate::{
    data::Density,
    density_ratio::InstrumentOptions,
    error::{Error, Result},
    features::{Classifier, ExtractionProgress, Extractor, Samples, extract},
    metrics::{
        DensityCoverage, Features, FrechetOptions, KernelOptions, Manifolds, PrecisionRecall, density_coverage,
        frechet, kernel_distance, memorisation, precision_recall,
    },
    random::Seed,
};

/// The choices of the protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluationOptions {
    pub metrics: Vec<Metric>,
    /// Samples of either side, at most.
    pub n: usize,
    pub frechet: FrechetOptions,
    pub kernel: KernelOptions,
    /// The neighbour that the balls of precision, recall, density and coverage reach to.
    pub neighbours: usize,
    /// Pairs of samples for the diversity.
    pub pairs: usize,
    /// How the discriminator of the density ratio is trained.
    pub ratio: InstrumentOptions,
    pub seed: Seed,
}

impl Default for EvaluationOptions {
    fn default() -> Self {
        EvaluationOptions {
            metrics: vec![Metric::Fid, Metric::Kid, Metric::Prdc],
            n: 10_000,
            frechet: FrechetOptions { resamples: 20, ..FrechetOptions::default() },
            kernel: KernelOptions::default(),
            neighbours: 5,
            pairs: 1000,
            ratio: InstrumentOptions::default(),
            seed: Seed(0),
        }
    }
}

impl EvaluationOptions {
    fn needs_training(&self) -> bool {
        self.metrics.contains(&Metric::Memorisation)
    }
}

/// Samples with the name of what they are of.
pub type Named<'a> = (&'a str, &'a Samples);

/// What is measured against what.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    pub subject: Named<'a>,
    pub reference: Named<'a>,
    /// The data that the subject was trained on; memorisation needs them.
    pub training: Option<Named<'a>>,
    /// The density that the reference is drawn from; modes need one.
    pub density: Option<&'a dyn Density>,
    /// Who says of which class a sample is; accuracy and class score need one.
    pub judge: Option<Judge<'a>>,
    /// Who says of which class a channel is, where each is a sample of other data; their modes need one.
    pub channel_judge: Option<&'a Classifier>,
}

/// A classifier of the data, and the names of its classes.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    pub classifier: &'a Classifier,
    pub classes: &'a [String],
}

/// The features of [`Sides`], extracted by one extractor.
#[derive(Debug, Clone, Copy)]
pub(super) struct SideFeatures<'a> {
    pub subject: &'a Features,
    pub reference: &'a Features,
    pub training: Option<&'a Features>,
}

/// The metrics of `options` of the subject, by the features of `extractor`, which come from `cache` where they are known.
///
/// # Errors
/// [`Error::Measurement`] for samples that a metric has no answer for, [`Error::Setting`] for a metric without what it needs.
pub fn evaluate(
    sides: Sides,
    extractor: &dyn Extractor,
    options: &EvaluationOptions,
    cache: Option<&Path>,
    progress: ExtractionProgress,
) -> Result<Card> {
    if !options.metrics.iter().any(|metric| metric.needs_features()) {
        return measure(sides, None, options, progress);
    }
    let sides = Sides { training: sides.training.filter(|_| options.needs_training()), ..sides };
    let started = Instant::now();
    let of = |(_, samples): Named| extract(extractor, samples, cache, progress);
    let (reference, subject) = (of(sides.reference)?, of(sides.subject)?);
    let training = sides.training.map(of).transpose()?;
    let seconds = started.elapsed().as_secs_f64();
    let features = SideFeatures { subject: &subject, reference: &reference, training: training.as_ref() };
    let mut card = measure(sides, Some(features), options, progress)?;
    card.seconds.insert("extraction", seconds);
    card.features = Some(FeaturesInfo::of(extractor, &reference));
    Ok(card)
}

/// The metrics of `options`, those that need features by `features`.
///
/// # Errors
/// As [`evaluate`].
pub(super) fn measure(
    sides: Sides,
    features: Option<SideFeatures>,
    options: &EvaluationOptions,
    progress: ExtractionProgress,
) -> Result<Card> {
    if options.needs_training() && sides.training.is_none() {
        return Err(Error::setting("metrics", "a trained generator for memorisation", sides.subject.0));
    }
    let (mut results, mut seconds) = (BTreeMap::new(), BTreeMap::new());
    for metric in &options.metrics {
        let started = Instant::now();
        match (metric, features) {
            (Metric::MsSsim, _) => results.extend([("ms_ssim", ms_ssim(sides, options)?)]),
            (Metric::Modes, _) => results.extend([("modes", modes(sides)?)]),
            (Metric::Accuracy, _) => results.extend([("accuracy", accuracy(sides)?)]),
            (Metric::ClassScore, _) => results.extend([("class_score", score(sides)?)]),
            (Metric::Ratio, _) => results.extend([("ratio", ratio(sides, options, progress)?)]),
            (metric, Some(features)) => results.extend(of_features(*metric, features, options)?),
            (_, None) => {}
        }
        seconds.insert(metric.name(), started.elapsed().as_secs_f64());
    }
    Ok(Card {
        ganymede: env!("CARGO_PKG_VERSION"),
        step: None,
        results,
        subject: info(sides.subject),
        reference: info(sides.reference),
        training: sides.training.filter(|_| options.needs_training()).map(info),
        features: None,
        options: options.clone(),
        seconds,
    })
}

fn info((source, samples): Named) -> SamplesInfo {
    SamplesInfo { source: source.to_owned(), count: samples.count(), shape: samples.shape(), digest: samples.digest() }
}

fn of_features(
    metric: Metric,
    SideFeatures { subject: fake, reference: real, training }: SideFeatures,
    options: &EvaluationOptions,
) -> Result<Vec<(&'static str, Measured)>> {
    match (metric, training) {
        (Metric::Fid, _) => {
            let distance = frechet(real, fake, options.frechet)?;
            let measured = Measured::new(distance.value)
                .within(distance.interval)
                .with("mean_term", distance.mean_term)
                .with("covariance_term", distance.covariance_term)
                .with("at_infinity", distance.at_infinity);
            Ok(vec![("fid", measured)])
        }
        (Metric::Kid, _) => {
            let distance = kernel_distance(real, fake, options.kernel)?;
            let measured = Measured::new(distance.value)
                .with("deviation", distance.deviation)
                .with("subset_size", distance.subset_size);
            Ok(vec![("kid", measured)])
        }
        (Metric::Prdc, _) => {
            let manifolds = Manifolds::new(real, fake, options.neighbours)?;
            let PrecisionRecall { precision, recall } = precision_recall(&manifolds);
            let DensityCoverage { density, coverage } = density_coverage(&manifolds);
            let figures = [("precision", precision), ("recall", recall), ("density", density), ("coverage", coverage)];
            Ok(figures.map(|(name, value)| (name, Measured::new(value))).to_vec())
        }
        (Metric::Memorisation, Some(training)) => {
            let test = memorisation(fake, real, training)?;
            let measured = Measured::new(test.z)
                .with("p_value", test.p_value)
                .with("distance_of_generated", test.distance_of_generated)
                .with("distance_of_held_out", test.distance_of_held_out);
            Ok(vec![("memorisation", measured)])
        }
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Dataset, Split, ring8},
        features::{Pixels, RandomConv},
        random::{Draws, Purpose},
    };

    fn images(step: u64, count: usize) -> Samples {
        let values = Draws::new(Seed(1), Purpose::Sample, step).uniforms(count * 144, -1.0, 1.0);
        Samples::new(values, [1, 12, 12], None).unwrap()
    }

    fn options(metrics: &str) -> EvaluationOptions {
        EvaluationOptions { metrics: Metric::parse_list(metrics).unwrap(), pairs: 20, ..EvaluationOptions::default() }
    }

    #[test]
    fn a_card_holds_a_finite_figure_for_every_metric_and_the_protocol() {
        let (real, fake, seen) = (images(0, 300), images(1, 300), images(2, 300));
        let sides = Sides {
            subject: ("fake", &fake),
            reference: ("real", &real),
            training: Some(("seen", &seen)),
            density: None,
            judge: None,
            channel_judge: None,
        };
        let options = options("fid,kid,prdc,ms-ssim,memorisation");
        let card = evaluate(sides, &RandomConv::default(), &options, None, &|_, _| {}).unwrap();
        let names: Vec<&str> = card.results.keys().copied().collect();
        let expected = ["coverage", "density", "fid", "kid", "memorisation", "ms_ssim", "precision", "recall"];
        assert_eq!(names, expected);
        assert!(card.results.values().all(|measured| measured.value.is_finite()));
        let json = serde_json::to_value(&card).unwrap();
        assert!(json["results"]["fid"]["interval"][0].is_number(), "{json}");
        assert_eq!(json["features"]["name"], "random-conv");
        assert_eq!(json["subject"]["digest"], fake.digest());
    }

    #[test]
    fn true_samples_of_a_ring_cover_its_modes() {
        let ring = ring8(Split::Test);
        let samples = Samples::of_dataset(&ring, 1000, Seed(0)).unwrap();
        let named = ("ring8", &samples);
        let sides = Sides {
            subject: named,
            reference: named,
            training: None,
            density: ring.density(),
            judge: None,
            channel_judge: None,
        };
        let card = evaluate(sides, &Pixels, &options("modes"), None, &|_, _| {}).unwrap();
        let modes = &card.results["modes"];
        assert_eq!(modes.value, 8.0);
        assert!(modes.details["reverse_kl"].as_f64().unwrap() < 0.02, "{modes:?}");
    }

    #[test]
    fn accuracy_is_what_a_classifier_of_the_data_says_of_the_class_asked_for() {
        // bright and dark pictures, of which the subject's third is asked to be what it is not
        let pictures = |labels: &[usize]| {
            let values = labels.iter().flat_map(|label| [*label as f32 * 1.6 - 0.8; 64]).collect();
            Samples::new(values, [1, 8, 8], Some(labels.to_vec())).unwrap()
        };
        let labels: Vec<usize> = (0..200).map(|i| i % 2).collect();
        let real = pictures(&labels);
        let classifier = Classifier::train(&real, None, &|_, _| {}).unwrap();
        let made = pictures(&[0, 1, 0, 1]);
        let asked = Samples::new(made.values().to_vec(), made.shape(), Some(vec![0, 1, 1, 1])).unwrap();
        let classes = ["dark".to_owned(), "bright".to_owned()];
        let sides = Sides {
            subject: ("asked", &asked),
            reference: ("real", &real),
            training: None,
            density: None,
            judge: Some(Judge { classifier: &classifier, classes: &classes }),
            channel_judge: None,
        };
        let card = evaluate(sides, &Pixels, &options("accuracy"), None, &|_, _| {}).unwrap();
        let accuracy = &card.results["accuracy"];
        assert_eq!(accuracy.value, 0.75);
        assert_eq!(accuracy.details["of_reference"], 1.0);
        assert_eq!(accuracy.details["by_class"]["dark"], 1.0);
        assert!((accuracy.details["by_class"]["bright"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn metrics_without_what_they_need_are_refused() {
        let samples = images(0, 10);
        let named = ("images", &samples);
        let sides =
            Sides { subject: named, reference: named, training: None, density: None, judge: None, channel_judge: None };
        for metrics in ["memorisation", "modes", "fid", "accuracy"] {
            assert!(evaluate(sides, &RandomConv::default(), &options(metrics), None, &|_, _| {}).is_err(), "{metrics}");
        }
    }
}
