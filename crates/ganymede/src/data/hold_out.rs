//! A part of the data that no training sees.
//!
//! ```text
//! held out    the first ceil(share n) of a permutation of the n samples that is the same for every run
//! ```
//! It is taken before mirror images are made, so that no image is held out whose mirror image is trained on.

use std::sync::Arc;

use super::{Dataset, Split};
use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
};

/// The share of the samples that may be held out.
const MOST: f64 = 0.5;

/// The samples of one part of a set.
#[derive(Debug)]
pub(super) struct Part {
    set: Arc<dyn Dataset>,
    indices: Vec<u32>,
}

impl Part {
    /// What is trained on, or what is held out of it.
    ///
    /// # Errors
    /// [`Error::Setting`] for a share that is none, or leaves a part empty.
    pub fn of(set: Arc<dyn Dataset>, share: f64, split: Split) -> Result<Self> {
        check_share(share)?;
        let held_out = (share * set.len() as f64).ceil() as usize;
        if held_out >= set.len() {
            let expected = format!("less than all of the {} samples of '{}'", set.len(), set.name());
            return Err(Error::setting("hold-out", expected, share));
        }
        let mut order = Draws::new(Seed(0), Purpose::Order, u64::MAX).permutation(set.len());
        let mut indices = match split {
            Split::Test => order.drain(..held_out).collect(),
            Split::Train => order.split_off(held_out),
        };
        // in the order of the files, which read-ahead likes
        indices.sort_unstable();
        Ok(Part { set, indices })
    }

    /// Where sample `index` is in the whole set.
    fn at(&self, index: usize) -> Result<usize> {
        let out_of_range = || Error::setting("index", format!("below {}", self.indices.len()), index);
        self.indices.get(index).map(|at| *at as usize).ok_or_else(out_of_range)
    }
}

/// # Errors
/// [`Error::Setting`] for a share outside (0, 0.5].
pub(crate) fn check_share(share: f64) -> Result<()> {
    match share > 0.0 && share <= MOST {
        true => Ok(()),
        false => Err(Error::setting("hold-out", format!("a share above 0 and up to {MOST}"), share)),
    }
}

impl Dataset for Part {
    fn name(&self) -> &str {
        self.set.name()
    }

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.set.shape()
    }

    fn classes(&self) -> &[String] {
        self.set.classes()
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        self.set.read(self.at(index)?, out)
    }

    fn label(&self, index: usize) -> Result<Option<usize>> {
        self.set.label(self.at(index)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ring8;

    #[test]
    fn the_two_parts_are_the_whole_and_share_no_sample() {
        let whole: Arc<dyn Dataset> = Arc::new(ring8(Split::Train));
        let [train, test] = [Split::Train, Split::Test].map(|split| Part::of(whole.clone(), 0.1, split).unwrap());
        assert_eq!(test.len(), whole.len().div_ceil(10));
        let mut all = [train.indices.clone(), test.indices.clone()].concat();
        all.sort_unstable();
        assert!(all.iter().enumerate().all(|(at, index)| at == *index as usize) && all.len() == whole.len());
        let (mut own, mut same) = ([0.0; 2], [0.0; 2]);
        assert_eq!(test.read(3, &mut own).unwrap(), whole.read(test.at(3).unwrap(), &mut same).unwrap());
        assert_eq!((own, test.label(3).unwrap()), (same, whole.label(test.at(3).unwrap()).unwrap()));
        assert!(test.read(test.len(), &mut own).is_err());
    }

    #[test]
    fn shares_that_leave_nothing_are_refused() {
        let whole: Arc<dyn Dataset> = Arc::new(ring8(Split::Train));
        for share in [0.0, -0.1, 0.6, 1.0, f64::NAN] {
            let error = Part::of(whole.clone(), share, Split::Train).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains("hold-out"), "{share}: {error}");
        }
    }
}
