//! Resampling without weights: twice as large and half as large, through the low-pass filter between.
//!
//! ```text
//! downsample     y[h, w] = sum_ij f_i f_j x[2h + i, 2w + j]      f = [1, 2, 1] / 4, zeros outside      Karras et al. 2019
//! upsample       4 times its adjoint: the new pixels lie between their neighbours
//! ```

use crate::signal::Signal;

impl Signal<4> {
    /// # Shapes
    /// [N, C, H, W] -> [N, C, 2H, 2W].
    pub fn upsample(self) -> Self {
        self.linear_map(ganymede_ops::double)
    }

    /// # Shapes
    /// [N, C, 2H, 2W] -> [N, C, H, W].
    ///
    /// # Panics
    /// Where height or width is odd.
    pub fn downsample(self) -> Self {
        self.linear_map(ganymede_ops::halve)
    }
}

#[cfg(test)]
mod tests {
    use crate::{signal::Signal, testing::*};

    /// ```python
    /// f = torch.tensor([1., 2., 1.]).double() / 4; f = torch.outer(f, f).expand(2, 1, 3, 3)
    /// x = leaf(1, 2, 1, 2); y = F.conv_transpose2d(x, 4 * f, stride=2, padding=1, output_padding=1, groups=2)
    /// probe(y); print(y, x.grad)
    /// ```
    #[test]
    fn upsample_agrees_with_pytorch() {
        let x = leaf([1, 2, 1, 2], 0.0);
        let y = Signal::from(x.clone()).upsample().value;
        let gradients = probe(&y);
        assert_golden(
            y,
            &[
                0.000000, 0.322109, 0.644218, 0.322109, 0.000000, 0.161054, 0.322109, 0.161054, 0.985450, 0.924330,
                0.863209, 0.431605, 0.492725, 0.462165, 0.431605, 0.215802,
            ],
        );
        assert_golden_gradient(&x, &gradients, &[-0.302319, -0.979078, 0.224548, -0.755822]);
    }

    /// ```python
    /// x = leaf(1, 2, 2, 4); y = F.conv2d(x, f, stride=2, padding=1, groups=2)
    /// probe(y); print(y, x.grad)
    /// ```
    #[test]
    fn downsample_agrees_with_pytorch() {
        let x = leaf([1, 2, 2, 4], 0.0);
        let y = Signal::from(x.clone()).downsample().value;
        let gradients = probe(&y);
        assert_golden(y, &[0.100477, 0.242517, -0.028946, 0.209022]);
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                0.035280, -0.048590, -0.132459, -0.066230, 0.017640, -0.024295, -0.066230, -0.033115, -0.237901,
                -0.234677, -0.231454, -0.115727, -0.118950, -0.117339, -0.115727, -0.057863,
            ],
        );
    }

    #[test]
    fn their_tangents_are_the_derivatives() {
        assert_tangent_is_derivative([2, 3, 2, 1], Signal::upsample);
        assert_tangent_is_derivative([2, 3, 4, 2], Signal::downsample);
    }
}
