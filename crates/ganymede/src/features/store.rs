//! Tensors on the disk under the key of all that they depend on.
//!
//! A file that is not whole, or not of the key that is asked for, is none: what it would hold is computed again and replaces
//! it. Files are written whole or not at all.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use burn::{module::Module, tensor::TensorData};

use super::inception_weights::RawTensor;
use crate::{
    error::{Error, Result},
    files,
    parameters::{self, NamedTensors},
};

const KEY: &str = "key";
const NOTE: &str = "note";

/// Where the tensors of one key lie.
#[derive(Debug)]
pub(crate) struct Entry {
    path: PathBuf,
    key: String,
}

impl Entry {
    /// The entry of `key` among those of `kind`.
    pub fn new(cache: &Path, kind: &str, key: String) -> Self {
        let name = blake3::hash(key.as_bytes()).to_hex();
        Entry { path: cache.join(kind).join(format!("{name}.safetensors")), key }
    }

    #[cfg(test)]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tensors of any module, with the note that they were saved with.
    pub fn load_tensors(&self) -> Option<(NamedTensors, String)> {
        let (tensors, note) = self.read()?;
        let named = |(name, tensor): (String, RawTensor)| (name, TensorData::new(tensor.values, tensor.shape));
        Some((tensors.into_iter().map(named).collect(), note))
    }

    pub(super) fn load(&self) -> Option<BTreeMap<String, RawTensor>> {
        self.read().map(|(tensors, _)| tensors)
    }

    fn read(&self) -> Option<(BTreeMap<String, RawTensor>, String)> {
        let bytes = std::fs::read(&self.path).ok()?;
        let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
        let metadata = header.metadata().as_ref()?;
        if metadata.get(KEY)? != &self.key {
            return None;
        }
        let note = metadata.get(NOTE).cloned().unwrap_or_default();
        let file = SafeTensors::deserialize(&bytes).ok()?;
        let tensors = file.iter().map(|(name, view)| {
            let values = view.data().as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect();
            let tensor = RawTensor { shape: view.shape().to_vec(), values };
            (view.dtype() == Dtype::F32).then(|| (name.to_owned(), tensor))
        });
        Some((tensors.collect::<Option<_>>()?, note))
    }

    /// The tensors of a module, under names that begin with `prefix`, and a note that belongs to them.
    ///
    /// # Errors
    /// [`Error::Io`] when they cannot be written.
    pub fn save_module(&self, module: &impl Module, prefix: &str, note: String) -> Result<()> {
        let mut tensors = NamedTensors::new();
        parameters::save(module, prefix, &mut tensors);
        let raw = |data: &TensorData| RawTensor { shape: data.shape().to_vec(), values: data.iter::<f32>().collect() };
        self.write(&tensors.iter().map(|(name, data)| (name.clone(), raw(data))).collect(), note)
    }

    pub(super) fn save(&self, tensors: &BTreeMap<String, RawTensor>) -> Result<()> {
        self.write(tensors, String::new())
    }

    fn write(&self, tensors: &BTreeMap<String, RawTensor>, note: String) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let encode = |error| Error::io("encode", &self.path)(std::io::Error::other(error));
        let bytes: Vec<Vec<u8>> = tensors
            .values()
            .map(|tensor| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect())
            .collect();
        let views = tensors.iter().zip(&bytes).map(|((name, tensor), bytes)| {
            TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).map(|view| (name, view)).map_err(encode)
        });
        let views = views.collect::<Result<Vec<_>>>()?;
        let mut metadata = HashMap::from([(KEY.to_owned(), self.key.clone())]);
        if !note.is_empty() {
            metadata.insert(NOTE.to_owned(), note);
        }
        let file = safetensors::serialize(views, Some(metadata)).map_err(encode)?;
        files::write_atomically(&self.path, &file)
    }
}
