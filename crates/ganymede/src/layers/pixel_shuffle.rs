//! Pixel shuffle (Shi et al. 2016): channels become pixels, the cheapest way to a larger image.
//!
//! ```text
//! y[n, c, r h + i, r w + j] = x[n, c r^2 + i r + j, h, w]          0 <= i, j < r
//! ```

use crate::signal::Signal;

impl Signal<4> {
    /// # Shapes
    /// [N, C r², H, W] -> [N, C, r H, r W] for the factor r.
    pub fn pixel_shuffle(self, factor: usize) -> Self {
        self.linear_map(|x| ganymede_ops::pixel_shuffle(x, factor))
    }
}

#[cfg(test)]
mod tests {
    use crate::{signal::Signal, testing::*};

    /// ```python
    /// x = leaf(1, 8, 1, 2); y = F.pixel_shuffle(x, 2); probe(y); print(y, x.grad)
    /// ```
    #[test]
    fn it_agrees_with_pytorch() {
        let x = leaf([1, 8, 1, 2], 0.0);
        let y = Signal::from(x.clone()).pixel_shuffle(2).value;
        let gradients = probe(&y);
        assert_eq!(y.dims(), [1, 2, 2, 4]);
        assert_golden(
            y,
            &[
                0.000000, 0.985450, 0.644218, 0.863209, 0.334988, -0.871576, -0.350783, -0.982453, -0.631267, 0.656987,
                0.016814, 0.988168, 0.854599, -0.366479, 0.319098, -0.879696,
            ],
        );
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                0.141120, -0.951602, -0.529836, -0.925815, -0.464602, 0.793668, 0.215120, 0.998941, 0.734397,
                -0.544021, 0.124454, -0.956635, -0.919329, 0.231510, -0.449647, 0.803784,
            ],
        );
    }

    #[test]
    fn its_tangent_is_the_derivative() {
        assert_tangent_is_derivative([2, 9, 2, 1], |x| x.pixel_shuffle(3));
    }
}
