//! Convolution and pooling for networks that only measure: forward, one image at a time, without autodiff.
//!
//! ```text
//! y[p, o] = a( sum_{ky, kx, i} x[s p + (ky, kx) - pad, i] w[(ky, kx, i), o] + b[o] )
//! ```
//! An image lies in memory pixel by pixel, all channels of a pixel side by side (HWC). A row of the kernel then meets its
//! pixels as one run of numbers; some positions at a time are gathered into a matrix that fits the cache beside the
//! weights, and multiplied. Images are independent, so callers go through them on as many threads as there are, each with
//! a [`Workspace`] of its own.

use gemm::Parallelism;

/// Numbers that are gathered for one multiplication: 256 KiB, a part of the second-level cache.
const GATHERED: usize = 64 * 1024;

/// Buffers that are used again from layer to layer and image to image; fresh memory costs as much as a small layer.
#[derive(Debug, Default)]
pub struct Workspace {
    gathered: Vec<f32>,
    free: Vec<Vec<f32>>,
}

/// An image, or a layer's output for one: `height * width` pixels of `channels` numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    pub values: Vec<f32>,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Workspace {
    /// A map whose numbers are still to be written.
    pub fn map(&mut self, height: usize, width: usize, channels: usize) -> Map {
        let mut values = self.free.pop().unwrap_or_default();
        values.resize(height * width * channels, 0.0);
        Map { values, height, width, channels }
    }

    /// Takes a map back whose memory may be used again.
    pub fn recycle(&mut self, map: Map) {
        self.free.push(map.values);
    }
}

impl Map {
    /// The mean of each channel.
    pub fn channel_means(&self) -> Vec<f32> {
        let mut sums = vec![0.0; self.channels];
        for pixel in self.values.chunks_exact(self.channels) {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
        let pixels = (self.height * self.width).max(1) as f32;
        sums.into_iter().map(|sum| sum / pixels).collect()
    }
}

/// A convolution with a bias and a ReLU.
#[derive(Debug, Clone)]
pub struct ConvRelu {
    /// [ky, kx, in, out].
    weight: Vec<f32>,
    bias: Vec<f32>,
    kernel: [usize; 2],
    stride: usize,
    padding: [usize; 2],
    channels_in: usize,
}

impl ConvRelu {
    /// # Shapes
    /// `weight` [out, in, kh, kw] as `shape` says, `bias` [out]; `padding` is that of the height and of the width.
    ///
    /// # Panics
    /// When the weights or biases are not as many as `shape` says.
    pub fn new(weight: &[f32], shape: [usize; 4], bias: Vec<f32>, stride: usize, padding: [usize; 2]) -> Self {
        let [out, channels_in, height, width] = shape;
        assert_eq!(weight.len(), shape.iter().product::<usize>(), "ConvRelu: weights for {shape:?}");
        assert_eq!(bias.len(), out, "ConvRelu: biases for {shape:?}");
        let mut turned = vec![0.0; weight.len()];
        for (from, value) in weight.iter().enumerate() {
            let (o, rest) = (from / (channels_in * height * width), from % (channels_in * height * width));
            let (i, position) = (rest / (height * width), rest % (height * width));
            turned[(position * channels_in + i) * out + o] = *value;
        }
        ConvRelu { weight: turned, bias, kernel: [height, width], stride, padding, channels_in }
    }

    pub fn channels_out(&self) -> usize {
        self.bias.len()
    }

    fn output_size(&self, x: &Map) -> [usize; 2] {
        let side = |size: usize, axis: usize| (size + 2 * self.padding[axis] - self.kernel[axis]) / self.stride + 1;
        [side(x.height, 0), side(x.width, 1)]
    }

    /// # Shapes
    /// `x` [H, W, in] -> [(H + 2p - k)/s + 1, (W + 2p - k)/s + 1, out].
    pub fn forward(&self, x: &Map, workspace: &mut Workspace) -> Map {
        let [height, width] = self.output_size(x);
        let mut y = workspace.map(height, width, self.channels_out());
        self.forward_into(x, &mut y, 0, workspace);
        y
    }

    /// Writes the output into channels `offset ..` of `y`, which has the height and width of the output.
    ///
    /// # Panics
    /// When `x` has other channels than the weights, or `y` has no room.
    pub fn forward_into(&self, x: &Map, y: &mut Map, offset: usize, workspace: &mut Workspace) {
        assert_eq!(x.channels, self.channels_in, "ConvRelu: channels in");
        assert_eq!([y.height, y.width], self.output_size(x), "ConvRelu: size of the output");
        assert!(offset + self.channels_out() <= y.channels, "ConvRelu: channels out");
        let positions = y.height * y.width;
        let columns = self.kernel.iter().product::<usize>() * self.channels_in;
        if self.kernel == [1, 1] && self.stride == 1 {
            self.multiply(&x.values, positions, columns, y, 0, offset);
            return;
        }
        let mut gathered = std::mem::take(&mut workspace.gathered);
        let at_a_time = (GATHERED / columns).clamp(1, positions);
        gathered.resize(at_a_time * columns, 0.0);
        for start in (0..positions).step_by(at_a_time) {
            let count = at_a_time.min(positions - start);
            for (row, position) in gathered.chunks_exact_mut(columns).zip(start..start + count) {
                self.gather(x, position / y.width, position % y.width, row);
            }
            self.multiply(&gathered, count, columns, y, start, offset);
        }
        workspace.gathered = gathered;
    }

    /// Copies the pixels under the kernel at output position (y, x); those beyond the border are 0.
    fn gather(&self, x: &Map, y_out: usize, x_out: usize, row: &mut [f32]) {
        let [kernel_height, kernel_width] = self.kernel;
        let run = kernel_width * self.channels_in;
        let left = (x_out * self.stride) as isize - self.padding[1] as isize;
        let skipped = (-left).clamp(0, kernel_width as isize) as usize;
        let end = (x.width as isize - left).clamp(skipped as isize, kernel_width as isize) as usize;
        for (ky, row) in row.chunks_exact_mut(run).enumerate().take(kernel_height) {
            let y_in = (y_out * self.stride + ky).checked_sub(self.padding[0]).filter(|y| *y < x.height);
            let Some(y_in) = y_in else {
                row.fill(0.0);
                continue;
            };
            let from = (y_in as isize * x.width as isize + left + skipped as isize) as usize * self.channels_in;
            let (inside, after) = (skipped * self.channels_in, end * self.channels_in);
            row[..inside].fill(0.0);
            row[inside..after].copy_from_slice(&x.values[from..from + after - inside]);
            row[after..].fill(0.0);
        }
    }

    /// Rows `start ..` of `y` from as many rows of `matrix`.
    fn multiply(&self, matrix: &[f32], rows: usize, columns: usize, y: &mut Map, start: usize, offset: usize) {
        let (out, pitch) = (self.channels_out(), y.channels);
        assert!(matrix.len() >= rows * columns && self.weight.len() == columns * out);
        let target = &mut y.values[start * pitch..(start + rows) * pitch];
        // SAFETY: the three matrices lie within their slices: [rows, columns] and [columns, out] are as long as asserted
        // above, and row `rows - 1` of the destination ends at `offset + out <= pitch` within `rows * pitch` numbers.
        unsafe {
            gemm::gemm(
                rows,
                out,
                columns,
                target.as_mut_ptr().add(offset),
                1,
                pitch as isize,
                false,
                matrix.as_ptr(),
                1,
                columns as isize,
                self.weight.as_ptr(),
                1,
                out as isize,
                0.0,
                1.0,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
        for pixel in target.chunks_exact_mut(pitch) {
            let pixel = &mut pixel[offset..offset + out];
            pixel.iter_mut().zip(&self.bias).for_each(|(value, bias)| *value = (*value + bias).max(0.0));
        }
    }
}

/// The maximum of each channel over 3x3 pixels, in steps of `stride`, with `padding` pixels of nothing around.
pub fn max_pool_3x3(x: &Map, stride: usize, padding: usize, workspace: &mut Workspace) -> Map {
    pool_3x3(x, stride, padding, workspace, |pixel, neighbour| {
        pixel.iter_mut().zip(neighbour).for_each(|(most, value)| *most = most.max(*value));
    })
    .0
}

/// The mean of each channel over the pixels among 3x3 that lie inside the image, around each pixel.
pub fn average_pool_3x3(x: &Map, workspace: &mut Workspace) -> Map {
    let (mut sums, counts) = pool_3x3(x, 1, 1, workspace, |pixel, neighbour| {
        pixel.iter_mut().zip(neighbour).for_each(|(sum, value)| *sum += value);
    });
    for (pixel, count) in sums.values.chunks_exact_mut(x.channels).zip(counts) {
        pixel.iter_mut().for_each(|sum| *sum /= count as f32);
    }
    sums
}

/// Combines the pixels under each 3x3 window; returns also how many lay inside the image.
fn pool_3x3(
    x: &Map,
    stride: usize,
    padding: usize,
    workspace: &mut Workspace,
    combine: impl Fn(&mut [f32], &[f32]),
) -> (Map, Vec<usize>) {
    let side = |size: usize| (size + 2 * padding - 3) / stride + 1;
    let mut y = workspace.map(side(x.height), side(x.width), x.channels);
    let mut counts = Vec::with_capacity(y.height * y.width);
    let inside = |out: usize, size: usize| {
        let start = out * stride;
        start.saturating_sub(padding)..(start + 3 - padding).min(size)
    };
    for (position, pixel) in y.values.chunks_exact_mut(x.channels).enumerate() {
        let (rows, columns) = (inside(position / y.width, x.height), inside(position % y.width, x.width));
        counts.push(rows.len() * columns.len());
        let neighbours = rows.flat_map(|row| columns.clone().map(move |column| row * x.width + column));
        let mut neighbours = neighbours.map(|at| &x.values[at * x.channels..(at + 1) * x.channels]);
        if let Some(first) = neighbours.next() {
            pixel.copy_from_slice(first);
        }
        neighbours.for_each(|neighbour| combine(pixel, neighbour));
    }
    (y, counts)
}
