//! Batches of a dataset in a shuffled order that is a pure function of the seed.
//!
//! ```text
//! batch k holds samples k·B .. (k+1)·B of the sequence  epoch 0, epoch 1, ...;  each epoch a permutation of the data
//! ```
//! Balanced, position k is of class k mod K, each class in its own shuffled order.
//! So batch `k` is the same whenever it is asked for, and a resumed run goes on with the sample that would have come next.
//! Threads of their own read the next batches while a step goes on.

use std::{
    ops::Range,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use burn::tensor::{Device, Tensor, TensorData};

use super::{ClassIndex, Dataset, read_ahead::ReadAhead};
use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
    training::{Batch, Source},
};

/// No more threads than this read ahead.
const MOST_THREADS: usize = 4;
/// The bytes of the batches that are read ahead; at least one is.
const AHEAD_BYTES: usize = 64 << 20;

/// Shuffled batches of a dataset.
#[derive(Debug)]
pub struct Loader {
    sequence: Arc<Sequence>,
    ahead: ReadAhead<Result<Samples>>,
    device: Device,
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
        Ok(Self::of(Sequence { dataset, batch, seed, balanced: None, orders: Mutex::default() }, device))
    }

    fn of(sequence: Sequence, device: &Device) -> Self {
        let size = sequence.batch * sequence.dataset.shape().iter().product::<usize>() * size_of::<f32>();
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let ahead = (AHEAD_BYTES / size.max(1)).clamp(1, 2 * threads);
        let sequence = Arc::new(sequence);
        let read = Arc::clone(&sequence);
        let ahead = ReadAhead::new(threads.min(ahead), ahead, Box::new(move |ordinal| read.samples(ordinal)));
        Loader { sequence, ahead, device: device.clone() }
    }

    /// With every class shown equally often.
    pub fn balanced(self, classes: ClassIndex) -> Self {
        let Sequence { dataset, batch, seed, .. } = &*self.sequence;
        let dataset = Arc::clone(dataset);
        let sequence =
            Sequence { dataset, batch: *batch, seed: *seed, balanced: Some(classes), orders: Mutex::default() };
        Self::of(sequence, &self.device)
    }

    pub fn dataset(&self) -> &dyn Dataset {
        &*self.sequence.dataset
    }

    /// How long batches were waited for since this was last asked.
    pub(crate) fn waited(&self) -> Duration {
        self.ahead.waited()
    }

    pub(crate) fn shared(&self) -> &Arc<dyn Dataset> {
        &self.sequence.dataset
    }
}

/// The samples of a batch as numbers.
struct Samples {
    values: Vec<f32>,
    labels: Option<Vec<usize>>,
}

/// The endless sequence that batches are cut from.
#[derive(Debug)]
struct Sequence {
    dataset: Arc<dyn Dataset>,
    batch: usize,
    seed: Seed,
    /// Where every class is to be shown equally often.
    balanced: Option<ClassIndex>,
    /// The last epochs and their orders, the newest last. A cache: it changes nothing but the time.
    orders: Mutex<Vec<(u64, Arc<Vec<u32>>)>>,
}

impl Sequence {
    fn samples(&self, ordinal: u64) -> Result<Samples> {
        let size = self.dataset.shape().iter().product();
        let start = ordinal * self.batch as u64;
        let mut values = vec![0.0; self.batch * size];
        let read = |(index, out): (usize, &mut [f32])| self.dataset.read(index, out);
        let indices = self.indices(start..start + self.batch as u64).into_iter();
        let labels: Vec<Option<usize>> = indices.zip(values.chunks_exact_mut(size)).map(read).collect::<Result<_>>()?;
        Ok(Samples { values, labels: labels.into_iter().collect() })
    }

    /// The indices in the dataset of the samples at some positions of the endless sequence.
    fn indices(&self, positions: Range<u64>) -> Vec<usize> {
        if let Some(classes) = &self.balanced {
            return positions.map(|position| classes.balanced(position, self.seed)).collect();
        }
        let n = self.dataset.len() as u64;
        let mut order = self.order(positions.start / n);
        let index = |position: u64| {
            if position.is_multiple_of(n) {
                order = self.order(position / n);
            }
            order[(position % n) as usize] as usize
        };
        positions.map(index).collect()
    }

    fn order(&self, epoch: u64) -> Arc<Vec<u32>> {
        let mut orders = self.orders.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, order)) = orders.iter().find(|(known, _)| *known == epoch) {
            return Arc::clone(order);
        }
        let order = Arc::new(Draws::new(self.seed, Purpose::Order, epoch).permutation(self.dataset.len()));
        // threads that read ahead may be an epoch apart
        if orders.len() == 2 {
            orders.remove(0);
        }
        orders.push((epoch, Arc::clone(&order)));
        order
    }
}

impl Source for Loader {
    fn batch(&self, ordinal: u64) -> Result<Batch> {
        let [c, h, w] = self.dataset().shape();
        let Samples { values, labels } = self.ahead.take(ordinal)?;
        Ok(Batch {
            images: Tensor::from_data(TensorData::new(values, [self.sequence.batch, c, h, w]), &self.device),
            labels,
        })
    }
}
