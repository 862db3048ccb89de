//! A checkpoint: everything that a run needs to go on, in one safetensors file.
//!
//! ```text
//! metadata   format, version, step, config (JSON), data (JSON: shape and classes)
//! tensors    generator.*, discriminator.*, average.*, adam.generator.*, adam.discriminator.*
//! ```

use std::{borrow::Cow, collections::HashMap, path::Path};

use burn::tensor::{DType, TensorData};
use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};

use crate::{
    config::Config,
    error::{Error, Result},
    files,
    parameters::NamedTensors,
    random::Step,
};

const FORMAT: &str = "ganymede-checkpoint";
const VERSION: &str = "1";

/// What a model must know of the data that it was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataInfo {
    /// [C, H, W] of a sample.
    pub shape: [usize; 3],
    /// The names of the classes; none where the data have no labels.
    pub classes: Vec<String>,
}

/// The state of a run after `step` steps.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    pub config: Config,
    pub data: DataInfo,
    pub step: Step,
    pub tensors: NamedTensors,
}

impl Checkpoint {
    /// Writes the checkpoint; the file is there whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("version".to_owned(), VERSION.to_owned()),
            ("step".to_owned(), self.step.0.to_string()),
            ("config".to_owned(), json(path, &self.config)?),
            ("data".to_owned(), json(path, &self.data)?),
        ]);
        let tensors = self.tensors.iter().map(|(name, data)| (name, Stored(data)));
        let bytes = safetensors::serialize(tensors, Some(metadata)).map_err(|error| Error::checkpoint(path, error))?;
        files::write_atomically(path, &bytes)
    }

    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Checkpoint`] when it is not a whole checkpoint of this version.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let fail = |reason: String| Error::checkpoint(path, reason);
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| fail(error.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let field = |key: &str| metadata.get(key).ok_or_else(|| fail(format!("it has no '{key}' in its metadata")));
        if field("format")? != FORMAT || field("version")? != VERSION {
            let (format, version) = (field("format")?, field("version")?);
            return Err(fail(format!("expected format {FORMAT} version {VERSION}, got {format} version {version}")));
        }
        let parse = |key: &str, error: serde_json::Error| fail(format!("its {key} cannot be read: {error}"));
        let file = SafeTensors::deserialize(&bytes).map_err(|error| fail(error.to_string()))?;
        let tensors = file.iter().map(|(name, view)| {
            let data = loaded(&view).ok_or_else(|| fail(format!("tensor '{name}' is of type {:?}", view.dtype())))?;
            Ok((name.to_owned(), data))
        });
        Ok(Checkpoint {
            config: serde_json::from_str(field("config")?).map_err(|error| parse("config", error))?,
            data: serde_json::from_str(field("data")?).map_err(|error| parse("data", error))?,
            step: Step(field("step")?.parse().map_err(|_| fail("its step is not a number".into()))?),
            tensors: tensors.collect::<Result<_>>()?,
        })
    }
}

fn json(path: &Path, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::checkpoint(path, error))
}

/// A tensor as safetensors wants to see it.
struct Stored<'a>(&'a TensorData);

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        match self.0.dtype() {
            DType::I64 => Dtype::I64,
            _ => Dtype::F32,
        }
    }

    fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.0.as_bytes())
    }

    fn data_len(&self) -> usize {
        self.0.as_bytes().len()
    }
}

fn loaded(view: &safetensors::tensor::TensorView) -> Option<TensorData> {
    let dtype = match view.dtype() {
        Dtype::F32 => DType::F32,
        Dtype::I64 => DType::I64,
        _ => return None,
    };
    Some(TensorData::from_bytes_vec(view.data().to_vec(), view.shape().to_vec(), dtype))
}
