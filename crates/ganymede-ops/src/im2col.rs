//! A convolution's windows as the rows of a matrix, and their adjoint.
//!
//! ```text
//! columns[(oh, ow)][(kh, kw, c)] = x[oh s + kh - p][ow s + kw - p][c]          0 outside the image
//! ```
//! Images lie `[H][W][C]`, so that the `(kw, c)` of a window's row are one run of memory.

use std::ops::Range;

/// A convolution from images `[N, C, H, W]` to `[N, filters, out_height, out_width]`.
///
/// A transposed convolution is the adjoint of one: its input has the filters as channels, its output is the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub batch: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub filters: usize,
    pub out_height: usize,
    pub out_width: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Geometry {
    /// That of a convolution of `x` [N, C, H, W] with `weight` [filters, C, k, k].
    ///
    /// # Panics
    /// Where the shapes do not fit together.
    pub fn of_convolution(x: [usize; 4], weight: [usize; 4], stride: usize, padding: usize) -> Self {
        let ([batch, channels, height, width], [filters, weight_channels, kernel, other]) = (x, weight);
        assert!(
            kernel == other && kernel > 0 && stride > 0,
            "convolution: the kernel is not square, or the stride is 0"
        );
        assert_eq!(channels, weight_channels, "convolution: the input's channels are not the weight's");
        let out = |size: usize| {
            assert!(size + 2 * padding >= kernel, "convolution: the kernel is larger than the padded input");
            (size + 2 * padding - kernel) / stride + 1
        };
        let (out_height, out_width) = (out(height), out(width));
        Geometry { batch, channels, height, width, filters, out_height, out_width, kernel, stride, padding }
    }

    /// That of the convolution whose adjoint maps `x` [N, in, H, W] by `weight` [in, out, k, k].
    ///
    /// # Panics
    /// Where the shapes do not fit together.
    pub fn of_transposed(x: [usize; 4], weight: [usize; 4], stride: usize, padding: usize) -> Self {
        let ([batch, filters, out_height, out_width], [weight_filters, channels, kernel, other]) = (x, weight);
        assert!(
            kernel == other && kernel > 0 && stride > 0,
            "convolution: the kernel is not square, or the stride is 0"
        );
        assert_eq!(filters, weight_filters, "transposed convolution: the input's channels are not the weight's");
        let full = |size: usize| {
            let full = (size.max(1) - 1) * stride + kernel;
            assert!(size > 0 && full > 2 * padding, "transposed convolution: the padding leaves nothing");
            full - 2 * padding
        };
        let (height, width) = (full(out_height), full(out_width));
        Geometry { batch, channels, height, width, filters, out_height, out_width, kernel, stride, padding }
    }

    /// Elements of one image.
    pub fn image(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Windows of one image.
    pub fn windows(&self) -> usize {
        self.out_height * self.out_width
    }

    /// Elements of one window.
    pub fn window(&self) -> usize {
        self.kernel * self.kernel * self.channels
    }

    /// The shape of the images.
    pub fn image_shape(&self) -> [usize; 4] {
        [self.batch, self.channels, self.height, self.width]
    }

    /// The shape of the convolution's output.
    pub fn out_shape(&self) -> [usize; 4] {
        [self.batch, self.filters, self.out_height, self.out_width]
    }

    /// Those `k` for which `o * stride + k - padding` lies inside `0..size`, and the first one's place there.
    fn inside(&self, o: usize, size: usize) -> (Range<usize>, usize) {
        let start = o * self.stride;
        let first = self.padding.saturating_sub(start).min(self.kernel);
        let last = (size + self.padding).saturating_sub(start).clamp(first, self.kernel);
        (first..last, (start + first).saturating_sub(self.padding).min(size))
    }
}

/// The windows of one image.
pub(crate) fn gather(image: &[f32], columns: &mut [f32], geometry: &Geometry) {
    let (channels, run) = (geometry.channels, geometry.kernel * geometry.channels);
    let mut windows = columns.chunks_exact_mut(geometry.window());
    for oh in 0..geometry.out_height {
        let (rows, y) = geometry.inside(oh, geometry.height);
        for ow in 0..geometry.out_width {
            let (within, x) = geometry.inside(ow, geometry.width);
            let Some(window) = windows.next() else { return };
            window[..rows.start * run].fill(0.0);
            window[rows.end * run..].fill(0.0);
            for (line, y) in window[rows.start * run..rows.end * run].chunks_exact_mut(run).zip(y..) {
                line[..within.start * channels].fill(0.0);
                line[within.end * channels..].fill(0.0);
                let line = &mut line[within.start * channels..within.end * channels];
                copy(line, &image[(y * geometry.width + x) * channels..][..line.len()]);
            }
        }
    }
}

/// A copy that does not call out for the few floats that a run of one channel is.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    if to.len() <= 8 {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    } else {
        to.copy_from_slice(from);
    }
}

crate::simd::simd!(
    /// The sum of the windows into one image, each element where [`gather`] took it from.
    fn scatter(columns: &[f32], image: &mut [f32], geometry: &Geometry) {
        let (channels, run) = (geometry.channels, geometry.kernel * geometry.channels);
        image.fill(0.0);
        let mut windows = columns.chunks_exact(geometry.window());
        for oh in 0..geometry.out_height {
            let (rows, y) = geometry.inside(oh, geometry.height);
            for ow in 0..geometry.out_width {
                let (within, x) = geometry.inside(ow, geometry.width);
                let Some(window) = windows.next() else { return };
                for (line, y) in window[rows.start * run..rows.end * run].chunks_exact(run).zip(y..) {
                    let line = &line[within.start * channels..within.end * channels];
                    let target = &mut image[(y * geometry.width + x) * channels..][..line.len()];
                    for (target, value) in target.iter_mut().zip(line) {
                        *target += value;
                    }
                }
            }
        }
    }
);

/// The elements of the kernel positions `positions` (`kh k + kw`) alone, of the windows of several images:
/// `columns[window][position][c]`.
pub(crate) fn gather_positions(images: &[f32], columns: &mut [f32], positions: Range<usize>, geometry: &Geometry) {
    let channels = geometry.channels;
    let mut cells = columns.chunks_exact_mut(channels);
    for image in images.chunks_exact(geometry.image()) {
        for oh in 0..geometry.out_height {
            let (rows, top) = geometry.inside(oh, geometry.height);
            for ow in 0..geometry.out_width {
                let (within, left) = geometry.inside(ow, geometry.width);
                for position in positions.clone() {
                    let Some(cell) = cells.next() else { return };
                    let (kh, kw) = (position / geometry.kernel, position % geometry.kernel);
                    if rows.contains(&kh) && within.contains(&kw) {
                        let (y, x) = (top + kh - rows.start, left + kw - within.start);
                        copy(cell, &image[(y * geometry.width + x) * channels..][..channels]);
                    } else {
                        cell.fill(0.0);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometries() -> impl Iterator<Item = Geometry> {
        [(5, 3, 2, 1), (4, 4, 2, 1), (7, 1, 1, 3), (3, 3, 3, 0), (6, 7, 3, 3)]
            .into_iter()
            .map(|(size, k, s, p)| Geometry::of_convolution([1, 2, size, size + 1], [3, 2, k, k], s, p))
    }

    /// The definition at the top of the file, one element at a time.
    fn element(image: &[f32], geometry: &Geometry, window: usize, element: usize) -> f32 {
        let (oh, ow) = (window / geometry.out_width, window % geometry.out_width);
        let (position, c) = (element / geometry.channels, element % geometry.channels);
        let y = (oh * geometry.stride + position / geometry.kernel).checked_sub(geometry.padding);
        let x = (ow * geometry.stride + position % geometry.kernel).checked_sub(geometry.padding);
        match (y.filter(|y| *y < geometry.height), x.filter(|x| *x < geometry.width)) {
            (Some(y), Some(x)) => image[(y * geometry.width + x) * geometry.channels + c],
            _ => 0.0,
        }
    }

    #[test]
    fn windows_hold_what_the_definition_says() {
        for geometry in geometries() {
            let image: Vec<f32> = (1..=geometry.image()).map(|i| i as f32).collect();
            let mut columns = vec![f32::NAN; geometry.windows() * geometry.window()];
            gather(&image, &mut columns, &geometry);
            let expected = |i| element(&image, &geometry, i / geometry.window(), i % geometry.window());
            assert!((0..columns.len()).all(|i| columns[i] == expected(i)), "{geometry:?}");
            for position in 0..geometry.kernel * geometry.kernel {
                let mut cells = vec![f32::NAN; geometry.windows() * geometry.channels];
                gather_positions(&image, &mut cells, position..position + 1, &geometry);
                let start = position * geometry.channels;
                let windows = columns.chunks_exact(geometry.window());
                let expected: Vec<f32> = windows.flat_map(|w| w[start..start + geometry.channels].to_vec()).collect();
                assert_eq!(cells, expected, "{geometry:?}");
            }
        }
    }

    #[test]
    fn scatter_is_the_adjoint_of_gather() {
        for geometry in geometries() {
            let x: Vec<f32> = (0..geometry.image()).map(|i| ((i * 7) % 5) as f32).collect();
            let g: Vec<f32> = (0..geometry.windows() * geometry.window()).map(|i| ((i * 3) % 7) as f32).collect();
            let (mut columns, mut image) = (vec![0.0; g.len()], vec![f32::NAN; x.len()]);
            gather(&x, &mut columns, &geometry);
            scatter(&g, &mut image, &geometry);
            let inner = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            assert_eq!(inner(&columns, &g), inner(&x, &image), "{geometry:?}");
        }
    }
}
