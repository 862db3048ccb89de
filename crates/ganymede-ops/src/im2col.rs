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

    /// The convolution whose adjoint, with the kernel turned around, is this one: the images are the other's outputs. There
    /// is one where the stride is 1 and the padding below the kernel.
    pub fn reversed(&self) -> Option<Self> {
        (self.stride == 1 && self.padding < self.kernel).then_some(Geometry {
            channels: self.filters,
            height: self.out_height,
            width: self.out_width,
            filters: self.channels,
            out_height: self.height,
            out_width: self.width,
            padding: self.kernel - 1 - self.padding,
            ..*self
        })
    }

    /// Elements of one image.
    pub fn image(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Elements of one row of an image.
    fn row(&self) -> usize {
        self.width * self.channels
    }

    /// Windows of one image.
    pub fn windows(&self) -> usize {
        self.out_height * self.out_width
    }

    /// Places in a kernel.
    pub fn positions(&self) -> usize {
        self.kernel * self.kernel
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

/// The rows `kernel_rows` of the windows of one image: `columns[(oh, ow)][(kh, kw, c)]` for these `kh` alone.
pub(crate) fn gather(image: &[f32], columns: &mut [f32], kernel_rows: Range<usize>, geometry: &Geometry) {
    let run = geometry.kernel * geometry.channels;
    let window = kernel_rows.len() * run;
    let line = Line::of(geometry);
    for (oh, columns) in columns.chunks_exact_mut(geometry.out_width * window).enumerate() {
        let (rows, top) = geometry.inside(oh, geometry.height);
        for (index, kh) in kernel_rows.clone().enumerate() {
            let columns = &mut columns[index * run..];
            if rows.contains(&kh) {
                line.gather(&image[(top + kh - rows.start) * geometry.row()..], columns, window);
            } else {
                columns.chunks_mut(window).for_each(|column| column[..run].fill(0.0));
            }
        }
    }
}

crate::simd::simd!(
    /// Adds the rows `kernel_rows` of the windows to one image, each element where [`gather`] took it from.
    fn scatter(columns: &[f32], image: &mut [f32], kernel_rows: Range<usize>, geometry: &Geometry) {
        let run = geometry.kernel * geometry.channels;
        let window = kernel_rows.len() * run;
        let line = Line::of(geometry);
        for (oh, columns) in columns.chunks_exact(geometry.out_width * window).enumerate() {
            let (rows, top) = geometry.inside(oh, geometry.height);
            for (index, kh) in kernel_rows.clone().enumerate().filter(|(_, kh)| rows.contains(kh)) {
                line.scatter(&columns[index * run..], &mut image[(top + kh - rows.start) * geometry.row()..], window);
            }
        }
    }
);

/// How one row of a kernel meets the rows of an image.
struct Line<'a> {
    geometry: &'a Geometry,
    /// The numbers of a window's row.
    run: usize,
    /// The windows that lie inside, and where in the image's row the first one begins.
    whole: Range<usize>,
    start: usize,
}

impl<'a> Line<'a> {
    #[inline(always)]
    fn of(geometry: &'a Geometry) -> Self {
        let is_whole = |ow: &usize| geometry.inside(*ow, geometry.width).0.len() == geometry.kernel;
        let first = (0..geometry.out_width).find(is_whole).unwrap_or(geometry.out_width);
        let count = (first..geometry.out_width).take_while(is_whole).count();
        let start = geometry.inside(first, geometry.width).1 * geometry.channels;
        Line { geometry, run: geometry.kernel * geometry.channels, whole: first..first + count, start }
    }

    /// The windows at the borders, and what of each lies inside: where in the window, and where in the image's row.
    #[inline(always)]
    fn partial(&self) -> impl Iterator<Item = (usize, Range<usize>, usize)> {
        let channels = self.geometry.channels;
        (0..self.whole.start).chain(self.whole.end..self.geometry.out_width).map(move |ow| {
            let (within, x) = self.geometry.inside(ow, self.geometry.width);
            (ow, within.start * channels..within.end * channels, x * channels)
        })
    }

    /// Windows `pitch` numbers apart, from a row of the image.
    #[inline(always)]
    fn gather(&self, row: &[f32], columns: &mut [f32], pitch: usize) {
        for (ow, within, x) in self.partial() {
            let column = &mut columns[ow * pitch..][..self.run];
            column[..within.start].fill(0.0);
            column[within.end..].fill(0.0);
            column[within.clone()].copy_from_slice(&row[x..][..within.len()]);
        }
        if self.whole.is_empty() {
            return;
        }
        let (columns, row) = (&mut columns[self.whole.start * pitch..], &row[self.start..]);
        let step = self.geometry.stride * self.geometry.channels;
        match self.run {
            3 => copy_runs::<3>(row, step, columns, pitch, self.whole.len()),
            4 => copy_runs::<4>(row, step, columns, pitch, self.whole.len()),
            run => {
                for i in 0..self.whole.len() {
                    columns[i * pitch..][..run].copy_from_slice(&row[i * step..][..run]);
                }
            }
        }
    }

    /// The adjoint of [`Line::gather`].
    #[inline(always)]
    fn scatter(&self, columns: &[f32], row: &mut [f32], pitch: usize) {
        for (ow, within, x) in self.partial() {
            add(&mut row[x..], &columns[ow * pitch..][within]);
        }
        if self.whole.is_empty() {
            return;
        }
        let (columns, row) = (&columns[self.whole.start * pitch..], &mut row[self.start..]);
        let step = self.geometry.stride * self.geometry.channels;
        match self.run {
            3 => add_runs::<3>(columns, pitch, row, step, self.whole.len()),
            4 => add_runs::<4>(columns, pitch, row, step, self.whole.len()),
            run => (0..self.whole.len()).for_each(|i| add(&mut row[i * step..], &columns[i * pitch..][..run])),
        }
    }
}

/// Adds `from` to the beginning of `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

/// Copies `count` runs, as short as a kernel's row on one channel, for which a call costs more than what it does.
#[inline(always)]
fn copy_runs<const RUN: usize>(from: &[f32], step: usize, to: &mut [f32], pitch: usize, count: usize) {
    for i in 0..count {
        if let (Some(to), Some(from)) = (to[i * pitch..].first_chunk_mut::<RUN>(), from[i * step..].first_chunk()) {
            *to = *from;
        }
    }
}

/// Adds `count` runs to where [`copy_runs`] took them from.
#[inline(always)]
fn add_runs<const RUN: usize>(from: &[f32], pitch: usize, to: &mut [f32], step: usize, count: usize) {
    for i in 0..count {
        let from: Option<&[f32; RUN]> = from[i * pitch..].first_chunk();
        if let (Some(to), Some(from)) = (to[i * step..].first_chunk_mut::<RUN>(), from) {
            *to = std::array::from_fn(|k| to[k] + from[k]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometries() -> impl Iterator<Item = Geometry> {
        let sizes = [(5, 3, 2, 1), (4, 4, 2, 1), (7, 1, 1, 3), (3, 3, 3, 0), (6, 7, 3, 3), (9, 3, 1, 1), (2, 3, 1, 2)];
        sizes.into_iter().flat_map(|(size, k, s, p)| {
            let of = move |c| Geometry::of_convolution([1, c, size, size + 1], [3, c, k, k], s, p);
            [1, 2].map(of)
        })
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
            let run = geometry.kernel * geometry.channels;
            for kernel_rows in [0..geometry.kernel, 0..1, geometry.kernel / 2..geometry.kernel] {
                let mut columns = vec![f32::NAN; geometry.windows() * kernel_rows.len() * run];
                gather(&image, &mut columns, kernel_rows.clone(), &geometry);
                for (window, columns) in columns.chunks_exact(kernel_rows.len() * run).enumerate() {
                    let expected = |i| element(&image, &geometry, window, kernel_rows.start * run + i);
                    assert!((0..columns.len()).all(|i| columns[i] == expected(i)), "{geometry:?}");
                }
            }
        }
    }

    #[test]
    fn scatter_is_the_adjoint_of_gather() {
        for geometry in geometries() {
            let x: Vec<f32> = (0..geometry.image()).map(|i| ((i * 7) % 5) as f32).collect();
            for kernel_rows in [0..geometry.kernel, 0..1, geometry.kernel / 2..geometry.kernel] {
                let size = geometry.windows() * kernel_rows.len() * geometry.kernel * geometry.channels;
                let g: Vec<f32> = (0..size).map(|i| ((i * 3) % 7) as f32).collect();
                let (mut columns, mut image) = (vec![0.0; g.len()], vec![0.0; x.len()]);
                gather(&x, &mut columns, kernel_rows.clone(), &geometry);
                scatter(&g, &mut image, kernel_rows, &geometry);
                let inner = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                assert_eq!(inner(&columns, &g), inner(&x, &image), "{geometry:?}");
            }
        }
    }
}
