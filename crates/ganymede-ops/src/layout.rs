//! The order in which the kernels want a tensor's elements in memory.
//!
//! ```text
//! features     shape [N, F]          in memory [F][N]
//! images       shape [N, C, H, W]    in memory [N][H][W][C]
//! parameters   any shape             in memory row by row
//! ```
//! A tensor that already lies so is used where it is; any other (transposed, sliced, flipped, row by row) is copied.

use burn::backend::{TensorMetadata, flex::FlexTensor};

/// A tensor whose elements follow each other without gaps in the order that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Dense(FlexTensor);

impl Dense {
    /// `[N, F]` as `[F][N]`.
    pub fn features(x: FlexTensor) -> Self {
        Self::permuted(x, &[1, 0])
    }

    /// `[N, C, H, W]` as `[N][H][W][C]`.
    pub fn images(x: FlexTensor) -> Self {
        Self::permuted(x, &[0, 2, 3, 1])
    }

    /// Row by row.
    pub fn rows(x: FlexTensor) -> Self {
        Dense(x.to_contiguous())
    }

    /// The order of an activation of that rank.
    pub fn activation(x: FlexTensor) -> Self {
        match x.shape().num_dims() {
            2 => Self::features(x),
            4 => Self::images(x),
            _ => Self::rows(x),
        }
    }

    /// Axis `axes[0]` outermost, the last of `axes` innermost.
    pub fn permuted(x: FlexTensor, axes: &[usize]) -> Self {
        Dense(x.permute(axes).to_contiguous())
    }

    pub fn values(&self) -> &[f32] {
        let layout = self.0.layout();
        let start = layout.start_offset();
        &self.0.storage::<f32>()[start..start + layout.num_elements()]
    }

    /// The elements, to be changed in place; where the memory is shared they are copied first.
    pub fn values_mut(&mut self) -> &mut [f32] {
        let (start, length) = (self.0.layout().start_offset(), self.0.layout().num_elements());
        &mut self.0.storage_mut::<f32>()[start..start + length]
    }

    /// Undoes [`Dense::rows`].
    pub fn into_rows(self) -> FlexTensor {
        self.0
    }

    /// The tensor in the order of its axes again, undoing [`Dense::features`].
    pub fn into_features(self) -> FlexTensor {
        self.0.permute(&[1, 0])
    }

    /// Undoes [`Dense::images`].
    pub fn into_images(self) -> FlexTensor {
        self.0.permute(&[0, 3, 1, 2])
    }

    /// Undoes [`Dense::activation`].
    pub fn into_activation(self) -> FlexTensor {
        match self.0.shape().num_dims() {
            2 => self.into_features(),
            4 => self.into_images(),
            _ => self.0,
        }
    }
}

/// The strides of `[N, F]` in the order of [`Dense::features`].
pub(crate) fn feature_strides([batch, _]: [usize; 2]) -> [usize; 2] {
    [1, batch]
}

/// The strides of `[N, C, H, W]` in the order of [`Dense::images`].
pub(crate) fn image_strides([_, channels, height, width]: [usize; 4]) -> [usize; 4] {
    [height * width * channels, 1, width * channels, channels]
}

/// The lengths of the axes of a tensor of rank `D`.
///
/// # Panics
/// For a tensor of another rank.
pub(crate) fn dims<const D: usize>(x: &FlexTensor) -> [usize; D] {
    x.shape().dims()
}
