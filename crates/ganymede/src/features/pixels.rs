//! The samples themselves as features: for points of low-dimensional densities, and to check other features against.

use ganymede_ops::inference::Workspace;

use super::{Extractor, Samples};
use crate::error::Result;

#[derive(Debug, Clone, Copy)]
pub struct Pixels;

impl Extractor for Pixels {
    fn name(&self) -> String {
        "pixels".into()
    }

    fn identity(&self) -> String {
        "1".into()
    }

    fn dim(&self, shape: [usize; 3]) -> usize {
        shape.iter().product()
    }

    fn features(&self, samples: &Samples, index: usize, _: &mut Workspace) -> Result<Vec<f32>> {
        Ok(samples.sample(index).to_vec())
    }
}
