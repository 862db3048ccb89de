//! The projection head (Miyato & Koyama 2018; here with a bias a class, as theory.md T5 derives it).
//!
//! ```text
//! h(x, y) = y^T (A phi(x) + b) [+ psi(phi(x))]       y one-hot: one row A_y and one bias b_y a class
//! tangent:  y^T A t [+ psi's of t]                   the label has no neighbours and is held fixed
//! ```
//! For features `phi | y` that are N(mu_y, I) under the data and N(mu^_y, I) under the generator, the optimal logit is of
//! this form, with `A_y = mu_y - mu^_y` and `b_y = (|mu^_y|^2 - |mu_y|^2) / 2`.

use burn::module::Module;

use crate::{
    layers::{Initializer, Linear},
    networks::Pass,
    signal::Signal,
};

/// A row and a bias for each class.
#[derive(Module, Debug)]
pub struct Projection {
    /// `A^T` [features, classes] and `b` [classes].
    pub classes: Linear,
    /// The label-free term.
    pub psi: Option<Linear>,
}

impl Projection {
    pub fn new(features: usize, classes: usize, psi: bool, init: &mut Initializer) -> Self {
        Projection { classes: Linear::new(features, classes, init), psi: psi.then(|| Linear::new(features, 1, init)) }
    }

    /// With `A`, and psi's weight, divided by its largest singular value.
    pub fn spectral_norm(self, init: &mut Initializer) -> Self {
        let classes = self.classes.spectral_norm(init);
        Projection { classes, psi: self.psi.map(|psi| psi.spectral_norm(init)) }
    }

    /// Advances the power iterations of the spectral norms, where there are any.
    pub fn before_update(&self) {
        self.classes.before_update();
        self.psi.iter().for_each(Linear::before_update);
    }

    pub fn classes(&self) -> usize {
        self.classes.weight.dims()[1]
    }

    /// # Shapes
    /// `phi` [N, features] -> [N, 1].
    ///
    /// # Panics
    /// As [`Pass::class_weights`].
    pub fn forward(&self, phi: Signal<2>, pass: &Pass) -> Signal<2> {
        let free = self.psi.as_ref().map(|psi| psi.forward(phi.clone()));
        let all = self.classes.forward(phi);
        let y = pass.class_weights(all.dims()[0], self.classes(), &all.value);
        let chosen = all.linear_map(|h| (h * y.clone()).sum_dim(1));
        match free {
            Some(free) => chosen + free,
            None => chosen,
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::DType;

    use super::*;
    use crate::{parameters::cast, testing::*};

    fn head(psi: bool) -> Projection {
        let mut head = Projection::new(3, 2, psi, &mut initializer());
        head.classes.weight = parameter([3, 2], 1.0);
        head.classes.bias = Some(parameter([2], 2.0));
        if let Some(psi) = &mut head.psi {
            psi.weight = parameter([3, 1], 4.0);
            psi.bias = Some(parameter([1], 5.0));
        }
        head
    }

    /// ```python
    /// phi, a, b, y = leaf(4, 3), leaf(3, 2, phase=1.), leaf(2, phase=2.), F.one_hot(torch.tensor([1, 0, 0, 1])).double()
    /// w, c = leaf(3, 1, phase=4.), leaf(1, phase=5.)
    /// h = (y * (phi @ a + b)).sum(1, keepdim=True) + phi @ w + c; probe(h); print(h, phi.grad, a.grad, b.grad, w.grad, c.grad)
    /// ```
    #[test]
    fn it_agrees_with_pytorch() {
        let head = head(true);
        let phi = leaf([4, 3], 0.0);
        let h = head.forward(phi.clone().into(), &Pass::train().with_labels(Some(&[1, 0, 0, 1]))).value;
        let gradients = probe(&h);
        assert_golden(h, GOLDEN.0);
        assert_golden_gradient(&phi, &gradients, GOLDEN.1);
        assert_golden_gradient(&head.classes.weight.val(), &gradients, GOLDEN.2);
        assert_golden_gradient(&head.classes.bias.as_ref().unwrap().val(), &gradients, GOLDEN.3);
        let psi = head.psi.as_ref().unwrap();
        assert_golden_gradient(&psi.weight.val(), &gradients, GOLDEN.4);
        assert_golden_gradient(&psi.bias.as_ref().unwrap().val(), &gradients, GOLDEN.5);
    }
    type Golden<'a> = (&'a [f64], &'a [f64], &'a [f64], &'a [f64], &'a [f64], &'a [f64]);
    const GOLDEN: Golden = (
        &[-2.873753, 0.400472, 1.069411, -2.886799],
        &[
            0.033144, -0.135241, -0.247002, -0.044860, 0.171911, 0.733623, -0.080571, 0.308757, 1.317610, -0.217439,
            0.887248, 1.620448,
        ],
        &[0.372034, -0.015567, 0.757415, -0.517336, 0.786572, -0.775794],
        &[-1.481438, -0.784695],
        &[0.356467, 0.240079, 0.010778],
        &[-2.266133],
    );

    #[test]
    fn another_label_changes_the_logit_by_the_difference_of_rows_and_biases() {
        let head = head(true);
        let phi = wave([5, 3], 0.3);
        let logits =
            |labels: &[usize]| values(head.forward(phi.clone().into(), &Pass::train().with_labels(Some(labels))).value);
        let (zeros, ones) = (logits(&[0; 5]), logits(&[1; 5]));
        let (a, b) = (values(head.classes.weight.val()), values(head.classes.bias.as_ref().unwrap().val()));
        let phi = values(phi.clone());
        for (n, (zero, one)) in zeros.iter().zip(&ones).enumerate() {
            let rows: f64 = (0..3).map(|f| phi[3 * n + f] * (a[2 * f + 1] - a[2 * f])).sum();
            let expected = rows + b[1] - b[0];
            assert!((one - zero - expected).abs() < 1e-6, "sample {n}: expected {expected}, got {}", one - zero);
        }
        assert_eq!(logits(&[0, 1, 0, 1, 1])[1], ones[1]);
    }

    #[test]
    fn its_tangent_is_the_derivative_with_labels_held() {
        for psi in [false, true] {
            let head = cast(head(psi), DType::F64);
            let labels = [1, 0, 0, 1, 1];
            let pass = Pass::train().with_labels(Some(&labels));
            assert_tangent_is_derivative([5, 3], |phi| head.forward(phi, &pass));
        }
    }

    #[test]
    #[should_panic(expected = "label 2, but there are 2 classes")]
    fn a_label_beyond_the_classes_is_refused() {
        head(false).forward(wave([1, 3], 0.0).into(), &Pass::train().with_labels(Some(&[2])));
    }
}
