//! `ganymede sample --out samples.npy`: the numbers themselves.

use std::path::{Path, PathBuf};

use ganymede::{npy::save_npy, sampling::Sampler};

use super::{Arguments, CHUNK, beside, with_classes};
use crate::failure::Failure;

/// Whether `path` names such a file.
pub fn is_asked_for(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"))
}

/// Seed after seed, class after class.
pub fn write(
    arguments: &Arguments,
    sampler: &Sampler,
    seeds: &[u64],
    classes: Option<&[usize]>,
) -> Result<PathBuf, Failure> {
    let path = arguments.out.clone().unwrap_or_else(|| beside(&arguments.model, "samples.npy"));
    let (seeds, labels) = with_classes(seeds, classes);
    let [channels, height, width] = sampler.data.shape;
    let parts = (0..seeds.len()).step_by(CHUNK).map(|start| {
        let chunk = start..seeds.len().min(start + CHUNK);
        let labels = labels.as_ref().map(|labels| &labels[chunk.clone()]);
        sampler.sample(&seeds[chunk], labels, arguments.trunc)
    });
    save_npy(&path, [seeds.len(), channels, height, width], parts)?;
    Ok(path)
}
