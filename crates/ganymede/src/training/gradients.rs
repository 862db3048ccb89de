//! The norm of a gradient, which is also how a gradient is found not to be finite before it is used.
//!
//! ```text
//! |g| = sqrt(sum over tensors |g_k|^2)
//! ```

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Gradients, Tensor},
};

use crate::parameters::ModulePath;

/// The norm of the gradient of every parameter of `module` together.
///
/// # Errors
/// The first tensor whose gradient is not finite, or too large to be squared, and the norm of that gradient.
pub(crate) fn norm(module: &impl Module, gradients: &Gradients) -> Result<f64, (String, f64)> {
    let mut visitor = Norm { path: ModulePath::default(), gradients, squared: 0.0, not_finite: None };
    module.visit(&mut visitor);
    visitor.not_finite.map_or(Ok(visitor.squared.sqrt()), Err)
}

struct Norm<'a> {
    path: ModulePath,
    gradients: &'a Gradients,
    squared: f64,
    not_finite: Option<(String, f64)>,
}

impl ModuleVisitor for Norm<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = param.val().grad(self.gradients) else { return };
        let squared = ganymede_ops::squared_norm(gradient);
        self.squared += squared;
        if !squared.is_finite() && self.not_finite.is_none() {
            self.not_finite = Some((self.path.name(), squared.sqrt()));
        }
    }
}
