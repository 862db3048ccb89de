//! A learner that something is done to.

use std::{cell::Cell, rc::Rc};

use burn::tensor::{Tensor, TensorData};

use super::case::Onset;
use crate::{
    error::Result,
    parameters::{NamedTensors, TensorInfo},
    training::{Batch, Learner, Probe, Report, Source, TrainingStep},
};

/// What is done to a learner.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Plant {
    /// From this step on, counted from 0, the learning rates are multiplied by the factor.
    pub rate: Option<(u64, f64)>,
    /// Before this step the numbers of every tensor whose name ends so become this one. Once: it does not come back by itself.
    pub tensor: Option<(u64, &'static str, f32)>,
}

/// A learner with a plant in it, which notes the onset of its fault.
pub(super) struct Planted {
    pub inner: Box<dyn Learner>,
    pub plant: Plant,
    pub onset: Onset,
    /// The steps done at the onset.
    pub began: Rc<Cell<Option<u64>>>,
    pub planted: bool,
}

impl Planted {
    fn note(&self, step: u64, report: &Report) {
        let begins = self.began.get().is_none()
            && match &self.onset {
                Onset::After(steps) => step >= *steps,
                Onset::When(every, condition) => step.is_multiple_of(*every) && condition(&*self.inner, step, report),
            };
        if begins {
            self.began.set(Some(step + 1));
        }
    }
}

impl Learner for Planted {
    fn step(&mut self, mut step: TrainingStep, data: &dyn Source) -> Result<Report> {
        let now = step.step.0;
        if let Some((_, factor)) = self.plant.rate.filter(|(from, _)| now >= *from) {
            step.rate_factor *= factor;
        }
        if let Some((_, suffix, value)) = self.plant.tensor.filter(|(at, ..)| now == *at && !self.planted) {
            self.planted = true;
            let mut tensors = self.inner.save();
            for (_, data) in tensors.iter_mut().filter(|(name, _)| name.ends_with(suffix)) {
                let (shape, count) = (data.shape().to_vec(), data.num_elements());
                *data = TensorData::new(vec![value; count], shape);
            }
            self.inner.load(&tensors)?;
        }
        let report = self.inner.step(step, data);
        self.note(now, report.as_ref().unwrap_or(&Report::default()));
        report
    }

    fn batches_per_step(&self) -> u64 {
        self.inner.batches_per_step()
    }

    fn latent_size(&self) -> usize {
        self.inner.latent_size()
    }

    fn classes(&self) -> Option<usize> {
        self.inner.classes()
    }

    fn sample(&self, z: Tensor<2>, labels: Option<&[usize]>) -> Tensor<4> {
        self.inner.sample(z, labels)
    }

    fn probe(&self, probe: &Probe) -> Report {
        self.inner.probe(probe)
    }

    fn reconstructions(&self, batch: &Batch) -> Option<Tensor<4>> {
        self.inner.reconstructions(batch)
    }

    fn networks(&self) -> Vec<(&'static str, Vec<TensorInfo>)> {
        self.inner.networks()
    }

    fn save(&self) -> NamedTensors {
        self.inner.save()
    }

    fn load(&mut self, tensors: &NamedTensors) -> Result<()> {
        self.inner.load(tensors)
    }

    fn not_finite(&self) -> Option<String> {
        self.inner.not_finite()
    }
}
