//! Tensors of a PyTorch file, by a reader that interprets the pickle and executes nothing of it.

use std::{collections::HashMap, path::Path};

use pytorch_reader::{DType, PytorchReader};

use super::inception_weights::RawTensor;
use crate::error::{Error, Result};

const ADVICE: &str = "give a file that torch.save wrote of a state dictionary";

/// The tensors of 32-bit floats in the file, which has `length` bytes; counters of other types are left out.
pub(super) fn read(path: &Path, length: usize) -> Result<HashMap<String, RawTensor>> {
    let reader = PytorchReader::new(path).map_err(|error| Error::data(path, "a whole PyTorch file", error, ADVICE))?;
    let tensors = reader.into_tensors().into_iter();
    let floats: Vec<_> = tensors.filter(|(_, tensor)| tensor.dtype() == DType::F32).collect();
    // a view may repeat a few numbers without bound
    let claimed = floats.iter().fold(0usize, |sum, (_, tensor)| sum.saturating_add(tensor.byte_len()));
    if claimed > length {
        let expected = format!("tensors of at most the {length} bytes of the file");
        return Err(Error::data(path, expected, format!("{claimed} bytes"), ADVICE));
    }
    let read = floats.into_iter().map(|(name, tensor)| {
        let bytes = tensor.read().map_err(|error| Error::data(path, "whole tensors", error, ADVICE))?;
        let values = bytes.as_chunks::<4>().0.iter().map(|word| f32::from_ne_bytes(*word)).collect();
        Ok((name, RawTensor { shape: tensor.shape().to_vec(), values }))
    });
    read.collect()
}
