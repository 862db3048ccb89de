//! Tensors of a PyTorch file, by a reader that interprets the pickle and executes nothing of it.

use std::{collections::HashMap, path::Path};

use pytorch_reader::{DType, PytorchReader};

use super::inception_weights::RawTensor;
use crate::error::{Error, Result};

const ADVICE: &str = "give a file that torch.save wrote of a state dictionary";

/// The tensors of 32-bit floats in the file; counters of other types are left out.
pub(super) fn read(path: &Path) -> Result<HashMap<String, RawTensor>> {
    let reader = PytorchReader::new(path).map_err(|error| Error::data(path, "a whole PyTorch file", error, ADVICE))?;
    let floats = reader.into_tensors().into_iter().filter(|(_, tensor)| tensor.dtype() == DType::F32);
    let read = floats.map(|(name, tensor)| {
        let bytes = tensor.read().map_err(|error| Error::data(path, "whole tensors", error, ADVICE))?;
        let values = bytes.as_chunks::<4>().0.iter().map(|word| f32::from_ne_bytes(*word)).collect();
        Ok((name, RawTensor { shape: tensor.shape().to_vec(), values }))
    });
    read.collect()
}
