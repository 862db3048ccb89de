//! From samples to features: in parallel, with progress, and only once for the same samples.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use burn::tensor::TensorData;
use ganymede_ops::inference::Workspace;
use rayon::prelude::*;

use super::Samples;
use crate::{
    error::{Error, Result},
    files,
    metrics::Features,
};

/// Turns samples into vectors that metrics compare.
pub trait Extractor: std::fmt::Debug + Sync {
    /// What the features are called in every report, such as `inception-768`.
    fn name(&self) -> String;

    /// What the numbers depend on beside the samples: weights by their digest, seeds, versions.
    fn identity(&self) -> String;

    /// The number of features of samples of `shape` [C, H, W].
    fn dim(&self, shape: [usize; 3]) -> usize;

    /// The features of sample `index`.
    ///
    /// # Errors
    /// [`Error::Measurement`] for samples that this extractor cannot see.
    fn features(&self, samples: &Samples, index: usize, workspace: &mut Workspace) -> Result<Vec<f32>>;
}

/// Where the numbers of samples done and of all go; it is called from several threads.
pub type ExtractionProgress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// The features of every sample, from `cache` where they were extracted before.
///
/// # Errors
/// [`Error::Measurement`] for samples that the extractor cannot see, [`Error::Io`] when the cache cannot be written.
pub fn extract(
    extractor: &dyn Extractor,
    samples: &Samples,
    cache: Option<&Path>,
    progress: ExtractionProgress,
) -> Result<Features> {
    let entry = cache.map(|cache| CacheEntry::new(cache, extractor, samples));
    let dim = extractor.dim(samples.shape());
    if let Some(features) = entry.as_ref().and_then(|entry| entry.load(samples.count(), dim)) {
        progress(samples.count(), samples.count());
        return Ok(features);
    }
    let done = AtomicUsize::new(0);
    let rows: Vec<Vec<f32>> = (0..samples.count())
        .into_par_iter()
        .with_max_len(1)
        .map_init(Workspace::default, |workspace, index| {
            let features = extractor.features(samples, index, workspace)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, samples.count());
            Ok(features)
        })
        .collect::<Result<_>>()?;
    let features = Features::new(rows.concat(), dim)?;
    if let Some(entry) = entry {
        entry.save(&features)?;
    }
    Ok(features)
}

/// Features on the disk, under the digest of all that they depend on. An entry that is not whole or not of this key is
/// none: the features are computed again and replace it.
struct CacheEntry {
    path: PathBuf,
    key: String,
}

const TENSOR: &str = "features";
const KEY: &str = "key";

impl CacheEntry {
    fn new(cache: &Path, extractor: &dyn Extractor, samples: &Samples) -> Self {
        let key = format!("{} {} {}", extractor.name(), extractor.identity(), samples.digest());
        let name = blake3::hash(key.as_bytes()).to_hex();
        CacheEntry { path: cache.join("features").join(format!("{name}.safetensors")), key }
    }

    fn load(&self, count: usize, dim: usize) -> Option<Features> {
        let bytes = std::fs::read(&self.path).ok()?;
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).ok()?;
        if header.metadata().as_ref()?.get(KEY)? != &self.key {
            return None;
        }
        let file = safetensors::SafeTensors::deserialize(&bytes).ok()?;
        let view = file.tensor(TENSOR).ok()?;
        if view.shape() != [count, dim] || view.dtype() != safetensors::Dtype::F32 {
            return None;
        }
        let values = view.data().as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect();
        Features::new(values, dim).ok()
    }

    fn save(&self, features: &Features) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let data = TensorData::new(features.values().to_vec(), [features.count(), features.dim()]);
        let view = safetensors::tensor::TensorView::new(
            safetensors::Dtype::F32,
            vec![features.count(), features.dim()],
            data.as_bytes(),
        );
        let encode = |error| Error::io("encode", &self.path)(std::io::Error::other(error));
        let metadata = std::collections::HashMap::from([(KEY.to_owned(), self.key.clone())]);
        let bytes = safetensors::serialize([(TENSOR, view.map_err(encode)?)], Some(metadata)).map_err(encode)?;
        files::write_atomically(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Pixels;

    fn samples() -> Samples {
        Samples::new((0..24).map(|i| i as f32 / 24.0).collect(), [1, 2, 3], None).unwrap()
    }

    fn entry(folder: &Path) -> PathBuf {
        CacheEntry::new(folder, &Pixels, &samples()).path
    }

    #[test]
    fn what_was_extracted_comes_from_the_cache_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let first = extract(&Pixels, &samples(), Some(folder.path()), &|_, _| {}).unwrap();
        assert!(entry(folder.path()).exists());
        let calls = AtomicUsize::new(0);
        let again = extract(&Pixels, &samples(), Some(folder.path()), &|_, _| {
            calls.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(first, again.unwrap());
        assert_eq!(calls.into_inner(), 1, "one report that all is there, none for each sample");
    }

    #[test]
    fn an_entry_that_is_cut_off_or_of_another_key_is_computed_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = extract(&Pixels, &samples(), Some(folder.path()), &|_, _| {}).unwrap();
        let path = entry(folder.path());
        let whole = std::fs::read(&path).unwrap();
        let mut foreign = whole.clone();
        let at = foreign.windows(6).position(|bytes| bytes == b"pixels").unwrap();
        foreign[at] = b'q';
        for spoilt in [&whole[..whole.len() / 2], b"".as_slice(), foreign.as_slice()] {
            std::fs::write(&path, spoilt).unwrap();
            assert_eq!(extract(&Pixels, &samples(), Some(folder.path()), &|_, _| {}).unwrap(), first);
            assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
    }

    #[test]
    fn other_samples_have_another_entry() {
        let folder = tempfile::tempdir().unwrap();
        let other = Samples::new(vec![0.5; 24], [1, 2, 3], None).unwrap();
        assert_ne!(CacheEntry::new(folder.path(), &Pixels, &other).path, entry(folder.path()));
    }
}
