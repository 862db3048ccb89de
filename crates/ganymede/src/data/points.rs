//! Points of the plane drawn from a known density: sample i is a pure function of i.
//!
//! A point is a sample [2, 1, 1]. It has no class.

use super::{Dataset, Density, Mixture, Split, check_read};
use crate::{
    error::Result,
    random::{Draws, Purpose, Seed},
};

/// A 2-D density as a data set.
#[derive(Debug, Clone)]
pub struct Points {
    name: &'static str,
    mixture: Mixture,
    /// The place on the curve, or the centre, to which the noise is added.
    place: fn(&mut Draws) -> [f64; 2],
    deviation: f64,
    indices: std::ops::Range<u64>,
}

impl Points {
    pub(super) fn new(
        name: &'static str,
        mixture: Mixture,
        place: fn(&mut Draws) -> [f64; 2],
        deviation: f64,
        split: Split,
    ) -> Self {
        Points { name, mixture, place, deviation, indices: split.indices() }
    }

    /// The density, point by point.
    pub fn mixture(&self) -> &Mixture {
        &self.mixture
    }
}

impl Dataset for Points {
    fn name(&self) -> &str {
        self.name
    }

    fn len(&self) -> usize {
        (self.indices.end - self.indices.start) as usize
    }

    fn shape(&self) -> [usize; 3] {
        [2, 1, 1]
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        check_read(self, index, out)?;
        // the data are one fixed set, whatever the seed of the run
        let mut draws = Draws::new(Seed(0), Purpose::Data, self.indices.start + index as u64);
        let [x, y] = (self.place)(&mut draws);
        let (dx, dy) = draws.normal_pair();
        out[0] = (x + self.deviation * f64::from(dx)) as f32;
        out[1] = (y + self.deviation * f64::from(dy)) as f32;
        Ok(None)
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(&self.mixture)
    }
}
