//! The training samples that a sample is nearest to: whether a generator makes something of its own, or what it was shown.
//!
//! ```text
//! d(x, y) = sqrt(mean_i (x_i - y_i)^2)         over the numbers of a sample; 0 is the same, 2 is black against white
//! ```
//! Distances of pixels find copies, and copies that are a little darker or blurred; one that is shifted or mirrored is far from
//! its original.

use rayon::prelude::*;

use crate::{
    data::Dataset,
    error::{Error, Result},
    features::Samples,
};

/// A sample of the data, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    pub index: usize,
    pub distance: f64,
}

/// The `count` samples of the data that are nearest to each of `samples`, the nearest first; of equally near ones those of the
/// lower numbers. The data are read once, and not held.
///
/// # Errors
/// [`Error::Setting`] for none or more than there are, [`Error::Shape`] for data of another shape, and where a sample cannot be
/// read.
pub fn nearest(samples: &Samples, dataset: &dyn Dataset, count: usize) -> Result<Vec<Vec<Neighbour>>> {
    if !(1..=dataset.len()).contains(&count) {
        let expected = format!("1 to {}, the samples of '{}'", dataset.len(), dataset.name());
        return Err(Error::setting("neighbours", expected, count));
    }
    if dataset.shape() != samples.shape() {
        let expected = format!("data of {:?}, as the samples are", samples.shape());
        return Err(Error::Shape { operation: "nearest", expected, got: dataset.shape().to_vec() });
    }
    let size: usize = dataset.shape().iter().product();
    let none = || vec![Vec::with_capacity(count + 1); samples.count()];
    (0..dataset.len())
        .into_par_iter()
        .try_fold(
            || (vec![0.0; size], none()),
            |(mut real, mut found), index| {
                dataset.read(index, &mut real)?;
                for (sample, found) in found.iter_mut().enumerate() {
                    insert(found, Neighbour { index, distance: distance(samples.sample(sample), &real) }, count);
                }
                Ok((real, found))
            },
        )
        .map(|folded| folded.map(|(_, found)| found))
        .try_reduce(none, |mut left, right| {
            for (left, right) in left.iter_mut().zip(right) {
                right.into_iter().for_each(|neighbour| insert(left, neighbour, count));
            }
            Ok(left)
        })
}

/// Puts a neighbour at its place, and takes the last one away where there are too many.
fn insert(found: &mut Vec<Neighbour>, new: Neighbour, count: usize) {
    let before = |old: &Neighbour| old.distance.total_cmp(&new.distance).then(old.index.cmp(&new.index)).is_lt();
    let place = found.partition_point(before);
    if place < count {
        found.insert(place, new);
        found.truncate(count);
    }
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    // eight sums beside each other, which the compiler keeps in one register
    let mut sums = [0.0f32; 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| (a - b) * (a - b)).sum();
    for (a, b) in left.zip(right) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b) * (a - b);
        }
    }
    ((f64::from(rest) + sums.into_iter().map(f64::from).sum::<f64>()) / a.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Form, OpenOptions, Size, open};

    fn shapes() -> std::sync::Arc<dyn Dataset> {
        let form = Form { size: Some(Size::square(8)), ..Form::default() };
        open("shapes", &OpenOptions { form, ..OpenOptions::default() }).unwrap()
    }

    #[test]
    fn a_copy_finds_its_original_and_the_others_in_the_order_of_a_full_sort() {
        let data = shapes();
        let mut image = vec![0.0; 64];
        data.read(41, &mut image).unwrap();
        image[0] += 0.08;
        let samples = Samples::new(image.clone(), [1, 8, 8], None).unwrap();
        let found = nearest(&samples, &*data, 5).unwrap().remove(0);
        assert_eq!(found[0].index, 41);
        assert!((found[0].distance - 0.01).abs() < 1e-6, "{found:?}");
        let mut other = vec![0.0; 64];
        let mut all: Vec<(f64, usize)> = (0..data.len())
            .map(|index| {
                data.read(index, &mut other).unwrap();
                let sum: f64 = image.iter().zip(&other).map(|(a, b)| f64::from(a - b).powi(2)).sum();
                ((sum / 64.0).sqrt(), index)
            })
            .collect();
        all.sort_by(|a, b| a.partial_cmp(b).unwrap());
        for (found, (distance, _)) in found.iter().zip(all) {
            assert!((found.distance - distance).abs() < 1e-6, "{found:?}: {distance}");
        }
    }

    #[test]
    fn equally_near_ones_come_in_the_order_of_their_numbers() {
        let mut found = Vec::new();
        for (index, distance) in [(7, 1.0), (3, 1.0), (9, 0.5), (1, 2.0), (5, 1.0)] {
            insert(&mut found, Neighbour { index, distance }, 3);
        }
        assert_eq!(found.iter().map(|neighbour| neighbour.index).collect::<Vec<_>>(), [9, 3, 5]);
    }

    #[test]
    fn numbers_and_shapes_that_do_not_fit_are_refused() {
        let data = shapes();
        let samples = |shape: [usize; 3]| Samples::new(vec![0.0; shape.iter().product()], shape, None).unwrap();
        for count in [0, data.len() + 1] {
            assert!(nearest(&samples([1, 8, 8]), &*data, count).unwrap_err().is_usage());
        }
        assert!(matches!(nearest(&samples([1, 4, 4]), &*data, 1), Err(Error::Shape { .. })));
    }
}
