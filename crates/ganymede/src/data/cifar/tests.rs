use std::{fs, io::Write, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

use super::*;
use crate::data::{Dataset, Form, OpenOptions, Size, open};

/// An image all of whose bytes depend on its number.
fn image(number: u8) -> Vec<u8> {
    (0..IMAGE).map(|at| (at as u8).wrapping_mul(3).wrapping_add(number)).collect()
}

fn binary(labels: &[&[u8]]) -> Vec<u8> {
    labels.iter().enumerate().flat_map(|(number, label)| [label, &image(number as u8)[..]].concat()).collect()
}

/// A batch as Python 2's cPickle wrote the published ones, protocol 2: `pickle.load(f, encoding="bytes")` reads it.
fn pickled(key: &str, labels: &[u8]) -> Vec<u8> {
    let short = |text: &str| [b"U", &[text.len() as u8][..], text.as_bytes()].concat();
    let pixels: Vec<u8> = (0..labels.len()).flat_map(|number| image(number as u8)).collect();
    let mut out = b"\x80\x02}q\x01(".to_vec();
    out.extend([short("batch_label"), b"q\x02".to_vec(), short("part"), b"q\x03".to_vec()].concat());
    out.extend([short(key), b"q\x04]q\x05(".to_vec()].concat());
    out.extend(labels.iter().flat_map(|label| [b'K', *label]));
    out.extend([b"e".to_vec(), short("data"), b"q\x06cnumpy.core.multiarray\n_reconstruct\nq\x07".to_vec()].concat());
    out.extend(b"cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01");
    out.extend([&b"M"[..], &(labels.len() as u16).to_le_bytes(), b"M\x00\x0c\x86cnumpy\ndtype\nq\x0a"].concat());
    out.extend(b"U\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89");
    out.extend([&b"T"[..], &(pixels.len() as u32).to_le_bytes(), &pixels, b"tbu."].concat());
    out
}

fn pickled_names(key: &str, names: &[&str]) -> Vec<u8> {
    let short = |text: &str| [b"U", &[text.len() as u8][..], text.as_bytes()].concat();
    let list: Vec<u8> = names.iter().flat_map(|name| [short(name), b"a".to_vec()].concat()).collect();
    [b"\x80\x02}q\x01".to_vec(), short(key), b"]q\x02".to_vec(), list, b"s.".to_vec()].concat()
}

const NAMES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The files of CIFAR-10 with three images each, as they are in one form.
fn cifar10(python: bool) -> Vec<(String, Vec<u8>)> {
    let kind = if python { Kind::Python10 } else { Kind::Binary10 };
    let names = if python {
        ("batches.meta".to_owned(), pickled_names("label_names", &NAMES))
    } else {
        ("batches.meta.txt".to_owned(), (NAMES.join("\n") + "\n\n").into_bytes())
    };
    let images = |first: u8| if python { pickled("labels", &[first, 9, 0]) } else { binary(&[&[first], &[9], &[0]]) };
    let train = kind.files(Split::Train).into_iter().enumerate().map(|(place, file)| (file, images(place as u8 + 1)));
    let test = kind.files(Split::Test).into_iter().map(|file| (file, images(7)));
    train.chain(test).chain([names]).collect()
}

fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    // in an order of its own, in a folder, beside a file that says nothing
    for (name, bytes) in files.iter().rev().chain(&[("readme.html".to_owned(), b"hello".to_vec())]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("cifar/{name}"), bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn written(folder: &TempDir, files: &[(String, Vec<u8>)]) -> [PathBuf; 2] {
    let inside = folder.path().join("files");
    fs::create_dir_all(&inside).unwrap();
    for (name, bytes) in files {
        fs::write(inside.join(name), bytes).unwrap();
    }
    let archive = folder.path().join("cifar.tar.gz");
    fs::write(&archive, packed(files)).unwrap();
    [archive, inside]
}

fn bytes_of(set: &ImageSet, index: usize) -> (Vec<u8>, Option<usize>) {
    let mut out = vec![0.0; IMAGE];
    let label = set.read(index, &mut out).unwrap();
    (out.iter().map(|x| ((x + 1.0) * 127.5).round() as u8).collect(), label)
}

#[test]
fn both_forms_are_read_from_the_archive_and_from_the_folder() {
    for python in [false, true] {
        let folder = TempDir::new().unwrap();
        for path in written(&folder, &cifar10(python)) {
            let train = open_cifar(&path, Split::Train).unwrap();
            assert_eq!((train.name(), train.len(), train.shape()), ("cifar10", 15, SHAPE), "{python}");
            assert_eq!(train.classes(), NAMES, "{python}");
            let labels: Vec<usize> = (0..15).map(|index| bytes_of(&train, index).1.unwrap()).collect();
            assert_eq!(labels, [1, 9, 0, 2, 9, 0, 3, 9, 0, 4, 9, 0, 5, 9, 0]);
            assert_eq!(bytes_of(&train, 4), (image(1), Some(9)));
            let test = open_cifar(&path, Split::Test).unwrap();
            assert_eq!((test.len(), bytes_of(&test, 0)), (3, (image(0), Some(7))));
            let form = Form { size: Some(Size::square(8)), channels: Some(1), ..Form::default() };
            let options = OpenOptions { form, split: Split::Test, ..Default::default() };
            let opened = open(path.to_str().unwrap(), &options).unwrap();
            assert_eq!((opened.name(), opened.len(), opened.shape()), ("cifar10", 3, [1, 8, 8]));
        }
    }
}

#[test]
fn the_fine_labels_of_cifar_100_are_the_classes() {
    for (python, names) in [(false, "fine_label_names.txt"), (true, "meta")] {
        let folder = TempDir::new().unwrap();
        let ending = if python { "" } else { ".bin" };
        let images = if python { pickled("fine_labels", &[99, 3]) } else { binary(&[&[1, 99], &[19, 3]]) };
        // names that are not as many as there should be say nothing
        let files = [format!("train{ending}"), format!("test{ending}")].map(|file| (file, images.clone()));
        let files: Vec<_> = files.into_iter().chain([(names.to_owned(), b"apple\n".to_vec())]).collect();
        for path in written(&folder, &files) {
            let set = open_cifar(&path, Split::Train).unwrap();
            assert_eq!((set.name(), set.classes().len(), set.classes()[99].as_str()), ("cifar100", 100, "99"));
            assert_eq!([0, 1].map(|index| bytes_of(&set, index)), [(image(0), Some(99)), (image(1), Some(3))]);
        }
    }
}

#[test]
fn missing_truncated_and_foreign_files_are_errors_that_name_the_file() {
    let changed = |python: bool, change: fn(&mut Vec<(String, Vec<u8>)>)| {
        let folder = TempDir::new().unwrap();
        let mut files = cifar10(python);
        change(&mut files);
        let texts = written(&folder, &files).map(|path| open_cifar(&path, Split::Train).unwrap_err().to_string());
        texts.join(" | ")
    };
    let second: fn(&mut Vec<(String, Vec<u8>)>) = |files| files[1].1.truncate(4000);
    for (text, hint) in [
        (changed(false, |files| drop(files.remove(1))), "got only "),
        (changed(false, |files| files.clear()), "none of them"),
        (changed(false, second), "data_batch_2.bin: expected images of 3073 bytes"),
        (changed(false, |files| files[1].1[0] = 10), "label 10"),
        (changed(true, second), "data_batch_2: expected a pickled batch"),
        (changed(true, |files| files[1].1 = b"no pickle".to_vec()), "opcode 0x6e"),
        (changed(true, |files| files[1].1 = b"\x80\x02}.".to_vec()), "no array called 'data'"),
        (changed(true, |files| files[1].1 = pickled("fine_labels", &[1])), "no list called 'labels'"),
        (changed(true, |files| files[1].1 = pickled("labels", &[])), "0 labels"),
    ] {
        assert_eq!(text.matches(hint).count(), 2, "{hint}: {text}");
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cut.tar.gz");
    let whole = packed(&cifar10(true));
    for length in [0, 1, 2, 20, whole.len() / 2, whole.len() - 9] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = open_cifar(&path, Split::Train).unwrap_err();
        assert!(matches!(error, Error::Data { .. }), "{length}: {error}");
    }
}

/// What `pickle.load` would run: `os.system` with an argument.
#[test]
fn a_pickle_that_calls_something_calls_nothing() {
    let evil = b"cos\nsystem\n(U\x0etouch /tmp/evil\x85R.".to_vec();
    assert!(Batch::read(&evil, "labels").unwrap_err().contains("data"));
    for truncated in 0..evil.len() {
        assert!(Batch::read(&evil[..truncated], "labels").is_err());
    }
}

#[test]
fn a_pickle_that_grows_without_end_is_refused() {
    // one list that is remembered and extended by itself, and values without end
    for body in [b"q\x00h\x00a".repeat(1_000_000), b"N".repeat(3_000_000)] {
        let pickle = [b"\x80\x02]".to_vec(), body, b".".to_vec()].concat();
        assert!(Batch::read(&pickle, "labels").is_err());
    }
}

#[test]
fn an_archive_is_told_by_its_beginning() {
    let whole = packed(&cifar10(false));
    assert!(is_archive(&whole[..whole.len().min(4096)]));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&[0, 0, 8, 3]).unwrap();
    assert!(!is_archive(&encoder.finish().unwrap()) && !is_archive(b"") && !is_archive(&[0; 4096]));
}
