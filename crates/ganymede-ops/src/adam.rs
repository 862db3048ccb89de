//! The optimizer's update of one tensor, and the average's.

use burn::tensor::{Device, Tensor, TensorData};

/// Adam's update (Kingma & Ba 2015) with the bias correction folded into `rate` and `epsilon`.
///
/// ```text
/// m <- m + (1 - beta1)(g - m),   v <- beta2 v + (1 - beta2) g^2,   w <- w - rate m / (sqrt(v) + epsilon)
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AdamUpdate {
    pub beta1: f32,
    pub beta2: f32,
    pub rate: f32,
    pub epsilon: f32,
}

impl AdamUpdate {
    /// `weight` after the update; `first` and `second` are the moments in row-major order.
    ///
    /// # Shapes
    /// `weight` and `gradient` of one shape, with as many elements as `first` and `second`.
    pub fn apply<const D: usize>(
        &self,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        first: &mut [f32],
        second: &mut [f32],
    ) -> Tensor<D> {
        let (shape, device): (_, Device) = (weight.dims(), weight.device());
        let mut w = weight.into_data().try_into_vec::<f32>().expect("weights are 32-bit floats");
        let g = gradient.into_data().try_into_vec::<f32>().expect("gradients are 32-bit floats");
        for (((w, g), m), v) in w.iter_mut().zip(&g).zip(first).zip(second) {
            *m += (g - *m) * (1.0 - self.beta1);
            *v = *v * self.beta2 + g * g * (1.0 - self.beta2);
            *w -= self.rate * *m / (v.sqrt() + self.epsilon);
        }
        Tensor::from_data(TensorData::new(w, shape), &device)
    }
}

/// `keep * average + (1 - keep) * live`.
///
/// # Shapes
/// Both of one shape.
pub fn lerp<const D: usize>(live: Tensor<D>, average: Tensor<D>, keep: f64) -> Tensor<D> {
    live.clone() + (average - live) * keep
}
