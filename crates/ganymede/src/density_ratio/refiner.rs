//! A generator's samples, refined: its instrument, trained once and kept beside the run, and the draws that it accepts.
//!
//! ```text
//! fakes of their own, data -> instrument (cached by the digest of both) -> levels
//! seeds 0, 1, ... -> samples -> log ratios -> kept seeds, until there are as many as asked for
//! ```
//! The samples that the instrument has learnt from are none that it judges.

use std::{path::Path, str::FromStr};

use burn::{module::Module, tensor::Device};

use super::{Acceptance, Instrument, InstrumentOptions, RatioNetwork, RatioReport};
use crate::{
    error::{Error, Result},
    features::{ExtractionProgress, Samples, store::Entry},
    parameters,
    random::Seed,
    sampling::Sampler,
};

/// Samples of either side that the instrument is trained on.
const SAMPLES: usize = 20_000;
/// Generated for that from seeds that nobody else draws.
const FIRST_SEED: u64 = 1 << 40;
/// Proposals are generated this many at a time.
const CHUNK: u64 = 500;
/// Where fewer than one in so many proposals is kept, the generator is too far from the data.
const FEWEST: u64 = 2000;
/// Proposals of a chain of Metropolis and Hastings, where no number is given.
const CHAIN: usize = 100;
const KIND: &str = "ratio";
/// Changes with the network and with how it is trained.
const VERSION: &str = "1";

/// How proposals are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Rejection,
    /// Chains over so many proposals, a chain a sample.
    MetropolisHastings(usize),
}

/// `reject`, `mh` or `mh:STEPS`.
impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            None if text == "reject" => Ok(Method::Rejection),
            None if text == "mh" => Ok(Method::MetropolisHastings(CHAIN)),
            Some(("mh", steps)) => match steps.parse() {
                Ok(steps) if steps > 0 => Ok(Method::MetropolisHastings(steps)),
                _ => Err(Error::setting("refine", "mh:STEPS with a whole number from 1", format!("'{text}'"))),
            },
            _ => Err(Error::unknown_name("way to refine", text, ["reject", "mh"])),
        }
    }
}

/// An instrument that knows one generator.
#[derive(Debug)]
pub struct Refiner {
    instrument: Instrument<RatioNetwork>,
    /// What the instrument says of the generator on held-out samples.
    pub report: RatioReport,
}

/// Seeds whose samples were kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub seeds: Vec<u64>,
    pub proposals: u64,
    /// The share of the proposals that were accepted.
    pub acceptance: f64,
}

impl Refiner {
    /// The instrument of the generator on `real` samples of its data: the one that lies in `cache`, where it was trained on
    /// the same before, else a new one; `progress` hears of its updates.
    ///
    /// # Errors
    /// Those of [`Instrument::train`]; [`Error::Io`] when it cannot be kept.
    pub fn open(sampler: &Sampler, real: &Samples, cache: Option<&Path>, progress: ExtractionProgress) -> Result<Self> {
        let options = InstrumentOptions::default();
        let settings =
            serde_json::to_string(&options).map_err(|error| Error::io("encode", Path::new(KIND))(error.into()))?;
        let key = format!("version {VERSION}, {SAMPLES} samples, {settings}, {} {}", digest(sampler), real.digest());
        let entry = cache.map(|cache| Entry::new(cache, KIND, key));
        let device = Device::flex().autodiff();
        let fresh = || RatioNetwork::new(real.shape(), options.seed, &device);
        if let Some((tensors, note)) = entry.as_ref().and_then(Entry::load_tensors)
            && let Ok(report) = serde_json::from_str::<RatioReport>(&note)
            && let Ok(network) = parameters::load(fresh().no_grad(), KIND, &tensors)
        {
            return Ok(Refiner { instrument: Instrument::of(network, report.calibration, &device), report });
        }
        let seeds: Vec<u64> = (FIRST_SEED..FIRST_SEED + SAMPLES as u64).collect();
        let fake = Samples::of_tensor(sampler.sample(&seeds, None, 1.0)?, None)?;
        let (instrument, report) = Instrument::train(fresh(), real, &fake, options, &device, progress)?;
        if let Some(entry) = entry {
            let note =
                serde_json::to_string(&report).map_err(|error| Error::io("encode", Path::new(KIND))(error.into()))?;
            entry.save_module(instrument.discriminator(), KIND, note)?;
        }
        Ok(Refiner { instrument, report })
    }

    /// How many samples of the data the instrument is trained on, at most.
    pub fn samples() -> usize {
        SAMPLES
    }

    /// The first `n` seeds, from 0 on, whose samples are kept.
    ///
    /// # Errors
    /// [`Error::Measurement`] where hardly any sample is; [`Error::NotFinite`] where the generator gives none.
    pub fn draw(
        &self,
        sampler: &Sampler,
        n: usize,
        method: Method,
        seed: Seed,
        progress: ExtractionProgress,
    ) -> Result<Kept> {
        let mut acceptance = match method {
            Method::Rejection => Acceptance::rejection(self.report.levels.certain, seed),
            Method::MetropolisHastings(steps) => {
                Acceptance::metropolis_hastings(steps, self.report.levels.middle_of_real, seed)?
            }
        };
        let (mut seeds, mut proposals) = (Vec::new(), 0);
        while seeds.len() < n {
            let chunk: Vec<u64> = (proposals..proposals + CHUNK).collect();
            let samples = Samples::of_tensor(sampler.sample(&chunk, None, 1.0)?, None)?;
            for (seed, log_ratio) in chunk.iter().zip(self.instrument.log_ratios(&samples)) {
                seeds.extend(acceptance.propose(*seed, log_ratio).filter(|_| seeds.len() < n));
            }
            proposals += CHUNK;
            progress(seeds.len(), n);
            let of_chain = if let Method::MetropolisHastings(steps) = method { steps as u64 } else { 1 };
            if proposals / of_chain > FEWEST * (seeds.len() as u64 + 1) {
                let got = format!("{} of {proposals} proposals", seeds.len());
                let advice = "train the generator further; it is too far from its data to be refined";
                let expected = format!("a sample kept of {FEWEST} at least");
                return Err(Error::measurement("refinement", expected, got, advice));
            }
        }
        Ok(Kept { seeds, proposals: acceptance.proposals(), acceptance: acceptance.share() })
    }
}

/// BLAKE3 of the generator's tensors.
fn digest(sampler: &Sampler) -> String {
    let mut hasher = blake3::Hasher::new();
    parameters::for_each(&sampler.generator, |name, data| {
        hasher.update(name.as_bytes());
        hasher.update(data.as_bytes());
    });
    hasher.update(format!("{:?}", sampler.config.latent).as_bytes());
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        data::{self, Dataset, Split, mode_coverage},
        training::Trainer,
    };

    #[test]
    fn a_way_to_refine_goes_by_its_name() {
        assert_eq!("reject".parse::<Method>().unwrap(), Method::Rejection);
        assert_eq!("mh".parse::<Method>().unwrap(), Method::MetropolisHastings(CHAIN));
        assert_eq!("mh:7".parse::<Method>().unwrap(), Method::MetropolisHastings(7));
        for text in ["mh:0", "mh:x", "rejct", "reject:3"] {
            assert!(text.parse::<Method>().is_err_and(|error| error.is_usage()), "{text}");
        }
    }

    /// A generator of the ring that has not trained to the end puts samples between the modes.
    #[test]
    fn refined_samples_of_a_ring_lie_nearer_to_its_modes_and_the_instrument_is_kept() {
        let config = Config { steps: 400, ..Config::preset("ring8").unwrap() };
        let mut trainer = Trainer::new(config, Device::flex()).unwrap();
        trainer.run(&mut ()).unwrap();
        let sampler = Sampler::new(trainer.checkpoint(), &Device::flex()).unwrap();
        let ring = data::ring8(Split::Train);
        let real = Samples::of_dataset(&ring, Refiner::samples(), Seed(0)).unwrap();
        let cache = tempfile::tempdir().unwrap();
        let refiner = Refiner::open(&sampler, &real, Some(cache.path()), &|_, _| {}).unwrap();
        let again = Refiner::open(&sampler, &real, Some(cache.path()), &|_, _| panic!("it is kept")).unwrap();
        assert_eq!(again.report, refiner.report);
        let high_quality = |seeds: &[u64]| {
            let samples = Samples::of_tensor(sampler.sample(seeds, None, 1.0).unwrap(), None).unwrap();
            mode_coverage(samples.values().as_chunks::<2>().0, ring.density().unwrap()).unwrap().high_quality
        };
        let plain = high_quality(&(0..2000).collect::<Vec<_>>());
        for method in [Method::Rejection, Method::MetropolisHastings(20)] {
            let kept = refiner.draw(&sampler, 1000, method, Seed(0), &|_, _| {}).unwrap();
            assert_eq!(again.draw(&sampler, 1000, method, Seed(0), &|_, _| {}).unwrap(), kept);
            let refined = high_quality(&kept.seeds);
            println!("{method:?}: {plain:.3} -> {refined:.3}, {:.3} accepted", kept.acceptance);
            assert!(
                kept.seeds.len() == 1000 && refined > plain + 0.25 * (1.0 - plain),
                "{method:?}: {plain} -> {refined}"
            );
        }
    }
}
