//! The gradient of a module's parameters as one vector.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Gradients, Tensor},
};

/// The gradient of every parameter, one after the other; zeros for a parameter that has none.
pub(super) fn of(module: &impl Module, gradients: &Gradients) -> Vec<f64> {
    struct Visitor<'a>(&'a Gradients, Vec<f64>);
    impl ModuleVisitor for Visitor<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.0).unwrap_or_else(|| param.val().inner().zeros_like());
            self.1.extend(gradient.into_data().iter::<f64>());
        }
    }
    let mut visitor = Visitor(gradients, Vec::new());
    module.visit(&mut visitor);
    visitor.1
}

/// `sqrt(Σ v²)`.
pub(super) fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}
