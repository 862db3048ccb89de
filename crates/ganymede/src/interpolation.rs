//! Walks between samples: from latent to latent along the sphere, from class to class along what was learnt of both.
//!
//! ```text
//! slerp(a, b, t) = sin((1 - t) w) / sin w  a  +  sin(t w) / sin w  b,      w the angle between a and b
//! ```
//! The straight line between two normal latents passes through lengths that no latent has; the arc does not (White 2016).
//! Uniform latents lie in a cube, and there the straight line is the way. Between classes the rows of the label, those of an
//! embedding or of the batch norms, are mixed in the shares 1 - t and t.

use burn::tensor::{Tensor, TensorData};

use crate::{
    error::{Error, Result},
    networks::{Blend, Generator, Pass},
    sampling::{CHUNK, Sampler, latents},
    training::{Latent, check_labels},
};

/// Vectors nearer to one line than this are joined by it: the arc between them has no direction.
const PARALLEL: f64 = 1e-6;

/// A place that a walk passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    pub seed: u64,
    /// Where the model takes labels.
    pub class: Option<usize>,
}

/// The point at `share` of the way from `a` to `b` along the sphere; lengths that differ change evenly with it.
pub fn slerp(a: &[f32], b: &[f32], share: f64) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let (from, to) = if angle.is_nan() || angle.sin() < PARALLEL {
        (1.0 - share, share)
    } else {
        (((1.0 - share) * angle).sin() / angle.sin(), (share * angle).sin() / angle.sin())
    };
    a.iter().zip(b).map(|(a, b)| (from * f64::from(*a) + to * f64::from(*b)) as f32).collect()
}

impl Sampler {
    /// The samples on the way from each stop to the next, at the `shares` of each way, in order.
    ///
    /// # Shapes
    /// -> [(stops - 1) shares, C, H, W].
    ///
    /// # Errors
    /// [`Error::Setting`] for fewer than two stops, no shares, or stops without a class of the model where it has classes.
    pub fn walk(&self, stops: &[Stop], shares: &[f64], truncation: f64) -> Result<Tensor<4>> {
        if stops.len() < 2 || shares.is_empty() {
            let got = format!("{} stops and {} steps", stops.len(), shares.len());
            return Err(Error::setting("interpolate", "two stops or more and a step between them", got));
        }
        let labels: Vec<usize> = stops.iter().filter_map(|stop| stop.class).collect();
        match self.classes() {
            Some(classes) => check_labels(&labels, stops.len(), classes)?,
            None if labels.is_empty() => {}
            None => return Err(Error::setting("labels", "none: this model has no classes", "some")),
        }
        let size = self.generator.latent_size();
        let seeds: Vec<u64> = stops.iter().map(|stop| stop.seed).collect();
        let z = latents(self.config.latent, &seeds, size, &self.device) * truncation;
        let z: Vec<f32> = z.into_data().iter::<f32>().collect();
        let z = |stop: usize| &z[stop * size..(stop + 1) * size];
        let places: Vec<(usize, f64)> =
            (0..stops.len() - 1).flat_map(|way| shares.iter().map(move |share| (way, *share))).collect();
        let chunks = places.chunks(CHUNK).map(|places| {
            let between = |(way, share): &(usize, f64)| match self.config.latent {
                Latent::Normal => slerp(z(*way), z(way + 1), *share),
                Latent::Uniform => lerp(z(*way), z(way + 1), *share),
            };
            let values: Vec<f32> = places.iter().flat_map(between).collect();
            let z = Tensor::from_data(TensorData::new(values, [places.len(), size]), &self.device);
            let class = |next: usize| -> Vec<usize> {
                places.iter().filter_map(|(way, _)| labels.get(way + next).copied()).collect()
            };
            let (own, towards) = (class(0), class(1));
            let shares: Vec<f32> = places.iter().map(|(_, share)| *share as f32).collect();
            let pass = match labels.is_empty() {
                true => Pass::eval(),
                false => {
                    let blend = Blend { towards: &towards, shares: &shares };
                    Pass::eval().with_labels(Some(&own)).with_blend(blend)
                }
            };
            self.generator.forward(z, &pass).without_autodiff()
        });
        Ok(Tensor::cat(chunks.collect(), 0))
    }
}

fn lerp(a: &[f32], b: &[f32], share: f64) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| ((1.0 - share) * f64::from(*a) + share * f64::from(*b)) as f32).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::{Config, networks::Conditional, testing::values, training::Trainer};

    #[test]
    fn the_arc_keeps_the_length_and_turns_evenly() {
        let (a, b) = ([3.0, 0.0], [0.0, 3.0]);
        for step in 0..=4 {
            let share = f64::from(step) / 4.0;
            let point = slerp(&a, &b, share);
            let angle = f64::from(point[1]).atan2(f64::from(point[0]));
            assert!((angle - share * std::f64::consts::FRAC_PI_2).abs() < 1e-6, "{point:?}");
            assert!((f64::from(point[0].hypot(point[1])) - 3.0).abs() < 1e-6, "{point:?}");
        }
    }

    #[test]
    fn vectors_on_one_line_are_joined_by_it() {
        assert_eq!(slerp(&[1.0, 2.0], &[2.0, 4.0], 0.5), [1.5, 3.0]);
        assert_eq!(slerp(&[1.0, 0.0], &[-1.0, 0.0], 0.25), [0.5, 0.0]);
        assert_eq!(slerp(&[0.0, 0.0], &[2.0, 0.0], 0.5), [1.0, 0.0]);
    }

    fn sampler(conditional: bool) -> Sampler {
        let conditional = conditional.then(Conditional::default);
        let config = Config { conditional, batch: 4, ..Config::default() };
        let mut trainer = Trainer::new(config, Device::flex()).unwrap();
        trainer.train_step().unwrap();
        Sampler::new(trainer.checkpoint(), &Device::flex()).unwrap()
    }

    #[test]
    fn a_walk_begins_and_ends_at_its_stops() {
        let sampler = sampler(true);
        let stop = |seed, class| Stop { seed, class: Some(class) };
        let walk = sampler.walk(&[stop(3, 1), stop(4, 7), stop(4, 2)], &[0.0, 0.5, 1.0], 1.0).unwrap();
        assert_eq!(walk.dims(), [6, 1, 28, 28]);
        let image = |index: usize| values(walk.clone().narrow(0, index, 1));
        let expected = sampler.sample(&[3, 4, 4], Some(&[1, 7, 2]), 1.0).unwrap();
        for (index, stop) in [(0, 0), (2, 1), (3, 1), (5, 2)] {
            let expected = values(expected.clone().narrow(0, stop, 1));
            let far = image(index).iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(far < 1e-5, "image {index}: {far}");
        }
        assert!(image(1) != image(0) && image(1) != image(2));
    }

    #[test]
    fn walks_that_lead_nowhere_are_refused() {
        let sampler = sampler(false);
        let stop = |class| Stop { seed: 0, class };
        for (stops, shares) in [
            (vec![stop(None)], vec![0.5]),
            (vec![stop(None), stop(None)], vec![]),
            (vec![stop(Some(0)), stop(Some(1))], vec![0.5]),
        ] {
            assert!(sampler.walk(&stops, &shares, 1.0).is_err_and(|error| error.is_usage()), "{stops:?}");
        }
    }
}
