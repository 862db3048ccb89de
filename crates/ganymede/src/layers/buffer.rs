//! State of a layer that is not trained by gradients: running statistics, the vectors of a power iteration.
//!
//! burn's own `RunningState` is shared by clones and answers with a value that may be one update old, which would tie an
//! averaged generator's statistics to the live one's and save the wrong numbers. A [`Buffer`] is a plain value: a clone is
//! a copy, a read gives what was last written.

use std::sync::{Mutex, MutexGuard};

use burn::{
    module::{
        Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param, ParamId,
    },
    tensor::{Device, Tensor},
};

/// A tensor that a forward pass may replace. It is visited, saved and loaded with the parameters, and never requires a gradient.
#[derive(Debug)]
pub struct Buffer<const D: usize> {
    id: ParamId,
    value: Mutex<Tensor<D>>,
}

impl<const D: usize> Buffer<D> {
    pub fn new(value: Tensor<D>) -> Self {
        Buffer { id: ParamId::new(), value: Mutex::new(value.detach()) }
    }

    pub fn get(&self) -> Tensor<D> {
        self.lock().clone()
    }

    pub fn set(&self, value: Tensor<D>) {
        *self.lock() = value.detach();
    }

    /// A panic cannot leave a tensor half written, so a poisoned lock still guards a good value.
    fn lock(&self) -> MutexGuard<'_, Tensor<D>> {
        self.value.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn with(self, value: impl FnOnce(Tensor<D>) -> Tensor<D>) -> Self {
        let changed = value(self.get());
        Buffer { id: self.id, value: Mutex::new(changed) }
    }
}

impl<const D: usize> Clone for Buffer<D> {
    fn clone(&self) -> Self {
        Buffer { id: self.id, value: Mutex::new(self.get()) }
    }
}

impl<const D: usize> Module for Buffer<D> {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.visit_float(&Param::initialized(self.id, self.get()));
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let id = self.id;
        self.with(|value| mapper.map_float(Param::initialized(id, value)).into_value().set_require_grad(false))
    }

    fn to_device(self, device: &Device) -> Self {
        self.with(|value| value.to_device(device))
    }

    fn fork(self, device: &Device) -> Self {
        self.to_device(device)
    }

    fn collect_devices(&self, mut devices: Devices) -> Devices {
        let device = self.lock().device();
        if !devices.contains(&device) {
            devices.push(device);
        }
        devices
    }

    fn materialize(self) -> Self {
        self
    }

    fn valid(&self) -> Self {
        self.clone().with(Tensor::without_autodiff)
    }

    fn train(self) -> Self {
        self.with(Tensor::from_inner)
    }
}

impl<const D: usize> ModuleDisplayDefault for Buffer<D> {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&format!("Buffer {:?}", self.lock().dims())).optional()
    }
}

impl<const D: usize> ModuleDisplay for Buffer<D> {}
