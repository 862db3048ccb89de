//! The label as one-hot planes beside the image (Mirza & Osindero 2014).
//!
//! ```text
//! x [N, C, H, W], y -> [x; planes(y)] [N, C + K, H, W]        plane k is 1 everywhere where y = k, else 0
//! tangent: [t; 0]                                             the label is held fixed
//! ```

use burn::{module::Module, tensor::Tensor};

use crate::{networks::Pass, signal::Signal};

/// The planes of that many classes.
#[derive(Module, Debug)]
pub struct LabelPlanes {
    classes: usize,
}

impl LabelPlanes {
    pub fn new(classes: usize) -> Self {
        LabelPlanes { classes }
    }

    pub fn classes(&self) -> usize {
        self.classes
    }

    /// # Shapes
    /// [N, C, H, W] -> [N, C + classes, H, W].
    ///
    /// # Panics
    /// As [`Pass::class_weights`].
    pub fn forward(&self, x: Signal<4>, pass: &Pass) -> Signal<4> {
        let [n, _, height, width] = x.dims();
        let y = pass.class_weights(n, self.classes, &x.value).reshape([n, self.classes, 1, 1]);
        let planes = y.expand([n, self.classes, height, width]);
        x.affine(|x, constant| {
            let planes = if constant { planes.clone() } else { planes.zeros_like() };
            Tensor::cat(vec![x, planes], 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[test]
    fn the_plane_of_the_class_is_one_and_the_others_are_zero() {
        let x = wave([2, 1, 1, 2], 0.0);
        let y = LabelPlanes::new(3).forward(x.clone().into(), &Pass::eval().with_labels(Some(&[2, 0]))).value;
        let image = values(x);
        let expected =
            [image[0], image[1], 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, image[2], image[3], 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(values(y), expected);
    }

    #[test]
    fn its_tangent_is_the_derivative_with_labels_held() {
        let labels = [1, 0, 2];
        let pass = Pass::eval().with_labels(Some(&labels));
        assert_tangent_is_derivative([3, 2, 2, 2], |x| LabelPlanes::new(3).forward(x, &pass));
    }
}
