//! Data that are changed: moved, scaled, cut short, broken.

use std::sync::Arc;

use crate::{data::Dataset, error::Result};

/// Another set, changed.
#[derive(Debug)]
pub(super) struct Changed {
    inner: Arc<dyn Dataset>,
    shape: [usize; 3],
    /// So many of its samples, from one on.
    start: usize,
    len: usize,
    scale: f32,
    offset: f32,
    /// The sample that holds a NaN.
    broken: Option<usize>,
}

impl Changed {
    /// The set as it is.
    pub fn of(inner: Arc<dyn Dataset>) -> Self {
        let (shape, len) = (inner.shape(), inner.len());
        Changed { inner, shape, start: 0, len, scale: 1.0, offset: 0.0, broken: None }
    }

    /// Every number times `scale` plus `offset`.
    pub fn moved(self, scale: f32, offset: f32) -> Self {
        Changed { scale, offset, ..self }
    }

    /// `len` samples from `start` on.
    pub fn part(self, start: usize, len: usize) -> Self {
        Changed { start, len, ..self }
    }

    /// The first number of each sample alone.
    pub fn line(self) -> Self {
        Changed { shape: [1, 1, 1], ..self }
    }

    /// With a NaN in one sample.
    pub fn broken(self, index: usize) -> Self {
        Changed { broken: Some(index), ..self }
    }

    pub fn shared(self) -> Arc<dyn Dataset> {
        Arc::new(self)
    }
}

impl Dataset for Changed {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn len(&self) -> usize {
        self.len
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        let size: usize = self.inner.shape().iter().product();
        if out.len() == size {
            self.inner.read(self.start + index, out)?;
        } else {
            let mut whole = vec![0.0; size];
            self.inner.read(self.start + index, &mut whole)?;
            out.copy_from_slice(&whole[..out.len()]);
        }
        out.iter_mut().for_each(|value| *value = *value * self.scale + self.offset);
        if self.broken == Some(index) {
            out.iter_mut().take(1).for_each(|value| *value = f32::NAN);
        }
        Ok(None)
    }
}
