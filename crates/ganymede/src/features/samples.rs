//! Samples to be measured, in memory.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::{
    data::Dataset,
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
};

/// Images in [-1, 1], or points.
#[derive(Debug, Clone)]
pub struct Samples {
    shape: [usize; 3],
    /// Sample after sample, each [C, H, W].
    values: Vec<f32>,
    labels: Option<Vec<usize>>,
}

impl Samples {
    /// # Errors
    /// [`Error::Measurement`] where there is none, or a value is NaN or infinite.
    pub fn new(values: Vec<f32>, shape: [usize; 3], labels: Option<Vec<usize>>) -> Result<Self> {
        let size: usize = shape.iter().product();
        let count = values.len().checked_div(size).unwrap_or(0);
        let whole = count * size == values.len() && labels.as_ref().is_none_or(|labels| labels.len() == count);
        if count == 0 || !whole {
            let got = format!("{} numbers", values.len());
            return Err(Error::measurement("samples", format!("whole samples of {shape:?}"), got, "give at least one"));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let got = format!("{} in sample {}", values[at], at / size);
            return Err(Error::measurement(
                "samples",
                "finite numbers",
                got,
                "the generator diverged: go back to an earlier checkpoint",
            ));
        }
        Ok(Samples { shape, values, labels })
    }

    /// `n` different samples of the data, by a random order; all of them, in their own order, where there are no more.
    ///
    /// # Errors
    /// When a sample cannot be read.
    pub fn of_dataset(dataset: &dyn Dataset, n: usize, seed: Seed) -> Result<Self> {
        let indices: Vec<usize> = if n < dataset.len() {
            let order = Draws::new(seed, Purpose::Metric, 0).permutation(dataset.len());
            order[..n].iter().map(|index| *index as usize).collect()
        } else {
            (0..dataset.len()).collect()
        };
        Self::at(dataset, &indices)
    }

    /// `n` samples evenly spread over the data in their own order; all of them where there are no more.
    ///
    /// # Errors
    /// When a sample cannot be read.
    pub fn spread_over(dataset: &dyn Dataset, n: usize) -> Result<Self> {
        let n = n.min(dataset.len());
        let indices: Vec<usize> = (0..n).map(|i| i * dataset.len() / n).collect();
        Self::at(dataset, &indices)
    }

    fn at(dataset: &dyn Dataset, indices: &[usize]) -> Result<Self> {
        let size = dataset.shape().iter().product();
        let mut values = vec![0.0; indices.len() * size];
        let labels: Vec<Option<usize>> = values
            .par_chunks_mut(size)
            .zip(indices)
            .map(|(out, index)| dataset.read(*index, out))
            .collect::<Result<_>>()?;
        Samples::new(values, dataset.shape(), labels.into_iter().collect())
    }

    /// # Shapes
    /// `samples` [N, C, H, W].
    ///
    /// # Errors
    /// As [`Samples::new`].
    pub fn of_tensor(samples: Tensor<4>, labels: Option<Vec<usize>>) -> Result<Self> {
        let [_, c, h, w] = samples.dims();
        Samples::new(samples.into_data().iter::<f32>().collect(), [c, h, w], labels)
    }

    /// The samples of those numbers, in their order.
    ///
    /// # Errors
    /// [`Error::Measurement`] where none is named, or one that there is not.
    pub fn select(&self, numbers: &[usize]) -> Result<Self> {
        if let Some(beyond) = numbers.iter().find(|number| **number >= self.count()) {
            let expected = format!("numbers below {}", self.count());
            return Err(Error::measurement("samples", expected, beyond, "name others"));
        }
        let values = numbers.iter().flat_map(|number| self.sample(*number)).copied().collect();
        let labels = self.labels.as_ref().map(|labels| numbers.iter().map(|number| labels[*number]).collect());
        Samples::new(values, self.shape, labels)
    }

    /// # Shapes
    /// -> [N, C, H, W].
    pub fn tensor(&self, device: &Device) -> Tensor<4> {
        let [c, h, w] = self.shape;
        Tensor::from_data(TensorData::new(self.values.clone(), [self.count(), c, h, w]), device)
    }

    pub fn count(&self) -> usize {
        self.values.len() / self.shape.iter().product::<usize>()
    }

    /// [C, H, W].
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    pub fn values(&self) -> &[f32] {
        &self.values
    }

    pub fn sample(&self, index: usize) -> &[f32] {
        let size: usize = self.shape.iter().product();
        &self.values[index * size..(index + 1) * size]
    }

    /// One channel of every sample, as grey images without labels.
    ///
    /// # Errors
    /// [`Error::Measurement`] for a channel that there is not.
    pub fn channel(&self, channel: usize) -> Result<Self> {
        let [channels, height, width] = self.shape;
        if channel >= channels {
            let got = format!("{channels} channels");
            return Err(Error::measurement("samples", format!("a channel {channel}"), got, "name one below"));
        }
        let size = height * width;
        let planes = self.values.chunks_exact(channels * size).flat_map(|x| &x[channel * size..(channel + 1) * size]);
        Samples::new(planes.copied().collect(), [1, height, width], None)
    }

    pub fn labels(&self) -> Option<&[usize]> {
        self.labels.as_deref()
    }

    /// Whether the samples are points of the plane.
    pub fn are_points(&self) -> bool {
        self.shape == [2, 1, 1]
    }

    /// BLAKE3 of shape and values, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for side in self.shape {
            hasher.update(&(side as u64).to_le_bytes());
        }
        for value in &self.values {
            hasher.update(&value.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// A sample as an 8-bit RGB image [H, W, 3], as it would lie in a file; grey is repeated.
    ///
    /// # Errors
    /// [`Error::Measurement`] for samples that are no images.
    pub fn rgb(&self, index: usize) -> Result<Vec<u8>> {
        let [channels, height, width] = self.shape;
        if ![1, 3].contains(&channels) {
            let got = format!("{channels} channels");
            let advice = "measure these with --features pixels";
            return Err(Error::measurement("features of images", "images with 1 or 3 channels", got, advice));
        }
        let sample = self.sample(index);
        let byte = |value: f32| ((value + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8;
        let value = |pixel: usize, channel: usize| sample[channel.min(channels - 1) * height * width + pixel];
        Ok((0..height * width).flat_map(|pixel| [0, 1, 2].map(|channel| byte(value(pixel, channel)))).collect())
    }
}
