//! Bilinear resizing as TensorFlow 1 did it, which the FID's network was trained and is measured with.
//!
//! ```text
//! source = target * in/out        without the half-pixel shift that other libraries have
//! ```
//! That shift moves the FID by several points: a figure is only comparable with the same resize.

/// Resizes an image of three channels.
///
/// # Shapes
/// `rgb` [from.0, from.1, 3] -> `out` [to.0, to.1, 3].
pub(super) fn resize_bilinear(rgb: &[u8], from: [usize; 2], to: [usize; 2], out: &mut [f32]) {
    let columns: Vec<Place> = (0..to[1]).map(|target| Place::new(target, from[1], to[1])).collect();
    let pixel = |y: usize, x: usize, channel: usize| f32::from(rgb[(y * from[1] + x) * 3 + channel]);
    for (y, row) in out.chunks_exact_mut(to[1] * 3).enumerate() {
        let y = Place::new(y, from[0], to[0]);
        for (x, out) in columns.iter().zip(row.chunks_exact_mut(3)) {
            for (channel, out) in out.iter_mut().enumerate() {
                let along = |row: usize| {
                    let low = pixel(row, x.low, channel);
                    low + (pixel(row, x.high, channel) - low) * x.fraction
                };
                let low = along(y.low);
                *out = low + (along(y.high) - low) * y.fraction;
            }
        }
    }
}

/// Between which source pixels a target pixel lies.
struct Place {
    low: usize,
    high: usize,
    fraction: f32,
}

impl Place {
    fn new(target: usize, from: usize, to: usize) -> Self {
        // in 32 bits, as the reference: the fractions differ in the last places otherwise
        let source = target as f32 * (from as f64 / to as f64) as f32;
        let low = source as usize;
        Place { low, high: (low + 1).min(from - 1), fraction: source - low as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_size_puts_means_between_the_pixels_and_repeats_the_last() {
        let rgb: Vec<u8> = [0u8, 100].iter().flat_map(|v| [*v; 3]).collect();
        let mut out = vec![0.0; 4 * 3];
        resize_bilinear(&rgb, [1, 2], [1, 4], &mut out);
        assert_eq!([out[0], out[3], out[6], out[9]], [0.0, 50.0, 100.0, 100.0]);
    }
}
