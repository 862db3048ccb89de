//! Matrix products of strided views, through the `gemm` crate.

use gemm::{Parallelism, gemm};

/// A read-only matrix: element (i, j) is `values[i * row_stride + j * column_stride]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub values: &'a [f32],
    pub rows: usize,
    pub columns: usize,
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Each row without gaps, one after the other.
    pub fn by_rows(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Matrix { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Each column without gaps, one after the other.
    pub fn by_columns(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Matrix { values, rows, columns, row_stride: 1, column_stride: rows }
    }

    pub fn transposed(self) -> Self {
        Matrix {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// Whether every element lies inside `values`.
    fn is_inside(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride < self.values.len()
    }
}

/// What becomes of the values that the destination holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Overwrite,
    AddTo,
}

/// On which threads a product runs. Its bits are the same on one and on many: the library splits rows and columns among
/// threads, never the sum over the inner index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// On this one: for callers that are themselves one of many tasks.
    This,
    /// On all of the pool, where the product is large enough.
    All,
}

/// `out = left right`, with the columns of `out` one after the other.
///
/// # Panics
/// Where the sizes do not fit together or a view reaches beyond its values.
pub(crate) fn multiply(out: &mut [f32], left: Matrix, right: Matrix, destination: Destination, threads: Threads) {
    let (m, n, k) = (left.rows, right.columns, left.columns);
    assert_eq!(right.rows, k, "the inner sizes of a matrix product differ");
    assert_eq!(out.len(), m * n, "the destination of a matrix product has another size");
    assert!(left.is_inside() && right.is_inside(), "a matrix reaches beyond its values");
    let add = destination == Destination::AddTo;
    let parallelism = match threads {
        Threads::This => Parallelism::None,
        Threads::All => Parallelism::Rayon(0),
    };
    // SAFETY: the three views lie inside their slices (asserted above), and `out` is borrowed mutably, so it overlaps
    // neither of the others. Where `add` is false the destination is not read.
    unsafe {
        gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            m as isize,
            1,
            add,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            if add { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            parallelism,
        )
    }
}
