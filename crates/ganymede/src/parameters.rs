//! The tensors of a module by name: the path of fields that leads to each, joined by dots (`fc1.weight`).
//!
//! burn keys optimizer records by random identifiers that a saved file need not bring back; the path is the same in every
//! run and every build.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{DType, Tensor, TensorData},
};

use crate::error::{Error, Result};

/// Tensors by name, as a checkpoint holds them.
pub type NamedTensors = BTreeMap<String, TensorData>;

/// The path through a module that a visitor or mapper is on. Which variant of an enum a module is has no place in it: a
/// tensor has the name that its network gives it, whether the network is used alone or as one of the built-in ones.
#[derive(Debug, Default)]
pub(crate) struct ModulePath(Vec<String>);

impl ModulePath {
    pub fn enter(&mut self, name: &str, container: &str) {
        let is_variant = container.starts_with("Enum:");
        self.0.push(if is_variant { String::new() } else { name.to_owned() });
    }

    pub fn exit(&mut self) {
        self.0.pop();
    }

    pub fn name(&self) -> String {
        self.0.iter().filter(|name| !name.is_empty()).map(String::as_str).collect::<Vec<_>>().join(".")
    }
}

/// Calls `visit` with every tensor of `module`: parameters and buffers.
pub fn for_each(module: &impl Module, visit: impl FnMut(&str, TensorData)) {
    struct Visitor<F> {
        path: ModulePath,
        visit: F,
    }
    impl<F: FnMut(&str, TensorData)> ModuleVisitor for Visitor<F> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            (self.visit)(&self.path.name(), param.val().into_data());
        }
    }
    module.visit(&mut Visitor { path: ModulePath::default(), visit });
}

/// What a tensor of a module is, without its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    pub name: String,
    pub shape: Vec<usize>,
    /// Whether it is learnt by gradients: a parameter, not a buffer.
    pub trained: bool,
}

impl TensorInfo {
    /// How many numbers it holds.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Every tensor of `module`, in the order of its fields.
pub fn list(module: &impl Module) -> Vec<TensorInfo> {
    #[derive(Default)]
    struct Lister {
        path: ModulePath,
        found: Vec<TensorInfo>,
    }
    impl ModuleVisitor for Lister {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val();
            let (shape, trained) = (tensor.dims().to_vec(), tensor.is_require_grad());
            self.found.push(TensorInfo { name: self.path.name(), shape, trained });
        }
    }
    let mut lister = Lister::default();
    module.visit(&mut lister);
    lister.found
}

/// The first tensor of `module` that holds a number that is not finite.
pub fn not_finite(module: &impl Module) -> Option<String> {
    #[derive(Default)]
    struct Looker {
        path: ModulePath,
        found: Option<String>,
    }
    impl ModuleVisitor for Looker {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.found.is_none() && !ganymede_ops::is_finite(param.val().inner()) {
                self.found = Some(self.path.name());
            }
        }
    }
    let mut looker = Looker::default();
    module.visit(&mut looker);
    looker.found
}

/// The sum of the squares of every tensor of `module` whose name `is_asked_for`.
pub(crate) fn squared_norm(module: &impl Module, is_asked_for: impl Fn(&str) -> bool) -> f64 {
    struct Summer<F> {
        path: ModulePath,
        is_asked_for: F,
        sum: f64,
    }
    impl<F: Fn(&str) -> bool> ModuleVisitor for Summer<F> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if (self.is_asked_for)(&self.path.name()) {
                self.sum += ganymede_ops::squared_norm(param.val().inner());
            }
        }
    }
    let mut summer = Summer { path: ModulePath::default(), is_asked_for, sum: 0.0 };
    module.visit(&mut summer);
    summer.sum
}

/// Puts every tensor of `module` under `prefix` into `tensors`.
pub fn save(module: &impl Module, prefix: &str, tensors: &mut NamedTensors) {
    for_each(module, |name, data| {
        tensors.insert(format!("{prefix}.{name}"), data);
    });
}

/// `module` with every tensor replaced by the one under `prefix`.
///
/// # Errors
/// [`Error::Setting`] naming the first tensor that is missing, of another shape, or not of 32-bit floats.
pub fn load<M: Module>(module: M, prefix: &str, tensors: &NamedTensors) -> Result<M> {
    struct Loader<'a> {
        path: ModulePath,
        prefix: &'a str,
        tensors: &'a NamedTensors,
        failure: Option<Error>,
    }
    impl ModuleMapper for Loader<'_> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let name = format!("{}.{}", self.prefix, self.path.name());
            let expected = param.val().dims();
            let mismatch = |got: String| Error::setting(format!("tensor '{name}'"), format!("shape {expected:?}"), got);
            match self.tensors.get(&name) {
                None => self.failure = self.failure.take().or(Some(mismatch("no such tensor".into()))),
                Some(data) if data.shape().to_vec() != expected => {
                    self.failure = self.failure.take().or(Some(mismatch(format!("{:?}", data.shape().to_vec()))));
                }
                Some(data) if data.dtype() != DType::F32 => {
                    self.failure =
                        self.failure.take().or(Some(mismatch(format!("numbers of type {:?}", data.dtype()))));
                }
                Some(data) => return param.map(|old| replaced(old, data.clone())),
            }
            param
        }
    }
    let mut loader = Loader { path: ModulePath::default(), prefix, tensors, failure: None };
    let module = module.map(&mut loader);
    loader.failure.map_or(Ok(module), Err)
}

/// `data` on the device and with the gradient setting of `old`.
fn replaced<const D: usize>(old: Tensor<D>, data: TensorData) -> Tensor<D> {
    let requires_grad = old.is_require_grad();
    Tensor::from_data(data, &old.device()).set_require_grad(requires_grad)
}

/// `module` with every tensor in the given precision (f64 for finite differences).
pub fn cast<M: Module>(module: M, dtype: DType) -> M {
    struct Cast(DType);
    impl ModuleMapper for Cast {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            param.map(|tensor| {
                let requires_grad = tensor.is_require_grad();
                // off the graph and on again: a cast of a tensor on it would be no leaf
                let cast = tensor.clone().inner().cast(self.0);
                if tensor.is_autodiff() { cast.autodiff().set_require_grad(requires_grad) } else { cast }
            })
        }
    }
    module.map(&mut Cast(dtype))
}

/// `module` with `change` applied to every tensor that is trained.
pub fn map_trained<M: Module>(module: M, change: impl Fn(Tensor<1>) -> Tensor<1>) -> M {
    struct Mapper<F>(F);
    impl<F: Fn(Tensor<1>) -> Tensor<1>> ModuleMapper for Mapper<F> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if !param.is_require_grad() {
                return param;
            }
            param.map(|tensor| {
                let shape = tensor.shape();
                let flat = tensor.inner().reshape([shape.num_elements()]);
                Tensor::from_inner((self.0)(flat).reshape(shape)).require_grad()
            })
        }
    }
    module.map(&mut Mapper(change))
}
