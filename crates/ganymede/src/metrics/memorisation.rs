//! Whether a generator copies its training data: nearest training neighbours, and the three-sample test of Meehan,
//! Chaudhuri & Dasgupta (2020).
//!
//! ```text
//! d(x) = distance of x to the nearest training sample
//! U    = number of pairs (generated g, held-out t) with d(g) > d(t), ties as halves
//! Z    = (U - n m / 2) / sqrt(n m (n + m + 1) / 12)         Mann-Whitney; standard normal where q = p
//! ```
//! A generator that copies lies nearer to the training samples than fresh samples of the data do: Z far below 0. Far above
//! 0 it underfits.

use serde::Serialize;

use super::{Features, distances};
use crate::error::Result;

const METRIC: &str = "memorisation";

/// The training sample that a sample is nearest to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Neighbour {
    /// Its number in the training set.
    pub index: usize,
    pub distance: f64,
}

/// The outcome of the three-sample test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Memorisation {
    pub z: f64,
    /// How probable a Z as low as this is for a generator that does not copy.
    pub p_value: f64,
    /// The mean distance to the nearest training sample of generated and of held-out samples.
    pub distance_of_generated: f64,
    pub distance_of_held_out: f64,
}

/// The nearest training sample of each sample.
///
/// # Errors
/// [`Error::Measurement`](crate::Error::Measurement) where the dimensions differ or there is no training sample.
pub fn nearest_neighbours(samples: &Features, training: &Features) -> Result<Vec<Neighbour>> {
    Features::check_pair(METRIC, training, samples, 1)?;
    Ok(distances::map_squared(samples, training, |_, distances| {
        let nearest = distances.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        let (index, squared) = nearest.map_or((0, 0.0), |(index, squared)| (index, *squared));
        Neighbour { index, distance: squared.sqrt() }
    }))
}

/// The three-sample test: are generated samples nearer to the training samples than held-out ones are?
///
/// # Errors
/// As [`nearest_neighbours`].
pub fn memorisation(generated: &Features, held_out: &Features, training: &Features) -> Result<Memorisation> {
    let distances = |samples| -> Result<Vec<f64>> {
        Ok(nearest_neighbours(samples, training)?.iter().map(|neighbour| neighbour.distance).collect())
    };
    let (generated, held_out) = (distances(generated)?, distances(held_out)?);
    let z = mann_whitney(&generated, &held_out);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Ok(Memorisation {
        z,
        p_value: 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2),
        distance_of_generated: mean(&generated),
        distance_of_held_out: mean(&held_out),
    })
}

/// The standardised number of pairs in which the first is the greater.
fn mann_whitney(first: &[f64], second: &[f64]) -> f64 {
    let (n, m) = (first.len() as f64, second.len() as f64);
    let mut sorted = second.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let pairs_won = first.iter().map(|value| {
        let below = sorted.partition_point(|other| other < value);
        let not_above = sorted.partition_point(|other| other <= value);
        (below + not_above) as f64 / 2.0
    });
    (pairs_won.sum::<f64>() - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draws, Purpose, Seed};

    fn normals(step: u64, n: usize) -> Features {
        Features::new(Draws::new(Seed(3), Purpose::Sample, step).normals(n * 4), 4).unwrap()
    }

    #[test]
    fn a_copy_of_a_training_sample_finds_it() {
        let training = normals(0, 50);
        let found = nearest_neighbours(&training.select(&[7, 31]), &training).unwrap();
        assert_eq!([found[0].index, found[1].index], [7, 31]);
        assert!(found.iter().all(|neighbour| neighbour.distance < 1e-6));
    }

    #[test]
    fn copies_with_a_little_noise_are_found_out_and_fresh_samples_are_not() {
        let (training, held_out, fresh) = (normals(0, 400), normals(1, 400), normals(2, 400));
        let noise = Draws::new(Seed(3), Purpose::Sample, 9).normals(1600);
        let copies = training.values().iter().zip(noise).map(|(value, noise)| value + 0.05 * noise).collect();
        let copying = memorisation(&Features::new(copies, 4).unwrap(), &held_out, &training).unwrap();
        assert!(copying.z < -5.0 && copying.p_value < 1e-6, "{copying:?}");
        let honest = memorisation(&fresh, &held_out, &training).unwrap();
        assert!(honest.z.abs() < 3.0 && honest.p_value > 1e-3, "{honest:?}");
    }

    #[test]
    fn ties_count_as_halves() {
        assert_eq!(mann_whitney(&[1.0, 1.0], &[1.0, 1.0, 1.0]), 0.0);
    }
}
