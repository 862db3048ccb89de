//! A discriminator trained to convergence on fixed samples.
//!
//! ```text
//! h <- Adam on  E_p[softplus(-h)] + E_q[softplus(h)],  until the loss on held-out samples no longer falls
//! ```

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use super::{Calibration, RatioReport};
use crate::{
    error::{Error, Result},
    features::{ExtractionProgress, Samples},
    networks::{Discriminator, Pass},
    objectives,
    random::{Draws, Purpose, Seed},
    training::{Adam, AdamSettings},
};

const METRIC: &str = "density ratio";
/// Fewer samples than this on either side leave parts too small to say anything.
const FEWEST: usize = 100;
/// Logits are computed this many at a time.
const CHUNK: usize = 256;

/// How a discriminator is trained for measuring.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct InstrumentOptions {
    /// At most this many updates.
    pub steps: u64,
    pub batch: usize,
    /// Updates between two looks at the held-out loss.
    pub check: u64,
    /// Looks without a lower loss after which it has converged.
    pub patience: u64,
    pub rate: f64,
    pub seed: Seed,
}

impl Default for InstrumentOptions {
    fn default() -> Self {
        InstrumentOptions { steps: 4000, batch: 256, check: 100, patience: 8, rate: 1e-3, seed: Seed(0) }
    }
}

/// A discriminator whose calibrated logits are log density ratios.
#[derive(Debug)]
pub struct Instrument<D> {
    discriminator: D,
    pub calibration: Calibration,
    device: Device,
}

/// The samples by what they serve.
struct Parts {
    training: Vec<usize>,
    calibration: Vec<usize>,
    test: Vec<usize>,
}

impl Parts {
    /// 3/5, 1/5 and 1/5 of the samples, by a random order.
    fn new(count: usize, seed: Seed, side: u64) -> Self {
        let order = Draws::new(seed, Purpose::Metric, side).permutation(count);
        let mut order: Vec<usize> = order.into_iter().map(|index| index as usize).collect();
        let test = order.split_off(count * 4 / 5);
        let calibration = order.split_off(count * 3 / 5);
        Parts { training: order, calibration, test }
    }
}

impl<D: Discriminator> Instrument<D> {
    /// Trains `discriminator`, which is fresh and on `device`, to tell `real` samples from `fake` ones, and measures with it;
    /// `progress` hears of the updates done, and of how many there are at most.
    ///
    /// # Errors
    /// [`Error::Measurement`] for too few samples or samples of two shapes; [`Error::NotFinite`] when the training diverges.
    pub fn train(
        discriminator: D,
        real: &Samples,
        fake: &Samples,
        options: InstrumentOptions,
        device: &Device,
        progress: ExtractionProgress,
    ) -> Result<(Self, RatioReport)> {
        if real.shape() != fake.shape() {
            let got = format!("{:?} and {:?}", real.shape(), fake.shape());
            return Err(Error::measurement(METRIC, "samples of one shape", got, "resize one of the two"));
        }
        let fewest = real.count().min(fake.count());
        if fewest < FEWEST {
            let expected = format!("at least {FEWEST} samples of either side");
            return Err(Error::measurement(METRIC, expected, fewest, "take more samples"));
        }
        let device = device.clone().autodiff();
        let parts = [Parts::new(real.count(), options.seed, 0), Parts::new(fake.count(), options.seed, 1)];
        let sides = [(real, &parts[0]), (fake, &parts[1])];
        let discriminator = converge(discriminator, sides, options, &device, progress)?;

        let of = |part: fn(&Parts) -> &Vec<usize>| {
            sides.map(|(samples, parts)| logits(&discriminator, samples, part(parts), &device))
        };
        let [real_logits, fake_logits] = of(|parts| &parts.calibration);
        let calibration = Calibration::fit(&real_logits, &fake_logits);
        let calibrated = |logits: Vec<f64>| -> Vec<f64> { logits.into_iter().map(|h| calibration.apply(h)).collect() };
        let [real_ratios, fake_ratios] = of(|parts| &parts.test).map(calibrated);
        let report = RatioReport::new(&real_ratios, &fake_ratios, &parts[1].test, calibration);
        Ok((Instrument { discriminator, calibration, device }, report))
    }

    /// One that was trained before.
    pub(super) fn of(discriminator: D, calibration: Calibration, device: &Device) -> Self {
        Instrument { discriminator, calibration, device: device.clone() }
    }

    pub(super) fn discriminator(&self) -> &D {
        &self.discriminator
    }

    /// `log p(x)/q(x)` of every sample.
    pub fn log_ratios(&self, samples: &Samples) -> Vec<f64> {
        let all: Vec<usize> = (0..samples.count()).collect();
        let logits = logits(&self.discriminator, samples, &all, &self.device);
        logits.into_iter().map(|h| self.calibration.apply(h)).collect()
    }
}

/// The discriminator at its lowest held-out loss, its parameters frozen.
fn converge<D: Discriminator>(
    mut discriminator: D,
    sides: [(&Samples, &Parts); 2],
    options: InstrumentOptions,
    device: &Device,
    progress: ExtractionProgress,
) -> Result<D> {
    let objective = objectives::by_name("non-saturating")?;
    let settings = AdamSettings { rate: options.rate, beta1: 0.9, beta2: 0.999, ..AdamSettings::default() };
    let mut adam = Adam::new(settings);
    let mut best = discriminator.clone().no_grad();
    let (mut lowest, mut looks) = (f64::INFINITY, 0);
    for step in 0..options.steps {
        discriminator.before_update();
        let mut draws = Draws::new(options.seed, Purpose::Order, step);
        let pass = Pass::train();
        let [real, fake] = sides.map(|(samples, parts)| {
            let training = &parts.training;
            let chosen: Vec<usize> = (0..options.batch).map(|_| training[draws.below(training.len())]).collect();
            discriminator.forward(batch(samples, &chosen, device).into(), &pass).value
        });
        let gradients = objective.discriminator(real, fake).total().backward();
        let left = 1.0 - step as f64 / options.steps as f64;
        let (updated, not_finite) = adam.step(discriminator, gradients, left);
        discriminator = updated;
        if let Some(tensor) = not_finite {
            return Err(Error::not_finite(step, format!("the discriminator's {tensor}"), f64::NAN));
        }
        progress(step as usize + 1, options.steps as usize);
        if (step + 1).is_multiple_of(options.check) {
            let frozen = discriminator.clone().no_grad();
            let [real, fake] = sides.map(|(samples, parts)| logits(&frozen, samples, &parts.calibration, device));
            let loss = Calibration { slope: 1.0, shift: 0.0 }.loss(&real, &fake);
            looks += 1;
            if loss < lowest {
                (lowest, best, looks) = (loss, frozen, 0);
            } else if looks >= options.patience {
                break;
            }
        }
    }
    Ok(best)
}

fn logits(discriminator: &impl Discriminator, samples: &Samples, indices: &[usize], device: &Device) -> Vec<f64> {
    let of = |chunk: &[usize]| {
        let x = batch(samples, chunk, device);
        discriminator.forward(x.into(), &Pass::eval()).value.into_data().iter::<f64>().collect::<Vec<_>>()
    };
    indices.chunks(CHUNK).flat_map(of).collect()
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
        layers::{Initializer, WeightScale},
        networks::MlpDiscriminator,
    };

    fn gaussian(step: u64, mean: f32, count: usize) -> Samples {
        let normals = Draws::new(Seed(4), Purpose::Sample, step).normals(count * 2);
        let shifted = normals.iter().enumerate().map(|(i, normal)| if i % 2 == 0 { normal + mean } else { *normal });
        Samples::new(shifted.collect(), [2, 1, 1], None).unwrap()
    }

    fn discriminator() -> MlpDiscriminator {
        let device = Device::flex().autodiff();
        let scale = WeightScale::He(0.2);
        let init = &mut Initializer::new(Seed(0), Purpose::InstrumentWeights, scale, &device);
        MlpDiscriminator::new([2, 1, 1], 64, 2, init)
    }

    /// KL(N(m, I)‖N(0, I)) = m^2/2; the JSD is the integral of
    ///
    /// ```text
    /// from scipy.integrate import quad; from scipy.stats import norm; from numpy import log
    /// p, q = norm(0).pdf, norm(2).pdf
    /// quad(lambda x: p(x)*log(2*p(x)/(p(x)+q(x)))/2 + q(x)*log(2*q(x)/(p(x)+q(x)))/2, -12, 14)    # 0.336831, for 1 0.111421, for sqrt(6) 0.431909
    /// ```
    #[test]
    fn the_divergences_of_pairs_of_gaussians_are_those_of_the_closed_form_within_5_percent() {
        for (mean, jsd) in [(1.0, 0.111_421), (2.0, 0.336_831), (6f32.sqrt(), 0.431_909)] {
            let (real, fake) = (gaussian(0, 0.0, 40_000), gaussian(1, mean, 40_000));
            let options = InstrumentOptions::default();
            let (instrument, report) =
                Instrument::train(discriminator(), &real, &fake, options, &Device::flex(), &|_, _| {}).unwrap();
            let kl = f64::from(mean * mean) / 2.0;
            println!("KL {kl:.3}: {:.4}, JSD {jsd}: {:.4}", report.kl, report.jsd);
            assert!((report.kl - kl).abs() < 0.05 * kl, "KL {kl}: {report:?}");
            assert!((report.jsd - jsd).abs() < 0.05 * jsd, "JSD {jsd}: {report:?}");
            assert!(report.calibration_error < 0.02 && report.p_value < 1e-6, "{report:?}");
            // log p/q = (x - m)^2/2 - x^2/2 = m^2/2 - m x
            let at = Samples::new(vec![0.0, 0.0, mean / 2.0, 0.0, mean, 0.5], [2, 1, 1], None).unwrap();
            for (got, expected) in instrument.log_ratios(&at).into_iter().zip([kl, 0.0, -kl]) {
                assert!((got - expected).abs() < 0.25, "expected {expected}, got {got}");
            }
        }
    }

    #[test]
    fn two_samples_of_one_distribution_are_not_told_apart() {
        let (real, fake) = (gaussian(2, 0.0, 4000), gaussian(3, 0.0, 4000));
        let options = InstrumentOptions { steps: 500, ..InstrumentOptions::default() };
        let (_, report) =
            Instrument::train(discriminator(), &real, &fake, options, &Device::flex(), &|_, _| {}).unwrap();
        assert!(report.p_value > 0.01 && report.kl.abs() < 0.05 && report.jsd < 0.01, "{report:?}");
    }

    #[test]
    fn too_few_samples_and_two_shapes_are_refused() {
        let (few, many) = (gaussian(0, 0.0, 99), gaussian(0, 0.0, 200));
        let other = Samples::new(vec![0.0; 300], [3, 1, 1], None).unwrap();
        let train = |real: &Samples, fake: &Samples| {
            Instrument::train(discriminator(), real, fake, InstrumentOptions::default(), &Device::flex(), &|_, _| {})
                .map(|_| ())
        };
        assert!(train(&few, &many).is_err());
        assert!(train(&many, &other).is_err());
    }
}
