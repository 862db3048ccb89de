//! Computes the metrics that were asked for.

use std::{collections::BTreeMap, path::Path, time::Instant};

use serde::Serialize;

use super::{Card, FeaturesInfo, Measured, Metric, SamplesInfo};
use crate::{
    data::{Density, mode_coverage},
    error::{Error, Result},
    features::{Classifier, ExtractionProgress, Extractor, Samples, extract},
    metrics::{
        DensityCoverage, Features, FrechetOptions, KernelOptions, Manifolds, PrecisionRecall, accuracy_by_class,
        class_accuracy, density_coverage, diversity, frechet, kernel_distance, memorisation, precision_recall,
        reverse_kl,
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
    /// Who says of which class a sample is; accuracy needs one.
    pub judge: Option<Judge<'a>>,
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
        return measure(sides, None, options);
    }
    let sides = Sides { training: sides.training.filter(|_| options.needs_training()), ..sides };
    let started = Instant::now();
    let of = |(_, samples): Named| extract(extractor, samples, cache, progress);
    let (reference, subject) = (of(sides.reference)?, of(sides.subject)?);
    let training = sides.training.map(of).transpose()?;
    let seconds = started.elapsed().as_secs_f64();
    let features = SideFeatures { subject: &subject, reference: &reference, training: training.as_ref() };
    let mut card = measure(sides, Some(features), options)?;
    card.seconds.insert("extraction", seconds);
    card.features = Some(FeaturesInfo::of(extractor, &reference));
    Ok(card)
}

/// The metrics of `options`, those that need features by `features`.
///
/// # Errors
/// As [`evaluate`].
pub(super) fn measure(sides: Sides, features: Option<SideFeatures>, options: &EvaluationOptions) -> Result<Card> {
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

fn ms_ssim(sides: Sides, options: &EvaluationOptions) -> Result<Measured> {
    let of = |samples: &Samples| diversity(samples.values(), samples.shape(), options.pairs, options.seed);
    let (fake, real) = (of(sides.subject.1)?, of(sides.reference.1)?);
    let measured = Measured::new(fake.mean_ms_ssim).with("scales", fake.scales);
    Ok(measured.with("of_reference", real.mean_ms_ssim))
}

fn modes(sides: Sides) -> Result<Measured> {
    let (name, samples) = sides.subject;
    let points: Vec<[f32; 2]> = samples.values().as_chunks::<2>().0.to_vec();
    let coverage = sides.density.filter(|_| samples.are_points()).and_then(|density| mode_coverage(&points, density));
    let coverage = coverage.ok_or_else(|| {
        Error::setting("metrics", "modes only against data with known separate modes (ring8, grid25)", name)
    })?;
    let measured = Measured::new(coverage.covered as f64)
        .with("modes", coverage.modes)
        .with("high_quality", coverage.high_quality);
    // where no sample is near any mode, how evenly they spread over them has no answer
    Ok(measured.with("reverse_kl", reverse_kl(&coverage.counts).ok()))
}

/// The share of the subject's samples that the classifier takes for what they were asked to be; of the reference's as well,
/// where these have labels.
fn accuracy(sides: Sides) -> Result<Measured> {
    let (name, samples) = sides.subject;
    let (Some(Judge { classifier, classes }), Some(labels)) = (sides.judge, samples.labels()) else {
        let expected =
            "accuracy only of samples of known classes: a model trained with --conditional, or labelled data";
        return Err(Error::setting("metrics", expected, name));
    };
    let logits = classifier.logits(samples)?;
    let by_class = accuracy_by_class(&logits, labels, classes.len())?;
    let by_class: serde_json::Map<String, serde_json::Value> =
        classes.iter().cloned().zip(by_class).map(|(class, share)| (class, share.into())).collect();
    let (_, reference) = sides.reference;
    let of_reference = match reference.labels() {
        Some(labels) => Some(class_accuracy(&classifier.logits(reference)?, labels)?),
        None => None,
    };
    let measured = Measured::new(class_accuracy(&logits, labels)?).with("of_reference", of_reference);
    Ok(measured.with("by_class", by_class))
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
        let sides = Sides { subject: named, reference: named, training: None, density: ring.density(), judge: None };
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
        let sides = Sides { subject: named, reference: named, training: None, density: None, judge: None };
        for metrics in ["memorisation", "modes", "fid", "accuracy"] {
            assert!(evaluate(sides, &RandomConv::default(), &options(metrics), None, &|_, _| {}).is_err(), "{metrics}");
        }
    }
}
