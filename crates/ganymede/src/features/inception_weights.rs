//! The weights of the FID's Inception network, from either kind of file in which they go round.
//!
//! ```text
//! *.safetensors   <layer>.weight, <layer>.bias                  batch normalisation folded in
//! *.pth           <layer>.conv.weight, <layer>.bn.*             as PyTorch's ports of the network have them
//! folded          w' = w g / sqrt(v + 0.001),   b' = beta - m g / sqrt(v + 0.001)
//! ```
//! Only tensors are read from a `.pth`: its pickle is interpreted, never executed.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use ganymede_ops::inference::ConvRelu;

use super::Tap;
use crate::{
    error::{Error, Result},
    files,
};

/// A larger file is not read; the whole network has 95 MB.
const MAX_BYTES: u64 = 1 << 30;
/// The epsilon of the network's batch normalisation.
const EPSILON: f64 = 0.001;
const ADVICE: &str = "give the weights of the FID's Inception network, a folded safetensors file or pt_inception-2015-12-05-6726825d.pth";

/// The folded convolutions of a weights file by name.
#[derive(Debug)]
pub struct InceptionWeights {
    path: PathBuf,
    /// BLAKE3 of the file, in hexadecimal.
    pub digest: String,
    tensors: HashMap<String, Folded>,
}

#[derive(Debug)]
struct Folded {
    weight: Vec<f32>,
    /// [out, in, kh, kw].
    shape: [usize; 4],
    bias: Vec<f32>,
}

/// A tensor of 32-bit floats as it lies in a file.
#[derive(Debug)]
pub(super) struct RawTensor {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl InceptionWeights {
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Data`] when it is cut off or holds something else.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = files::read_whole(path, MAX_BYTES)?;
        let digest = blake3::hash(&bytes).to_hex().to_string();
        let is_safetensors = path.extension().is_some_and(|extension| extension == "safetensors");
        let raw = if is_safetensors { read_safetensors(path, &bytes)? } else { super::pth::read(path, bytes.len())? };
        let weights = InceptionWeights { path: path.to_owned(), digest, tensors: fold(path, &raw)? };
        if weights.tensors.contains_key("Conv2d_1a_3x3") {
            Ok(weights)
        } else {
            Err(weights.problem("a layer 'Conv2d_1a_3x3'", "no such layer"))
        }
    }

    /// The last tap that the file has all layers for.
    pub fn deepest_tap(&self) -> Tap {
        let last_layers = [
            (Tap::Features2048, "Mixed_7c.branch_pool"),
            (Tap::Features768, "Mixed_6e.branch_pool"),
            (Tap::Features192, "Conv2d_4a_3x3"),
        ];
        let has = |(_, layer): &(Tap, &str)| self.tensors.contains_key(*layer);
        last_layers.into_iter().find(has).map_or(Tap::Features64, |(tap, _)| tap)
    }

    /// The convolution of that name, of `kernel` [height, width].
    pub(super) fn conv(
        &self,
        name: &str,
        channels_in: usize,
        kernel: [usize; 2],
        stride: usize,
        padding: [usize; 2],
    ) -> Result<ConvRelu> {
        let Some(folded) = self.tensors.get(name) else {
            return Err(self.problem(&format!("a layer '{name}'"), "no such layer"));
        };
        let [out, found, height, width] = folded.shape;
        if out == 0 || found != channels_in || folded.bias.len() != out || [height, width] != kernel {
            let expected =
                format!("layer '{name}' of {kernel:?} on {channels_in} channels, with a bias for each output");
            return Err(self.problem(&expected, &format!("shape {:?}", folded.shape)));
        }
        Ok(ConvRelu::new(&folded.weight, folded.shape, folded.bias.clone(), stride, padding))
    }

    /// The folded weights and biases of a layer.
    #[cfg(test)]
    pub(super) fn folded(&self, name: &str) -> Option<(&[f32], &[f32])> {
        self.tensors.get(name).map(|folded| (folded.weight.as_slice(), folded.bias.as_slice()))
    }

    pub(super) fn foreign(&self, expected: usize, got: usize) -> Error {
        self.problem(&format!("{expected} features"), &format!("layers that give {got}"))
    }

    fn problem(&self, expected: &str, got: &str) -> Error {
        Error::data(&self.path, expected, got, ADVICE)
    }
}

fn read_safetensors(path: &Path, bytes: &[u8]) -> Result<HashMap<String, RawTensor>> {
    let file = safetensors::SafeTensors::deserialize(bytes)
        .map_err(|error| Error::data(path, "a whole safetensors file", error, ADVICE))?;
    let tensors = file.iter().map(|(name, view)| {
        if view.dtype() != safetensors::Dtype::F32 {
            let got = format!("{:?} in '{name}'", view.dtype());
            return Err(Error::data(path, "32-bit floats", got, ADVICE));
        }
        let values = view.data().as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect();
        Ok((name.to_owned(), RawTensor { shape: view.shape().to_vec(), values }))
    });
    tensors.collect()
}

/// The convolutions among the tensors, with their batch normalisation folded in.
fn fold(path: &Path, raw: &HashMap<String, RawTensor>) -> Result<HashMap<String, Folded>> {
    let layers = raw.iter().filter_map(|(name, tensor)| {
        let shape: [usize; 4] = tensor.shape.as_slice().try_into().ok()?;
        let layer = name.strip_suffix(".weight")?;
        let folded = match layer.strip_suffix(".conv") {
            None => raw.get(&format!("{layer}.bias")).map(|bias| Folded {
                weight: tensor.values.clone(),
                shape,
                bias: bias.values.clone(),
            }),
            Some(layer) => normalised(raw, layer, tensor, shape),
        };
        let layer = layer.strip_suffix(".conv").unwrap_or(layer);
        Some(folded.map(|folded| (layer.to_owned(), folded)).ok_or_else(|| {
            let expected = format!("a bias or a batch normalisation for '{layer}'");
            Error::data(path, expected, "none, or of another size", ADVICE)
        }))
    });
    layers.collect()
}

fn normalised(raw: &HashMap<String, RawTensor>, layer: &str, weight: &RawTensor, shape: [usize; 4]) -> Option<Folded> {
    let field = |name: &str| {
        raw.get(&format!("{layer}.bn.{name}")).map(|tensor| &tensor.values).filter(|values| values.len() == shape[0])
    };
    let (gamma, beta) = (field("weight")?, field("bias")?);
    let (mean, variance) = (field("running_mean")?, field("running_var")?);
    let scales: Vec<f64> =
        gamma.iter().zip(variance).map(|(g, v)| f64::from(*g) / (f64::from(*v) + EPSILON).sqrt()).collect();
    // a filter without numbers is refused by whoever asks for the layer
    let size = shape[1..].iter().product::<usize>().max(1);
    let scaled = weight.values.chunks_exact(size).zip(&scales);
    Some(Folded {
        weight: scaled.flat_map(|(filter, scale)| filter.iter().map(move |w| (f64::from(*w) * scale) as f32)).collect(),
        shape,
        bias: (0..shape[0]).map(|o| (f64::from(beta[o]) - f64::from(mean[o]) * scales[o]) as f32).collect(),
    })
}
