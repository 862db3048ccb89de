//! From samples to features: in parallel, with progress, and only once for the same samples.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use ganymede_ops::inference::Workspace;
use rayon::prelude::*;

use super::{Samples, inception_weights::RawTensor, store::Entry};
use crate::{error::Result, metrics::Features};

/// Turns samples into vectors that metrics compare.
pub trait Extractor: std::fmt::Debug + Sync {
    /// What the features are called in every report, such as `inception-768`.
    fn name(&self) -> String;

    /// What the numbers depend on beside the samples: weights by their digest, seeds, versions.
    fn identity(&self) -> String;

    /// The number of features of samples of `shape` [C, H, W].
    fn dim(&self, shape: [usize; 3]) -> usize;

    /// Whether the features of data are worth a place on the disk wherever they are needed again.
    fn is_slow(&self) -> bool {
        false
    }

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
    let entry = cache.map(|cache| cache_entry(cache, extractor, samples));
    let dim = extractor.dim(samples.shape());
    if let Some(features) = entry.as_ref().and_then(|entry| load(entry, samples.count(), dim)) {
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
        let shape = vec![features.count(), features.dim()];
        let tensor = RawTensor { shape, values: features.values().to_vec() };
        entry.save(&BTreeMap::from([(FEATURES.to_owned(), tensor)]))?;
    }
    Ok(features)
}

const FEATURES: &str = "features";

fn cache_entry(cache: &Path, extractor: &dyn Extractor, samples: &Samples) -> Entry {
    Entry::new(cache, FEATURES, format!("{} {} {}", extractor.name(), extractor.identity(), samples.digest()))
}

/// What the entry holds, where it fits.
fn load(entry: &Entry, count: usize, dim: usize) -> Option<Features> {
    let tensor = entry.load()?.remove(FEATURES)?;
    if tensor.shape == [count, dim] { Features::new(tensor.values, dim).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::features::Pixels;

    fn samples() -> Samples {
        Samples::new((0..24).map(|i| i as f32 / 24.0).collect(), [1, 2, 3], None).unwrap()
    }

    fn entry(folder: &Path) -> PathBuf {
        cache_entry(folder, &Pixels, &samples()).path().to_owned()
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
        assert_ne!(cache_entry(folder.path(), &Pixels, &other).path(), entry(folder.path()));
    }
}
