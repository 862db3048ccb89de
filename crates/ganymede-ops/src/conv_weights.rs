//! The weights of a convolution as its kernels want them.
//!
//! ```text
//! parameter                   [filters][C][kh][kw]
//! convolution, gradient       [kh][kw][C][filters]
//! adjoint                     [filters][kh][kw][C]
//! ```

use crate::{
    buffers::Buffer,
    im2col::Geometry,
    transpose::{exchanged, transposed},
};

/// For [`convolve`](crate::conv_kernels::convolve).
pub(crate) fn for_convolution(weight: &[f32], geometry: &Geometry) -> Buffer {
    exchanged(weight, [geometry.filters, geometry.channels, geometry.positions()])
}

/// For [`convolve_adjoint`](crate::conv_kernels::convolve_adjoint).
pub(crate) fn for_adjoint(weight: &[f32], geometry: &Geometry) -> Buffer {
    transposed(weight, [geometry.filters, geometry.channels, geometry.positions()])
}

/// What [`weight_gradient`](crate::conv_kernels::weight_gradient) gives, as the parameter lies.
pub(crate) fn of_gradient(gradient: &[f32], geometry: &Geometry) -> Buffer {
    exchanged(gradient, [geometry.positions(), geometry.channels, geometry.filters])
}

/// The weight `[a][b][kh][kw]` of a convolution of stride 1 as that of its reversal (see [`Geometry::reversed`]),
/// `[b][a][kh][kw]` with the kernel turned around.
pub(crate) fn turned(weight: &[f32], [a, b, positions]: [usize; 3]) -> Buffer {
    let mut result = Buffer::take(weight.len());
    for (index, kernel) in weight.chunks_exact(positions).enumerate() {
        let (i, j) = (index / b, index % b);
        let target = &mut result[(j * a + i) * positions..][..positions];
        for (target, value) in target.iter_mut().zip(kernel.iter().rev()) {
            *target = *value;
        }
    }
    result
}
