//! Resampling without weights: twice as large, half as large, and the low-pass filter between.
//!
//! ```text
//! upsample       y[2h + i, 2w + j] = x[h, w]                                0 <= i, j < 2
//! downsample     y[h, w] = mean of x[2h + i, 2w + j]
//! blur           y = x * f f^T,   f = [1, 2, 1] / 4,   zeros outside        Karras et al. 2019
//! ```
//! `upsample` then `blur` is bilinear enlargement, `blur` then `downsample` its adjoint up to scale.

use burn::tensor::{Tensor, TensorData, module, ops::ConvOptions};

use crate::signal::Signal;

impl Signal<4> {
    /// Each pixel becomes four (nearest neighbour).
    ///
    /// # Shapes
    /// [N, C, H, W] -> [N, C, 2H, 2W].
    pub fn upsample(self) -> Self {
        let [batch, channels, height, width] = self.dims();
        self.linear_map(|x| {
            x.reshape([batch, channels, height, 1, width, 1]).expand([batch, channels, height, 2, width, 2]).reshape([
                batch,
                channels,
                2 * height,
                2 * width,
            ])
        })
    }

    /// Each block of 2 x 2 pixels becomes its mean.
    ///
    /// # Shapes
    /// [N, C, 2H, 2W] -> [N, C, H, W].
    pub fn downsample(self) -> Self {
        let [batch, channels, height, width] = self.dims();
        self.linear_map(|x| {
            x.reshape([batch, channels, height / 2, 2, width / 2, 2]).mean_dim(5).mean_dim(3).reshape([
                batch,
                channels,
                height / 2,
                width / 2,
            ])
        })
    }

    /// The low-pass filter [1, 2, 1] along both axes.
    ///
    /// # Shapes
    /// [N, C, H, W] -> [N, C, H, W].
    pub fn blur(self) -> Self {
        const FILTER: [f32; 9] = [0.0625, 0.125, 0.0625, 0.125, 0.25, 0.125, 0.0625, 0.125, 0.0625];
        let [batch, channels, height, width] = self.dims();
        self.linear_map(|x| {
            let filter = Tensor::<4>::from_data(TensorData::new(FILTER.to_vec(), [1, 1, 3, 3]), &x.device());
            let planes = x.reshape([batch * channels, 1, height, width]);
            let filter = filter.cast(planes.dtype());
            module::conv2d(planes, filter, None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1))
                .reshape([batch, channels, height, width])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    /// ```python
    /// x = leaf(1, 2, 1, 2); y = F.interpolate(x, scale_factor=2)
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
                0.000000, 0.000000, 0.644218, 0.644218, 0.000000, 0.000000, 0.644218, 0.644218, 0.985450, 0.985450,
                0.863209, 0.863209, 0.985450, 0.985450, 0.863209, 0.863209,
            ],
        );
        assert_golden_gradient(&x, &gradients, &[-0.638198, -0.084808, -0.510124, -0.465362]);
    }

    /// ```python
    /// x = leaf(1, 2, 2, 4); y = F.avg_pool2d(x, 2)
    /// probe(y); print(y, x.grad)
    /// ```
    #[test]
    fn downsample_agrees_with_pytorch() {
        let x = leaf([1, 2, 2, 4], 0.0);
        let y = Signal::from(x.clone()).downsample().value;
        let gradients = probe(&y);
        assert_golden(y, &[0.157106, -0.001342, 0.139811, 0.099745]);
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                0.035280, 0.035280, -0.132459, -0.132459, 0.035280, 0.035280, -0.132459, -0.132459, -0.237901,
                -0.237901, -0.231454, -0.231454, -0.237901, -0.237901, -0.231454, -0.231454,
            ],
        );
    }

    /// ```python
    /// f = torch.tensor([1., 2., 1.]).double() / 4; x = leaf(1, 2, 2, 3)
    /// y = F.conv2d(x, torch.outer(f, f).expand(2, 1, 3, 3), padding=1, groups=2)
    /// probe(y); print(y, x.grad)
    /// ```
    #[test]
    fn blur_agrees_with_pytorch() {
        let x = leaf([1, 2, 2, 3], 0.0);
        let y = Signal::from(x.clone()).blur().value;
        let gradients = probe(&y);
        assert_golden(
            y,
            &[
                0.209365, 0.358136, 0.303978, 0.297939, 0.289918, 0.117623, -0.297537, -0.288534, -0.116041, -0.084023,
                0.073135, 0.188854,
            ],
        );
        assert_golden_gradient(
            &x,
            &gradients,
            &[
                -0.175714, -0.336263, -0.306278, -0.305004, -0.321872, -0.156360, 0.304840, 0.320730, 0.154886,
                0.124753, -0.019656, -0.152928,
            ],
        );
    }

    #[test]
    fn their_tangents_are_the_derivatives() {
        assert_tangent_is_derivative([2, 3, 2, 1], Signal::upsample);
        assert_tangent_is_derivative([2, 3, 4, 2], Signal::downsample);
        assert_tangent_is_derivative([2, 3, 4, 2], Signal::blur);
    }
}
