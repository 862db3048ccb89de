//! A checkpoint: everything that a run needs to go on, in one safetensors file that any tool can read.
//!
//! ```text
//! metadata   ganymede: { digest, version, step, images, ..., config, data } as JSON (`State`)
//! tensors    generator.*, discriminator.*, average.*, adam.generator.*, adam.discriminator.*
//! ```
//! The digest is BLAKE3 over every byte of the file, the digest's own 64 places read as zeros. It stands at a fixed place
//! near the beginning, so that a file is verified before anything in it is believed. The same state is the same bytes.

mod digest;

#[cfg(test)]
pub(crate) use digest::sign;

use std::{borrow::Cow, collections::HashMap, path::Path, sync::Arc};

use burn::tensor::{DType, TensorData};
use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};

use crate::{
    config::Config,
    error::{Error, Result},
    files,
    parameters::NamedTensors,
    random::Step,
    storage::{Disk, Storage},
    training::{Guard, Tick, WatchState},
};

/// The one key of the metadata.
const KEY: &str = "ganymede";
const VERSION: u32 = 1;
/// A larger file is not read.
const MAX_BYTES: u64 = 64 << 30;
/// More images, pixels or channels than any data have: a checkpoint that names them is wrong.
const MAX_SIDE: usize = 1 << 14;

/// What a model must know of the data that it was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataInfo {
    /// [C, H, W] of a sample.
    pub shape: [usize; 3],
    /// The names of the classes; none where the data have no labels.
    pub classes: Vec<String>,
}

/// The best state of a run so far; its checkpoint is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    pub step: Step,
    /// Of the metric; lower is better.
    pub score: f64,
    /// The share of the probe's real samples that it covers, where snapshots between two measured ones are compared by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f64>,
}

/// The state of a run after `step` steps, which is also where its schedule stands.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    pub config: Config,
    pub data: DataInfo,
    pub step: Step,
    /// The numbers since the last line of statistics.
    pub(crate) tick: Tick,
    /// The steps that were skipped of late.
    pub(crate) guard: Guard,
    /// The best state so far, where states are scored.
    pub best: Option<Best>,
    /// What the detectors remember.
    pub(crate) watch: WatchState,
    pub tensors: Arc<NamedTensors>,
}

/// All but the tensors, as the file has it. The digest comes first: `digest.rs` knows its place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State<'a> {
    digest: Cow<'a, str>,
    version: u32,
    step: Step,
    /// Images shown to the discriminator so far.
    images: u64,
    tick: Cow<'a, Tick>,
    guard: Cow<'a, Guard>,
    best: Option<Best>,
    #[serde(default, skip_serializing_if = "is_empty")]
    watch: Cow<'a, WatchState>,
    data: Cow<'a, DataInfo>,
    config: Cow<'a, Config>,
}

fn is_empty(watch: &WatchState) -> bool {
    watch.is_empty()
}

impl Checkpoint {
    /// Writes the checkpoint; the file is there whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be written, [`Error::Checkpoint`] for a number that is not finite.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.save_on(&Disk, path)
    }

    pub(crate) fn save_on(&self, storage: &dyn Storage, path: &Path) -> Result<()> {
        files::replace(storage, path, &self.to_bytes().map_err(|reason| Error::checkpoint(path, reason))?)
    }

    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Damaged`] when its bytes are not those that were written,
    /// [`Error::Checkpoint`] when it is whole but not of this version.
    pub fn load(path: &Path) -> Result<Self> {
        Self::load_from(&Disk, path)
    }

    pub(crate) fn load_from(storage: &dyn Storage, path: &Path) -> Result<Self> {
        let bytes = read(storage, path)?;
        digest::verify(&bytes).map_err(|reason| Error::Damaged { path: path.to_owned(), reason })?;
        Self::from_bytes(&bytes).map_err(|reason| Error::checkpoint(path, reason))
    }

    /// Whether the file is there as it was written.
    pub(crate) fn verify(storage: &dyn Storage, path: &Path) -> Result<()> {
        digest::verify(&read(storage, path)?).map_err(|reason| Error::Damaged { path: path.to_owned(), reason })
    }

    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        if let Some(name) = not_finite(&self.tensors) {
            return Err(format!("tensor '{name}' is not finite, and would not be after a resume"));
        }
        let state = State {
            digest: digest::EMPTY.into(),
            version: VERSION,
            step: self.step,
            images: self.step.0.saturating_mul(self.config.images_per_step()),
            tick: Cow::Borrowed(&self.tick),
            guard: Cow::Borrowed(&self.guard),
            best: self.best,
            watch: Cow::Borrowed(&self.watch),
            data: Cow::Borrowed(&self.data),
            config: Cow::Borrowed(&self.config),
        };
        let state = serde_json::to_string(&state).map_err(|error| error.to_string())?;
        let tensors = self.tensors.iter().map(|(name, data)| (name, Stored(data)));
        let metadata = HashMap::from([(KEY.to_owned(), state)]);
        let bytes = safetensors::serialize(tensors, Some(metadata)).map_err(|error| error.to_string())?;
        digest::sign(bytes)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let state = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let state = state.ok_or_else(|| format!("it has no '{KEY}' in its metadata"))?;
        let Version { version } = serde_json::from_str(state).map_err(|error| format!("its version: {error}"))?;
        if version != VERSION {
            return Err(format!("expected version {VERSION} of the format, got {version}"));
        }
        let state: State = serde_json::from_str(state).map_err(|error| format!("its state: {error}"))?;
        let State { config, data, step, tick, guard, best, watch, .. } = state;
        config.validate().map_err(|error| format!("its settings: {error}"))?;
        if data.shape.iter().any(|side| !(1..=MAX_SIDE).contains(side)) {
            return Err(format!("samples of {:?}; each side is from 1 to {MAX_SIDE}", data.shape));
        }
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let tensors = file.iter().map(|(name, view)| {
            let data = loaded(&view).ok_or_else(|| format!("tensor '{name}' is of type {:?}", view.dtype()))?;
            Ok((name.to_owned(), data))
        });
        Ok(Checkpoint {
            config: config.into_owned(),
            data: data.into_owned(),
            step,
            tick: tick.into_owned(),
            guard: guard.into_owned(),
            best,
            watch: watch.into_owned(),
            tensors: Arc::new(tensors.collect::<Result<_, String>>()?),
        })
    }
}

/// What every version of the format has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

fn read(storage: &dyn Storage, path: &Path) -> Result<Vec<u8>> {
    files::retried(|| storage.read(path, MAX_BYTES)).map_err(Error::io("read", path))
}

/// The first tensor that holds a number that is not finite.
pub(crate) fn not_finite(tensors: &NamedTensors) -> Option<&str> {
    let finite = |data: &TensorData| match data.as_slice::<f32>() {
        Ok(values) => values.iter().all(|value| value.is_finite()),
        Err(_) => true,
    };
    tensors.iter().find(|(_, data)| !finite(data)).map(|(name, _)| name.as_str())
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
