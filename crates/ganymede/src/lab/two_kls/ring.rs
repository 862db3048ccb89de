//! `ring8` by the library's VAE and by its reverse-KL game, on one generator.
//!
//! ```text
//! p_s = p * N(0, s² I),   q_s = q * N(0, s² I)          q_s by a kernel of that width on 20,000 samples of q
//! KL(q_s‖p_s) ~ mean over x ~ q_s of log q_s - log p_s,     KL(p_s‖q_s) likewise over x ~ p_s
//! ```
//! A generator's own density is not at hand. Blurred by a known kernel it is a mixture that samples give without bias, and
//! the data's stays in closed form; the divergences of the blurred densities are lower bounds of those that are not.

use std::sync::Arc;

use burn::tensor::Device;

use super::super::{Check, Findings, Gaussians, Ink, Plot, Progress, Settings};
use crate::{
    config::Config,
    data::{Dataset, Density, Points, Split, mode_coverage, ring8},
    error::{Error, Result},
    objectives::Objective,
    random::{Draws, Purpose, Seed},
    training::Trainer,
    vae::VaeSettings,
};

const STEPS: u64 = 4000;
const SAMPLES: usize = 20_000;
/// Points that a divergence is the mean over.
const PLACES: usize = 2000;
/// The kernel: five times the width of a mode, a fifteenth of the distance between two.
const BLUR: f64 = 0.05;
const MODES: f64 = 8.0;

const COVERED_REASON: &str = "a mode that holds a hundredth of all samples counts, an eighth is its share";
const SHARPER_REASON: &str = "the VAE's samples have its own noise; the game's have none";

/// What one model came to.
struct Measured {
    forward: f64,
    reverse: f64,
    covered: f64,
    /// The share of samples within three deviations of a mode.
    sharp: f64,
    /// Some samples, for the picture.
    shown: Vec<[f64; 2]>,
}

pub(super) fn compare(
    objective: &'static dyn Objective,
    settings: &Settings,
    progress: &Progress,
    findings: &mut Findings,
) -> Result<()> {
    let cases = [true, false];
    let measured =
        settings.over_cases(&cases, progress, |is_vae, seed| measure(&config(*is_vae, objective, seed), seed))?;
    let [vae, game] = measured.as_slice() else { return Ok(()) };
    let of = |models: &[Measured], value: fn(&Measured) -> f64| models.iter().map(value).collect::<Vec<f64>>();
    findings.checks.extend([
        Check::at_least("ring8, VAE: modes covered", MODES, COVERED_REASON, of(vae, |m| m.covered)),
        Check::at_most(
            "ring8: sharp samples of the VAE less those of the game",
            0.0,
            SHARPER_REASON,
            vae.iter().zip(game).map(|(vae, game)| vae.sharp - game.sharp).collect::<Vec<_>>(),
        ),
        Check::at_most(
            "ring8: KL(q‖p) of the game less that of the VAE",
            0.0,
            "each model is the better one in the direction that it descends",
            vae.iter().zip(game).map(|(vae, game)| game.reverse - vae.reverse).collect::<Vec<_>>(),
        ),
    ]);
    let text = |models: &[Measured], value: fn(&Measured) -> f64| {
        let values: Vec<String> = of(models, value).iter().map(|value| format!("{value:.3}")).collect();
        values.join(", ")
    };
    for (name, models) in [("VAE", vae), ("reverse-KL game", game)] {
        findings.notes.push(format!(
            "ring8, {name}, one number a seed: KL(p‖q) {}; KL(q‖p) {}; modes {}; within three deviations of one {}.",
            text(models, |m| m.forward),
            text(models, |m| m.reverse),
            text(models, |m| m.covered),
            text(models, |m| m.sharp),
        ));
    }
    findings.plots.extend([
        picture("ring-vae", "ring8 by a VAE", vae),
        picture("ring-game", "ring8 by the reverse-KL game", game),
    ]);
    Ok(())
}

/// The same generator, optimizer and number of samples; the likelihood is the one that learns its width.
fn config(is_vae: bool, objective: &dyn Objective, seed: Seed) -> Config {
    let preset = Config {
        data: "ring8".into(),
        network: "mlp".into(),
        objective: objective.name().into(),
        batch: 256,
        steps: STEPS,
        seed,
        ..Config::default()
    };
    let mut config = preset;
    config.generator.rate = 1e-3;
    config.discriminator.rate = 1e-3;
    if is_vae {
        config.generator.beta1 = 0.9;
        config.vae = Some(VaeSettings { likelihood: "gaussian-learned".into(), ..VaeSettings::default() });
    } else {
        (config.generator.beta1, config.discriminator.beta1) = (0.0, 0.0);
    }
    config
}

fn measure(config: &Config, seed: Seed) -> Result<Measured> {
    let dataset = ring8(Split::Train);
    let mut trainer = Trainer::on_dataset(config.clone(), Arc::new(dataset.clone()), Device::flex())?;
    let mut noise = 0.0;
    for _ in 0..STEPS {
        noise = trainer.train_step()?.get("scale").unwrap_or(0.0);
    }
    let seeds: Vec<u64> = (0..(SAMPLES + PLACES) as u64).collect();
    let values: Vec<f64> = trainer.samples(&seeds).into_data().iter::<f64>().collect();
    let normals = Draws::new(seed, Purpose::Metric, 0).normals(values.len());
    let clean = values.as_chunks::<2>().0;
    // what a VAE makes is the decoder's point and the noise of its likelihood
    let noisy: Vec<[f64; 2]> = clean.iter().zip(normals.as_chunks::<2>().0).map(|(x, n)| moved(x, n, noise)).collect();
    let (places, kernels) = clean.split_at(PLACES.min(clean.len()));
    let q = Kernels { centres: kernels.to_vec(), deviation: noise.hypot(BLUR) };
    let Blurred { density: p, deviation, centres } = Blurred::of(&dataset)?;

    let more = Draws::new(seed, Purpose::Metric, 1).normals(2 * PLACES);
    let of_q: Vec<[f64; 2]> =
        places.iter().zip(more.as_chunks::<2>().0).map(|(x, n)| moved(x, n, q.deviation)).collect();
    let draws = &mut Draws::new(seed, Purpose::Metric, 2);
    let of_p: Vec<[f64; 2]> = (0..PLACES)
        .map(|place| {
            let (a, b) = draws.normal_pair();
            moved(&centres[place % centres.len()], &[a, b], deviation)
        })
        .collect();
    let gap = |x: &[f64; 2]| p.log_density(x) - q.log_density(x);
    let mean = |places: &[[f64; 2]], sign: f64| places.iter().map(|x| sign * gap(x)).sum::<f64>() / places.len() as f64;
    let points: Vec<[f32; 2]> = noisy.iter().map(|[x, y]| [*x as f32, *y as f32]).collect();
    let coverage = dataset.density().and_then(|density| mode_coverage(&points, density));
    let coverage = coverage.ok_or_else(|| Error::setting("data", "a density of separate modes", dataset.name()))?;
    Ok(Measured {
        forward: mean(&of_p, 1.0),
        reverse: mean(&of_q, -1.0),
        covered: coverage.covered as f64,
        sharp: coverage.high_quality,
        shown: noisy.into_iter().take(PLACES).collect(),
    })
}

fn moved([x, y]: &[f64; 2], [a, b]: &[f32; 2], deviation: f64) -> [f64; 2] {
    [x + deviation * f64::from(*a), y + deviation * f64::from(*b)]
}

/// The data's density under the blur.
struct Blurred {
    density: Gaussians,
    deviation: f64,
    centres: Vec<[f64; 2]>,
}

impl Blurred {
    fn of(dataset: &Points) -> Result<Self> {
        let modes = dataset.density().and_then(Density::modes);
        let modes = modes.ok_or_else(|| Error::setting("data", "a density of separate modes", dataset.name()))?;
        let centres: Vec<[f64; 2]> = modes.centres.iter().map(|centre| centre.map(f64::from)).collect();
        let deviation = f64::from(modes.deviation).hypot(BLUR);
        let means: Vec<Vec<f64>> = centres.iter().map(|centre| centre.to_vec()).collect();
        Ok(Blurred { density: Gaussians::equal(&means, deviation), deviation, centres })
    }
}

/// A density of equal kernels.
struct Kernels {
    centres: Vec<[f64; 2]>,
    deviation: f64,
}

impl Kernels {
    fn log_density(&self, [x, y]: &[f64; 2]) -> f64 {
        let square = |[a, b]: &[f64; 2]| ((x - a).powi(2) + (y - b).powi(2)) / (2.0 * self.deviation * self.deviation);
        let nearest = self.centres.iter().map(square).fold(f64::INFINITY, f64::min);
        let sum: f64 = self.centres.iter().map(|centre| (nearest - square(centre)).exp()).sum();
        let count = self.centres.len() as f64;
        (sum / count).ln() - nearest - (std::f64::consts::TAU * self.deviation * self.deviation).ln()
    }
}

fn picture(name: &str, title: &str, models: &[Measured]) -> Plot {
    let shown = models.first().map(|model| model.shown.clone()).unwrap_or_default();
    Plot::new(name, title, "x", "y")
        .dots("2,000 samples of the first seed", Ink::Blue, shown)
        .x_range(-1.5, 1.5)
        .y_range(-1.5, 1.5)
        .caption("What a VAE makes is the decoder's point with the noise of its likelihood.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_of_kernels_is_the_mixture_that_it_is() {
        let centres = [[0.0, 0.0], [1.0, -0.5], [0.2, 2.0]];
        let kernels = Kernels { centres: centres.to_vec(), deviation: 0.3 };
        let mixture = Gaussians::equal(&centres.map(|centre| centre.to_vec()), 0.3);
        for x in [[0.1, 0.2], [5.0, -7.0], [1.0, -0.5]] {
            assert!((kernels.log_density(&x) - mixture.log_density(&x)).abs() < 1e-9);
        }
    }
}
