//! The Inception network against pytorch-fid's, on features made by `golden/inception.py`.

use std::{collections::HashMap, path::PathBuf};

use ganymede_ops::inference::Workspace;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    small_64: Vec<f32>,
    small_192: Vec<f32>,
    small_768: Vec<f32>,
    large_768: Vec<f32>,
    formula_2048: Vec<f32>,
    shapes: HashMap<String, [usize; 4]>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../golden/inception.json")).unwrap()
}

/// The weights among the data, or none with a printed reason.
fn weights() -> Option<InceptionWeights> {
    let found = std::env::var_os("GANYMEDE_DATA")
        .map(|folder| PathBuf::from(folder).join("inception-2015-12-05-mixed6e.safetensors"))
        .filter(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: no inception-2015-12-05-mixed6e.safetensors under GANYMEDE_DATA");
    }
    found.map(|path| InceptionWeights::open(&path).unwrap())
}

/// The picture that the script makes of the same size.
fn image(height: usize, width: usize) -> Vec<u8> {
    let pixel = |y: usize, x: usize, c: usize| ((x * x * 3 + y * 7 * (c + 1) + x * y * (2 - c)) % 256) as u8;
    (0..height * width * 3).map(|i| pixel(i / 3 / width, i / 3 % width, i % 3)).collect()
}

/// Relative to the greatest feature: those that are all but switched off have few digits in any 32-bit computation.
fn assert_features(name: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{name}");
    let scale = expected.iter().copied().fold(0.0, f32::max);
    let worst = got.iter().zip(expected).map(|(g, e)| (g - e).abs()).fold(0.0, f32::max) / scale;
    assert!(worst < 1e-5, "{name}: off by {worst} of the greatest feature");
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let difference = norm(&mut got.iter().zip(expected).map(|(g, e)| g - e)) / norm(&mut expected.iter().copied());
    assert!(difference < 1e-5, "{name}: off by {difference} of the norm");
}

#[test]
fn the_features_are_those_of_pytorch_fid_with_the_same_weights() {
    let Some(weights) = weights() else { return };
    assert_eq!(weights.deepest_tap(), Tap::Features768);
    let golden = golden();
    let workspace = &mut Workspace::default();
    let taps = [
        (Tap::Features64, &golden.small_64),
        (Tap::Features192, &golden.small_192),
        (Tap::Features768, &golden.small_768),
    ];
    for (tap, expected) in taps {
        let got = Inception::new(&weights, tap).unwrap().of_image(&image(32, 32), [32, 32], workspace);
        assert_features(&format!("{tap:?}"), &got, expected);
    }
    let network = Inception::new(&weights, Tap::Features768).unwrap();
    assert_features("61x47", &network.of_image(&image(61, 47), [61, 47], workspace), &golden.large_768);
    assert!(Inception::new(&weights, Tap::Features2048).is_err());
}

#[test]
fn the_whole_network_is_that_of_pytorch_fid_on_weights_made_by_a_formula() {
    let golden = golden();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("formula.safetensors");
    let tensors = golden.shapes.iter().flat_map(|(name, shape)| {
        let scale = (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
        let size: usize = shape.iter().product();
        let weight = (0..size).map(|i| (by_formula(i, 1, size) * scale) as f32).collect();
        let bias = (0..shape[0]).map(|i| (0.1 * by_formula(i, 2, size)) as f32).collect();
        [(format!("{name}.weight"), shape.to_vec(), weight), (format!("{name}.bias"), vec![shape[0]], bias)]
    });
    write_safetensors(&path, tensors);
    let weights = InceptionWeights::open(&path).unwrap();
    assert_eq!(weights.deepest_tap(), Tap::Features2048);
    let network = Inception::new(&weights, Tap::Features2048).unwrap();
    let got = network.of_image(&image(32, 32), [32, 32], &mut Workspace::default());
    assert_features("2048", &got, &golden.formula_2048);
}

/// In [-1, 1), as the script's `by_formula`.
fn by_formula(index: usize, salt: u64, size: usize) -> f64 {
    let mut h = (index as u64 + salt * 1_000_003 + size as u64).wrapping_mul(2_654_435_761) & 0xFFFF_FFFF;
    h = ((h ^ (h >> 15)).wrapping_mul(2_246_822_519)) & 0xFFFF_FFFF;
    h = ((h ^ (h >> 13)).wrapping_mul(3_266_489_917)) & 0xFFFF_FFFF;
    h ^= h >> 16;
    h as f64 / 4_294_967_296.0 * 2.0 - 1.0
}

fn write_safetensors(path: &std::path::Path, tensors: impl Iterator<Item = (String, Vec<usize>, Vec<f32>)>) {
    let stored: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = stored.iter().map(|(name, shape, bytes)| {
        let dtype = safetensors::Dtype::F32;
        (name, safetensors::tensor::TensorView::new(dtype, shape.clone(), bytes).unwrap())
    });
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// `torch.save` of `{"Conv2d_1a_3x3.conv.weight": arange(54).reshape(2, 3, 3, 3) / 54, "....bn.weight": [1, 2],
/// "bn.bias": [0.5, 0.25], "bn.running_mean": [0.1, 0.2], "bn.running_var": [1, 4], "bn.num_batches_tracked": 7}`, in both of
/// PyTorch's formats (`_use_new_zipfile_serialization=False` for the old one).
#[test]
fn a_pth_of_either_format_is_read_and_its_batch_normalisation_folded_in() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("zip", include_bytes!("../../golden/first-layer-zip.pth").as_slice()),
        ("legacy", include_bytes!("../../golden/first-layer-legacy.pth").as_slice()),
    ] {
        let path = folder.path().join(format!("{name}.pth"));
        std::fs::write(&path, bytes).unwrap();
        let weights = InceptionWeights::open(&path).unwrap();
        let (weight, bias) = weights.folded("Conv2d_1a_3x3").unwrap();
        // the last weight 53/54 times 2 / sqrt(4.001), the bias 0.25 - 0.2 of that scale
        let scale = 2.0 / 4.001f64.sqrt();
        assert!((f64::from(weight[53]) - 53.0 / 54.0 * scale).abs() < 1e-6, "{name}: {weight:?}");
        assert!((f64::from(bias[1]) - (0.25 - 0.2 * scale)).abs() < 1e-6, "{name}: {bias:?}");
    }
}

#[test]
fn weights_that_are_cut_off_or_foreign_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let foreign = folder.path().join("foreign.safetensors");
    write_safetensors(&foreign, [("fc.weight".to_owned(), vec![2, 1], vec![0.0; 2])].into_iter());
    let whole = std::fs::read(&foreign).unwrap();
    let pth = include_bytes!("../../golden/first-layer-zip.pth");
    for path in [
        foreign.clone(),
        write("cut.safetensors", &whole[..whole.len() - 3]),
        write("cut.pth", &pth[..pth.len() / 2]),
        write("text.pth", b"<html>not found</html>"),
        write("empty.safetensors", b""),
    ] {
        let error = InceptionWeights::open(&path).unwrap_err().to_string();
        assert!(error.contains(&*path.file_name().unwrap().to_string_lossy()), "{error}");
    }
    assert!(InceptionWeights::open(&folder.path().join("none.pth")).is_err());
}
