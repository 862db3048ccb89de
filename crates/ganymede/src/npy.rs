//! Arrays as NumPy reads them (`numpy.load`): version 1.0 of its `.npy` format.
//!
//! ```text
//! \x93NUMPY 1 0    length of the header, two bytes    header, with spaces and a newline up to a multiple of 64 bytes in all
//! {'descr': '<f4', 'fortran_order': False, 'shape': (N, C, H, W), }
//! N C H W numbers of four bytes each, row-major; all that has several bytes begins with the least
//! ```
//! (NumPy enhancement proposal 1.)

use std::{io::Write, path::Path};

use burn::tensor::Tensor;

use crate::{
    error::{Error, Result},
    files,
};

/// The header and what stands before it come to a multiple of this.
const ALIGNMENT: usize = 64;
/// The magic string, the version, and the header's length.
const BEFORE_HEADER: usize = 10;

/// Writes samples of `shape` [N, C, H, W], which come in `parts` one after the other, as they are: 32-bit floats, images about
/// in [-1, 1]. No more than one part is held.
///
/// # Errors
/// Those of the parts, [`Error::Shape`] where they are no N samples of [C, H, W], and [`Error::Io`]; `path` is then as it was.
pub fn save_npy(path: &Path, shape: [usize; 4], parts: impl IntoIterator<Item = Result<Tensor<4>>>) -> Result<()> {
    let [samples, of_one @ ..] = shape;
    let misfit = |got: Vec<usize>| Error::Shape { operation: "save_npy", expected: format!("{shape:?} in all"), got };
    files::replace_by(path, |file| {
        let mut write = |bytes: &[u8]| file.write_all(bytes).map_err(Error::io("write", path));
        write(&header(shape))?;
        let mut written = 0;
        for part in parts {
            let part = part?;
            let [n, part_of_one @ ..] = part.dims();
            written += n;
            if part_of_one != of_one || written > samples {
                return Err(misfit(part.dims().to_vec()));
            }
            let bytes: Vec<u8> = part.into_data().iter::<f32>().flat_map(f32::to_le_bytes).collect();
            write(&bytes)?;
        }
        if written == samples { Ok(()) } else { Err(misfit(vec![written, of_one[0], of_one[1], of_one[2]])) }
    })
}

/// Everything before the numbers.
fn header([n, c, h, w]: [usize; 4]) -> Vec<u8> {
    let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {c}, {h}, {w}), }}");
    // the newline is the last byte
    let length = (BEFORE_HEADER + text.len() + 1).next_multiple_of(ALIGNMENT) - BEFORE_HEADER;
    text = format!("{text:<width$}\n", width = length - 1);
    // four numbers of at most twenty digits keep it below two bytes' limit
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(text.into_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    /// ```python
    /// f = io.BytesIO(); np.save(f, np.zeros((2, 1, 1, 2), np.float32)); print(f.getvalue()[:128])
    /// ```
    #[test]
    fn the_header_is_what_numpy_writes() {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 1, 2), }";
        let mut expected = b"\x93NUMPY\x01\x00v\x00".to_vec();
        expected.extend(format!("{text:<117}\n").into_bytes());
        assert_eq!(expected.len(), 128);
        assert_eq!(header([2, 1, 1, 2]), expected);
        assert_eq!(header([usize::MAX; 4]).len() % 64, 0);
    }

    #[test]
    fn parts_follow_each_other_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let all = wave([3, 2, 1, 2], 0.3);
        let parts = [all.clone().narrow(0, 0, 2), all.clone().narrow(0, 2, 1)];
        save_npy(&path, [3, 2, 1, 2], parts.map(Ok)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let numbers: Vec<f32> =
            bytes[128..].chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        assert_eq!(numbers, all.into_data().iter::<f32>().collect::<Vec<_>>());
    }

    #[test]
    fn what_does_not_fit_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for shape in [[2, 2, 1, 2], [4, 2, 1, 2], [3, 1, 1, 2]] {
            assert!(save_npy(&path, shape, [Ok(wave([3, 2, 1, 2], 0.0))]).is_err(), "{shape:?}");
        }
        let failed = Error::setting("latent", "a seed", "none");
        assert!(save_npy(&path, [1, 1, 1, 1], [Err(failed)]).unwrap_err().is_usage());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
