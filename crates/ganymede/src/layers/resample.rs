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
