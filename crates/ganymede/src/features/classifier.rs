//! A small classifier trained on labelled data, whose last hidden layer gives features and whose output names classes.
//!
//! ```text
//! x [C, H, W] -> conv 32 3x3 -> conv 64 3x3/2 -> conv 128 3x3/2 -> fc 128 (the features) -> fc classes      ReLU between
//! cross-entropy, Adam 1e-3 falling linearly to 0
//! ```
//! Features of a network that knows the classes of the data tell more of them than those of one that was trained on
//! photographs; figures on them compare only where the training data were the same, which their identity names.

use std::path::Path;

use burn::{
    module::Module,
    tensor::{Device, Tensor, TensorData, activation},
};
use ganymede_ops::inference::Workspace;

use super::{ExtractionProgress, Extractor, Samples, store::Entry};
use crate::{
    error::{Error, Result},
    layers::{Conv2d, Initializer, Linear, WeightScale},
    metrics::Features,
    parameters,
    random::{Draws, Purpose, Seed},
    signal::Signal,
    training::{Adam, AdamSettings},
};

const HIDDEN: usize = 128;
const BATCH: usize = 128;
const EPOCHS: usize = 5;
const RATE: f64 = 1e-3;
/// Logits are computed this many at a time.
const CHUNK: usize = 256;
/// Changes with anything above, so that no classifier of another recipe is taken from the cache.
const VERSION: &str = "2";
const PREFIX: &str = "classifier";

#[derive(Module, Debug)]
struct Network {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
    hidden: Linear,
    output: Linear,
}

impl Network {
    fn new([channels, height, width]: [usize; 3], classes: usize, device: &Device) -> Self {
        let init = &mut Initializer::new(Seed(0), Purpose::InstrumentWeights, WeightScale::He(0.0), device);
        let quarter = |side: usize| side.div_ceil(2).div_ceil(2);
        Network {
            conv1: Conv2d::new(channels, 32, 3, init).padding(1).relu(),
            conv2: Conv2d::new(32, 64, 3, init).stride(2).padding(1).relu(),
            conv3: Conv2d::new(64, 128, 3, init).stride(2).padding(1).relu(),
            hidden: Linear::new(128 * quarter(height) * quarter(width), HIDDEN, init).relu(),
            output: Linear::new(HIDDEN, classes, init),
        }
    }

    fn features(&self, x: Tensor<4>) -> Signal<2> {
        let x = self.conv2.forward(self.conv1.forward(x.into()));
        self.hidden.forward(self.conv3.forward(x).flatten())
    }

    fn logits(&self, x: Tensor<4>) -> Tensor<2> {
        self.output.forward(self.features(x)).value
    }
}

/// A trained classifier.
#[derive(Debug)]
pub struct Classifier {
    network: Network,
    shape: [usize; 3],
    classes: usize,
    identity: String,
    device: Device,
}

impl Classifier {
    /// A classifier of the samples' labels, from `cache` where one was trained on the same samples; `progress` hears of the
    /// samples seen.
    ///
    /// # Errors
    /// [`Error::Measurement`] for samples without labels or of fewer than two classes; [`Error::NotFinite`] when the training
    /// diverges; [`Error::Io`] when the cache cannot be written.
    pub fn train(samples: &Samples, cache: Option<&Path>, progress: ExtractionProgress) -> Result<Self> {
        let classes = samples.labels().and_then(|labels| labels.iter().max()).map_or(0, |last| last + 1);
        if classes < 2 {
            let got = format!("{classes} classes");
            return Err(Error::measurement(
                "classifier",
                "labelled samples of two classes or more",
                got,
                "give others",
            ));
        }
        let device = Device::flex().autodiff();
        let mut labels = blake3::Hasher::new();
        samples.labels().unwrap_or_default().iter().for_each(|label| {
            labels.update(&(*label as u64).to_le_bytes());
        });
        let identity = format!("version {VERSION}, trained on {} {}", samples.digest(), labels.finalize().to_hex());
        let entry = cache.map(|cache| Entry::new(cache, PREFIX, identity.clone()));
        let fresh = || Network::new(samples.shape(), classes, &device);
        let known = entry.as_ref().and_then(Entry::load_tensors);
        let known = known.and_then(|(tensors, _)| parameters::load(fresh().no_grad(), PREFIX, &tensors).ok());
        let network = match known {
            Some(network) => network,
            None => {
                let network = fit(fresh(), samples, &device, progress)?.no_grad();
                if let Some(entry) = entry {
                    entry.save_module(&network, PREFIX, String::new())?;
                }
                network
            }
        };
        Ok(Classifier { network, shape: samples.shape(), classes, identity, device })
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The logits of every sample.
    ///
    /// # Errors
    /// [`Error::Measurement`] for samples of another shape than those it was trained on.
    pub fn logits(&self, samples: &Samples) -> Result<Features> {
        self.check(samples)?;
        let all: Vec<usize> = (0..samples.count()).collect();
        let values = all.chunks(CHUNK).flat_map(|chunk| {
            self.network.logits(batch(samples, chunk, &self.device)).into_data().iter::<f32>().collect::<Vec<_>>()
        });
        Features::new(values.collect(), self.classes)
    }

    fn check(&self, samples: &Samples) -> Result<()> {
        if samples.shape() == self.shape {
            return Ok(());
        }
        let got = format!("{:?}", samples.shape());
        Err(Error::measurement("classifier", format!("samples of {:?}", self.shape), got, "resize them"))
    }
}

impl Extractor for Classifier {
    fn name(&self) -> String {
        "classifier".into()
    }

    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn dim(&self, _: [usize; 3]) -> usize {
        HIDDEN
    }

    fn features(&self, samples: &Samples, index: usize, _: &mut Workspace) -> Result<Vec<f32>> {
        self.check(samples)?;
        let x = batch(samples, &[index], &self.device);
        Ok(self.network.features(x).value.into_data().iter::<f32>().collect())
    }
}

fn fit(mut network: Network, samples: &Samples, device: &Device, progress: ExtractionProgress) -> Result<Network> {
    let mut adam = Adam::new(AdamSettings { rate: RATE, beta1: 0.9, ..AdamSettings::default() });
    let labels = samples.labels().unwrap_or_default();
    let total = samples.count() * EPOCHS;
    let mut seen = 0;
    for epoch in 0..EPOCHS {
        let order = Draws::new(Seed(0), Purpose::Order, epoch as u64).permutation(samples.count());
        let order: Vec<usize> = order.into_iter().map(|index| index as usize).collect();
        for chosen in order.chunks(BATCH) {
            let classes: Vec<usize> = chosen.iter().map(|index| labels[*index]).collect();
            let loss = cross_entropy(network.logits(batch(samples, chosen, device)), &classes);
            let left = 1.0 - seen as f64 / total as f64;
            let (updated, not_finite) = adam.step(network, loss.backward(), left);
            network = updated;
            if let Some(tensor) = not_finite {
                return Err(Error::not_finite((seen / BATCH) as u64, format!("the classifier's {tensor}"), f64::NAN));
            }
            seen += chosen.len();
            progress(seen, total);
        }
    }
    Ok(network)
}

/// `-mean log softmax(logits)[class]`.
fn cross_entropy(logits: Tensor<2>, classes: &[usize]) -> Tensor<1> {
    let [n, width] = logits.dims();
    let mut wanted = vec![0.0f32; n * width];
    classes.iter().enumerate().for_each(|(row, class)| wanted[row * width + class] = 1.0);
    let wanted = Tensor::from_data(TensorData::new(wanted, [n, width]), &logits.device());
    (activation::log_softmax(logits, 1) * wanted).sum_dim(1).mean().neg()
}

fn batch(samples: &Samples, indices: &[usize], device: &Device) -> Tensor<4> {
    let [c, h, w] = samples.shape();
    let values: Vec<f32> = indices.iter().flat_map(|index| samples.sample(*index)).copied().collect();
    Tensor::from_data(TensorData::new(values, [indices.len(), c, h, w]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{OpenOptions, Split, open},
        features::extract,
        metrics::{class_accuracy, predictions},
    };

    /// Bright above or bright below, with noise.
    fn halves(step: u64, count: usize) -> Samples {
        let noise = Draws::new(Seed(8), Purpose::Sample, step).uniforms(count * 64, -0.5, 0.5);
        let pixel = |i: usize| {
            let (sample, row) = (i / 64, i % 64 / 8);
            if (row < 4) == (sample % 2 == 0) { 0.3 } else { -0.3 }
        };
        let values = noise.iter().enumerate().map(|(i, noise)| noise + pixel(i)).collect();
        Samples::new(values, [1, 8, 8], Some((0..count).map(|i| i % 2).collect())).unwrap()
    }

    #[test]
    fn two_kinds_of_pictures_are_learnt_and_come_back_from_the_cache_the_same() {
        let cache = tempfile::tempdir().unwrap();
        let (seen, fresh) = (halves(0, 400), halves(1, 100));
        let classifier = Classifier::train(&seen, Some(cache.path()), &|_, _| {}).unwrap();
        let logits = classifier.logits(&fresh).unwrap();
        assert!(class_accuracy(&logits, fresh.labels().unwrap()).unwrap() > 0.97);
        let again = Classifier::train(&seen, Some(cache.path()), &|_, _| panic!("it is in the cache")).unwrap();
        assert_eq!(again.logits(&fresh).unwrap(), logits);
        assert_eq!(extract(&again, &fresh, None, &|_, _| {}).unwrap().dim(), HIDDEN);
    }

    #[test]
    fn samples_without_labels_or_of_another_shape_are_refused() {
        let unlabelled = Samples::new(vec![0.0; 128], [1, 8, 8], None).unwrap();
        assert!(Classifier::train(&unlabelled, None, &|_, _| {}).is_err());
        let classifier = Classifier::train(&halves(0, 64), None, &|_, _| {}).unwrap();
        let other = Samples::new(vec![0.0; 162], [1, 9, 9], None).unwrap();
        assert!(classifier.logits(&other).is_err());
        assert!(extract(&classifier, &other, None, &|_, _| {}).is_err());
    }

    /// Minutes of training: `cargo test --release -- --ignored`, with the data.
    #[test]
    #[ignore = "trains for minutes; cargo nextest run --release --workspace --run-ignored only classifier"]
    fn digits_are_told_apart_with_99_percent_accuracy() {
        if std::env::var_os("GANYMEDE_DATA").is_none() {
            eprintln!("skipped: no MNIST under GANYMEDE_DATA");
            return;
        }
        let part = |split| {
            let dataset = open("mnist", &OpenOptions { split, ..OpenOptions::default() }).unwrap();
            Samples::of_dataset(&*dataset, usize::MAX, Seed(0)).unwrap()
        };
        let classifier = Classifier::train(&part(Split::Train), None, &|_, _| {}).unwrap();
        let test = part(Split::Test);
        let logits = classifier.logits(&test).unwrap();
        let accuracy = class_accuracy(&logits, test.labels().unwrap()).unwrap();
        assert!(accuracy >= 0.99, "{accuracy}");
        assert_eq!(predictions(&logits).len(), 10_000);
    }
}
