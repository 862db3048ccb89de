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
        let [batch, channels, height, width] = self.dims();
        let channels = channels / (factor * factor);
        self.linear_map(|x| {
            x.reshape([batch, channels, factor, factor, height, width]).permute([0, 1, 4, 2, 5, 3]).reshape([
                batch,
                channels,
                height * factor,
                width * factor,
            ])
        })
    }
}
