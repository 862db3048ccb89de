//! Batches of a dataset in a shuffled order that is a pure function of the seed.
//!
//! ```text
//! batch k holds samples k·B .. (k+1)·B of the sequence  epoch 0, epoch 1, ...;  each epoch a permutation of the data
//! ```
//! Balanced, position k is of class k mod K, each class in its own shuffled order.
//! So batch `k` is the same whenever it is asked for, and a resumed run goes on with the sample that would have come next.

use std::sync::{Arc, Mutex};

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::{ClassIndex, Dataset};
use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
    training::{Batch, Source},
};

/// Shuffled batches of a dataset.
#[derive(Debug)]
pub struct Loader {
    dataset: Arc<dyn Dataset>,
    batch: usize,
    seed: Seed,
    device: Device,
    /// Where every class is to be shown equally often.
    balanced: Option<ClassIndex>,
    /// The last epoch's number and order. A cache: it changes nothing but the time.
    order: Mutex<Option<(u64, Arc<Vec<u32>>)>>,
}

impl Loader {
    /// # Errors
    /// [`Error::Setting`] where the batch is empty or larger than the dataset.
    pub fn new(dataset: Arc<dyn Dataset>, batch: usize, seed: Seed, device: &Device) -> Result<Self> {
        if batch == 0 || batch > dataset.len() {
            let expected = format!("1..={} samples, as many as '{}' has", dataset.len(), dataset.name());
            return Err(Error::setting("batch", expected, batch));
        }
        if u32::try_from(dataset.len()).is_err() {
            return Err(Error::setting("data", format!("at most {} samples", u32::MAX), dataset.len()));
        }
        Ok(Loader { dataset, batch, seed, device: device.clone(), balanced: None, order: Mutex::new(None) })
    }

    /// With every class shown equally often.
    pub fn balanced(self, classes: ClassIndex) -> Self {
        Loader { balanced: Some(classes), ..self }
    }

    pub fn dataset(&self) -> &dyn Dataset {
        &*self.dataset
    }

    pub(crate) fn shared(&self) -> &Arc<dyn Dataset> {
        &self.dataset
    }

    /// The index in the dataset of the sample at `position` of the endless sequence.
    fn index(&self, position: u64) -> usize {
        if let Some(classes) = &self.balanced {
            return classes.balanced(position, self.seed);
        }
        let n = self.dataset.len() as u64;
        self.epoch(position / n)[(position % n) as usize] as usize
    }

    fn epoch(&self, epoch: u64) -> Arc<Vec<u32>> {
        let mut order = self.order.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &*order {
            Some((known, order)) if *known == epoch => Arc::clone(order),
            _ => {
                let permutation = Draws::new(self.seed, Purpose::Order, epoch).permutation(self.dataset.len());
                let permutation = Arc::new(permutation);
                *order = Some((epoch, Arc::clone(&permutation)));
                permutation
            }
        }
    }
}

impl Source for Loader {
    fn batch(&self, ordinal: u64) -> Result<Batch> {
        let [c, h, w] = self.dataset.shape();
        let start = ordinal * self.batch as u64;
        let indices: Vec<usize> = (start..start + self.batch as u64).map(|position| self.index(position)).collect();
        let mut values = vec![0.0; self.batch * c * h * w];
        let labels: Vec<Option<usize>> = values
            .par_chunks_mut(c * h * w)
            .zip(indices)
            .map(|(out, index)| self.dataset.read(index, out))
            .collect::<Result<_>>()?;
        Ok(Batch {
            images: Tensor::from_data(TensorData::new(values, [self.batch, c, h, w]), &self.device),
            labels: labels.into_iter().collect(),
        })
    }
}
