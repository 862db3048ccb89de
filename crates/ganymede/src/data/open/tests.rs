use std::fs;

use burn::tensor::Device;
use tempfile::TempDir;

use super::*;
use crate::{data::Loader, random::Seed, training::Source};

/// The sets that are made as they are read; the one that is made of MNIST only where that is at hand.
fn procedural() -> Vec<Arc<dyn Dataset>> {
    let is_at_hand = std::env::var_os("GANYMEDE_DATA").is_some();
    if !is_at_hand {
        eprintln!("{} skipped: no MNIST under GANYMEDE_DATA", stacked_mnist::NAME);
    }
    let names = known_names().filter(|name| PUBLISHED.iter().all(|set| set.name != *name));
    let names = names.filter(|name| is_at_hand || *name != stacked_mnist::NAME);
    names.map(|name| open(name, &OpenOptions::default()).unwrap()).collect()
}

fn error(source: &str, options: OpenOptions) -> Error {
    open(source, &options).unwrap_err()
}

#[test]
fn every_procedural_set_is_pure_and_about_in_range() {
    for set in procedural() {
        let size = set.shape().iter().product();
        let (mut once, mut again) = (vec![0.0; size], vec![9.0; size]);
        for index in [0, 1, 999, set.len() - 1] {
            let label = set.read(index, &mut once).unwrap();
            assert_eq!(set.read(index, &mut again).unwrap(), label, "{}", set.name());
            assert_eq!(once, again, "{}", set.name());
            assert!(once.iter().all(|x| x.abs() < 1.3), "{}: {once:?}", set.name());
            assert_eq!(label.is_some(), !set.classes().is_empty(), "{}", set.name());
        }
        assert!(set.read(set.len(), &mut once).is_err(), "{}", set.name());
    }
}

#[test]
fn every_procedural_set_has_a_test_part_of_its_own() {
    for set in procedural() {
        let test = open(set.name(), &OpenOptions { split: Split::Test, ..Default::default() }).unwrap();
        let size = set.shape().iter().product();
        let (mut a, mut b) = (vec![0.0; size], vec![0.0; size]);
        set.read(0, &mut a).unwrap();
        test.read(0, &mut b).unwrap();
        assert_ne!(a, b, "{}", set.name());
        assert!(test.len() < set.len());
    }
}

#[test]
fn an_unknown_name_is_told_from_a_path_and_given_its_nearest() {
    let error = error("shpes", OpenOptions::default());
    assert!(error.is_usage());
    let text = error.to_string();
    assert!(text.contains("no data set, file or folder 'shpes'") && text.contains("did you mean 'shapes'"), "{text}");
}

#[test]
fn settings_that_the_data_cannot_have_are_refused() {
    let formed = |form| OpenOptions { form, ..Default::default() };
    let sized = |size| formed(Form { size: Some(Size::square(size)), ..Form::default() });
    let coloured = |channels| formed(Form { channels: Some(channels), ..Form::default() });
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    let cases = [
        error("shapes", sized(0)),
        error("shapes", coloured(2)),
        error("shapes", formed(Form { size: Some(Size { width: 32, height: 28 }), ..Form::default() })),
        error("ring8", sized(28)),
        error("grid25", coloured(1)),
        error(path, OpenOptions { split: Split::Test, ..Default::default() }),
    ];
    assert!(cases.iter().all(Error::is_usage), "{cases:?}");
    assert!(matches!(error(path, OpenOptions::default()), Error::Data { .. }));
}

#[test]
fn a_path_to_an_idx_file_brings_the_labels_beside_it_in_the_asked_form() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("my-images-idx3-ubyte");
    fs::write(&path, [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 255, 0]).unwrap();
    fs::write(folder.path().join("my-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 1, 0]).unwrap();
    let form = Form { size: Some(Size::square(2)), channels: Some(3), ..Form::default() };
    let options = OpenOptions { form, ..Default::default() };
    let set = open(path.to_str().unwrap(), &options).unwrap();
    let mut out = [0.0; 12];
    assert_eq!((set.shape(), set.read(0, &mut out).unwrap(), out), ([3, 2, 2], Some(1), [1.0; 12]));
}

#[test]
fn an_epoch_of_batches_shows_every_sample_once_and_in_another_order() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("images");
    let header = [0, 0, 8, 3, 0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0, 1];
    fs::write(&path, header.into_iter().chain(0..60).collect::<Vec<u8>>()).unwrap();
    let set = open(path.to_str().unwrap(), &OpenOptions::default()).unwrap();
    let loader = Loader::new(Arc::clone(&set), 20, Seed(5), &Device::flex()).unwrap();
    let batch = |ordinal| {
        let batch = loader.batch(ordinal).unwrap();
        assert_eq!((batch.images.dims(), batch.labels), ([20, 1, 1, 1], None));
        batch.images.into_data().iter::<f32>().map(|x| ((x + 1.0) * 127.5).round() as u8).collect::<Vec<_>>()
    };
    let epoch = |first: u64| (first..first + 3).flat_map(batch).collect::<Vec<u8>>();
    let (one, two) = (epoch(0), epoch(3));
    assert_ne!(one, two);
    assert_eq!(one, epoch(0), "asked again, after another epoch");
    for mut order in [one, two] {
        order.sort_unstable();
        assert_eq!(order, (0..60).collect::<Vec<u8>>());
    }
    for size in [0, 61] {
        let refused = Loader::new(Arc::clone(&set), size, Seed(5), &Device::flex()).unwrap_err();
        assert!(refused.is_usage(), "{refused}");
    }
}

#[test]
fn the_official_files_hold_what_they_should() {
    if std::env::var_os("GANYMEDE_DATA").is_none() {
        println!("skipped: GANYMEDE_DATA is not set");
        return;
    }
    // (part, samples, first label): an ankle boot and a five to train on, an ankle boot and a seven to test with
    let cases = [
        ("fashion-mnist", Split::Train, 60_000, 9, "Ankle boot"),
        ("fashion-mnist", Split::Test, 10_000, 9, "Ankle boot"),
        ("mnist", Split::Train, 60_000, 5, "5"),
        ("mnist", Split::Test, 10_000, 7, "7"),
    ];
    for (name, split, samples, label, class) in cases {
        let set = open(name, &OpenOptions { split, ..Default::default() }).unwrap();
        assert_eq!((set.name(), set.len(), set.shape()), (name, samples, [1, 28, 28]));
        assert_eq!(set.classes().len(), 10);
        let mut out = [0.0; 784];
        assert_eq!(set.read(0, &mut out).unwrap(), Some(label));
        assert_eq!(set.classes()[label], class);
        assert!(out.iter().all(|x| (-1.0..=1.0).contains(x)));
    }
}
