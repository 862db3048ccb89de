//! Pictures that are decoded whenever they are read: a set larger than memory.

use std::sync::Arc;

use super::{container::Container, decode::decode};
use crate::{
    data::{Dataset, check_read, form::Target, image_set::to_unit},
    error::{Error, Result},
};

/// Pictures that stay encoded where they lie.
#[derive(Debug)]
pub struct StreamedSet {
    name: String,
    container: Arc<dyn Container>,
    /// The pictures that can be read.
    indices: Vec<u32>,
    target: Target,
}

impl StreamedSet {
    pub fn new(name: String, container: Arc<dyn Container>, indices: Vec<u32>, target: Target) -> Self {
        StreamedSet { name, container, indices, target }
    }
}

impl Dataset for StreamedSet {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.target.shape()
    }

    fn classes(&self) -> &[String] {
        self.container.classes()
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        check_read(self, index, out)?;
        let picture = self.indices[index] as usize;
        let mut bytes = vec![0; out.len()];
        decode(&*self.container, picture, &self.target, &mut bytes).map_err(|reason| {
            let expected = "the picture that could be read before training began";
            Error::data(self.container.name(picture), expected, reason, "leave the data as they are while it trains")
        })?;
        to_unit(&bytes, out);
        self.label(index)
    }

    fn label(&self, index: usize) -> Result<Option<usize>> {
        let picture = self.indices.get(index).map(|picture| *picture as usize);
        Ok(picture.and_then(|picture| self.container.label(picture)).map(|label| label as usize))
    }
}
