//! The metrics that look at the samples themselves, or ask a classifier of them.

use burn::tensor::Device;

use super::{EvaluationOptions, Judge, Measured, Named, Sides};
use crate::{
    data::mode_coverage,
    density_ratio::{Instrument, RatioNetwork},
    error::{Error, Result},
    features::{Classifier, ExtractionProgress, Extractor, Samples},
    metrics::{accuracy_by_class, class_accuracy, class_coverage, class_score, diversity, predictions, reverse_kl},
};

pub(super) fn ms_ssim(sides: Sides, options: &EvaluationOptions) -> Result<Measured> {
    let of = |samples: &Samples| diversity(samples.values(), samples.shape(), options.pairs, options.seed);
    let (fake, real) = (of(sides.subject.1)?, of(sides.reference.1)?);
    let measured = Measured::new(fake.mean_ms_ssim).with("scales", fake.scales);
    Ok(measured.with("of_reference", real.mean_ms_ssim))
}

pub(super) fn modes(sides: Sides) -> Result<Measured> {
    let (name, samples) = sides.subject;
    if let Some(classifier) = sides.channel_judge {
        return stacked_modes(samples, classifier);
    }
    let points: Vec<[f32; 2]> = samples.values().as_chunks::<2>().0.to_vec();
    let coverage = sides.density.filter(|_| samples.are_points()).and_then(|density| mode_coverage(&points, density));
    let coverage = coverage.ok_or_else(|| {
        Error::setting(
            "metrics",
            "modes only against data with known separate modes (ring8, grid25, stacked-mnist)",
            name,
        )
    })?;
    let measured = Measured::new(coverage.covered as f64)
        .with("modes", coverage.modes)
        .with("high_quality", coverage.high_quality);
    // where no sample is near any mode, how evenly they spread over them has no answer
    Ok(measured.with("reverse_kl", reverse_kl(&coverage.counts).ok()))
}

/// The combinations of classes that the channels of the samples show.
fn stacked_modes(samples: &Samples, classifier: &Classifier) -> Result<Measured> {
    let [channels, ..] = samples.shape();
    let mut stacks = vec![0; samples.count()];
    for channel in 0..channels {
        let seen = predictions(&classifier.logits(&samples.channel(channel)?)?);
        stacks.iter_mut().zip(seen).for_each(|(stack, class)| *stack = *stack * classifier.classes() + class);
    }
    let coverage = class_coverage(&stacks, classifier.classes().pow(channels as u32))?;
    let measured = Measured::new(coverage.covered as f64).with("modes", coverage.classes);
    Ok(measured.with("reverse_kl", coverage.reverse_kl))
}

/// The class score of the subject, and that of the reference: no generator can be expected to exceed it.
pub(super) fn score(sides: Sides) -> Result<Measured> {
    let Some(Judge { classifier, classes }) = sides.judge else {
        return Err(Error::setting("metrics", "class-score only against labelled data", sides.reference.0));
    };
    let of = |(_, samples): Named| class_score(&classifier.logits(samples)?);
    let measured = Measured::new(of(sides.subject)?).with("of_reference", of(sides.reference)?);
    Ok(measured.with("classes", classes.len()).with("classifier", classifier.identity()))
}

/// What a discriminator that is trained afresh says of the two on samples that it has not seen.
pub(super) fn ratio(sides: Sides, options: &EvaluationOptions, progress: ExtractionProgress) -> Result<Measured> {
    let ((_, fake), (_, real)) = (sides.subject, sides.reference);
    let device = Device::flex();
    let network = RatioNetwork::new(real.shape(), options.ratio.seed, &device.clone().autodiff());
    let (_, report) = Instrument::train(network, real, fake, options.ratio, &device, progress)?;
    Ok(Measured::new(report.kl)
        .with("jsd", report.jsd)
        .with("two_sample_accuracy", report.accuracy)
        .with("p_value", report.p_value)
        .with("calibration_error", report.calibration_error)
        .with("slope", report.calibration.slope)
        .with("held_out", report.held_out)
        .with("least_real", report.least_real))
}

/// The share of the subject's samples that the classifier takes for what they were asked to be; of the reference's as well,
/// where these have labels.
pub(super) fn accuracy(sides: Sides) -> Result<Measured> {
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
        evaluation::Metric,
        random::{Draws, Purpose, Seed},
    };

    fn nothing(_: usize, _: usize) {}

    /// Pictures of one channel a shade: dark or bright.
    fn shades(shades: &[usize], channels: usize) -> Samples {
        let values = shades.iter().flat_map(|shade| [*shade as f32 * 1.6 - 0.8; 64]).collect();
        let labels = (channels == 1).then(|| shades.to_vec());
        Samples::new(values, [channels, 8, 8], labels).unwrap()
    }

    fn classifier() -> Classifier {
        let labels: Vec<usize> = (0..400).map(|i| i % 2).collect();
        Classifier::train(&shades(&labels, 1), None, &nothing).unwrap()
    }

    fn sides<'a>(subject: &'a Samples, reference: &'a Samples) -> Sides<'a> {
        Sides {
            subject: ("subject", subject),
            reference: ("reference", reference),
            training: None,
            density: None,
            judge: None,
            channel_judge: None,
        }
    }

    #[test]
    fn stacked_pictures_reach_the_modes_that_their_channels_spell() {
        let classifier = classifier();
        // 000, 111, 101 and 101 again, of eight
        let stacks = shades(&[0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1], 3);
        let measured = modes(Sides { channel_judge: Some(&classifier), ..sides(&stacks, &stacks) }).unwrap();
        assert_eq!((measured.value, measured.details["modes"].as_u64()), (3.0, Some(8)));
        let expected = 2.0 * 0.25 * 2f64.ln() + 0.5 * 4f64.ln();
        assert!((measured.details["reverse_kl"].as_f64().unwrap() - expected).abs() < 1e-12, "{measured:?}");
    }

    #[test]
    fn a_class_score_is_the_number_of_classes_that_are_surely_seen() {
        let classifier = classifier();
        let classes = ["dark".to_owned(), "bright".to_owned()];
        let (both, one) = (shades(&[0, 1, 0, 1], 1), shades(&[1, 1, 1], 1));
        let judge = Some(Judge { classifier: &classifier, classes: &classes });
        let measured = score(Sides { judge, ..sides(&one, &both) }).unwrap();
        assert!((measured.value - 1.0).abs() < 1e-3, "{measured:?}");
        assert!((measured.details["of_reference"].as_f64().unwrap() - 2.0).abs() < 0.01, "{measured:?}");
        assert!(score(sides(&one, &both)).unwrap_err().is_usage());
    }

    /// KL(N(m, I)‖N(0, I)) = m^2/2, of one step of each of 2000 samples: within a fifth.
    #[test]
    fn a_ratio_says_how_far_apart_two_samples_are_and_names_the_least_real() {
        let gaussian = |step, mean: f32| {
            let normals = Draws::new(Seed(4), Purpose::Sample, step).normals(16_000);
            let values = normals.iter().enumerate().map(|(i, x)| if i % 2 == 0 { x + mean } else { *x });
            Samples::new(values.collect(), [2, 1, 1], None).unwrap()
        };
        let (real, fake) = (gaussian(0, 0.0), gaussian(1, 1.5));
        let options = EvaluationOptions { metrics: vec![Metric::Ratio], ..EvaluationOptions::default() };
        let measured = ratio(sides(&fake, &real), &options, &nothing).unwrap();
        assert!((measured.value - 1.125).abs() < 0.225, "{measured:?}");
        assert!(measured.details["p_value"].as_f64().unwrap() < 1e-6);
        let least = measured.details["least_real"].as_array().unwrap();
        let first = fake.sample(least[0].as_u64().unwrap() as usize);
        assert!(least.len() == 64 && first[0] > 2.5, "{first:?}");
    }
}
