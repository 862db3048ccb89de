//! Data that cost nothing to read, so that a measurement is one of the training.

use crate::{
    data::Dataset,
    error::Result,
    random::{Draws, Purpose, Seed},
};

/// Samples of uniform noise in [-1, 1], held in memory.
#[derive(Debug)]
pub struct Synthetic {
    shape: [usize; 3],
    values: Vec<f32>,
}

impl Synthetic {
    /// `count` samples of `shape` [C, H, W], always the same.
    pub fn new(shape: [usize; 3], count: usize) -> Self {
        let size: usize = shape.iter().product();
        let values = Draws::new(Seed(0), Purpose::Data, 0).uniforms(count * size, -1.0, 1.0);
        Synthetic { shape, values }
    }

    fn sample_size(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Dataset for Synthetic {
    fn name(&self) -> &str {
        "synthetic"
    }

    fn len(&self) -> usize {
        self.values.len() / self.sample_size()
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        let size = self.sample_size();
        out.copy_from_slice(&self.values[index * size..(index + 1) * size]);
        Ok(None)
    }
}
