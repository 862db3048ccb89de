//! Files from anywhere: each reader's law (`fuzz/src/lib.rs`) on its corpus, and on files made of the corpus by changing bytes
//! at random. Each is read or refused; none ends the process, and none takes memory on its header's word.

#[path = "../../../fuzz/src/lib.rs"]
mod laws;

use std::{fs, path::Path};

use ganymede::{
    data::open_idx,
    features::InceptionWeights,
    random::{Draws, Purpose, Seed},
};

const MUTATIONS: u64 = 2000;

/// The files that a fuzz target starts from, and those that it has found; each with its name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into(), fs::read(path).unwrap()))
        .collect()
}

fn file(target: &str, name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target).join(name)).unwrap()
}

#[test]
fn every_law_holds_on_its_corpus() {
    for (target, law) in laws::LAWS {
        let files = corpus(target);
        assert!(!files.is_empty(), "{target}");
        files.iter().for_each(|(_, bytes)| law(bytes));
    }
}

/// Changes one to four bytes, or their number.
fn mutated(bytes: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + draws.below(4) {
        let at = draws.below(bytes.len().max(1));
        match draws.below(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << draws.below(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0xff][draws.below(4)],
            2 if at < bytes.len() => bytes[at] = *b"0123456789\"{}[],:-e".get(draws.below(19)).unwrap(),
            3 => bytes.truncate(at),
            _ => bytes.insert(at, draws.below(256) as u8),
        }
    }
    bytes
}

fn assert_holds_on_changed_files(target: &str) {
    let (_, law) = laws::LAWS.into_iter().find(|(name, _)| *name == target).unwrap();
    let files = corpus(target);
    for mutation in 0..MUTATIONS {
        let draws = &mut Draws::new(Seed(0), Purpose::Data, mutation);
        let (_, bytes) = &files[draws.below(files.len())];
        law(&mutated(bytes, draws));
    }
}

macro_rules! laws {
    ($($test:ident $target:literal),* $(,)?) => {
        $(#[test]
        fn $test() {
            assert_holds_on_changed_files($target);
        })*

        #[test]
        fn no_law_is_left_out() {
            assert_eq!([$($target),*], laws::LAWS.map(|(name, _)| name));
        }
    };
}

laws! {
    a_checkpoint_of_any_content_is_read_or_refused "checkpoint",
    cifar_of_any_content_is_read_or_refused "cifar",
    settings_of_any_content_are_read_or_refused "config",
    a_compressed_file_of_any_content_is_read_or_refused "gzip",
    an_idx_file_of_any_content_is_read_or_refused "idx",
    a_picture_of_any_content_is_read_or_refused "picture",
    a_pytorch_file_of_any_content_is_read_or_refused "pth",
    weights_of_any_content_are_read_or_refused "weights",
    a_zip_archive_of_any_content_is_read_or_refused "zip",
}

#[test]
fn whole_files_of_the_corpora_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    for (target, name) in [("idx", "images"), ("idx", "images-compressed"), ("gzip", "compressed")] {
        open_idx(&write("images", &file(target, name)), None).unwrap();
    }
    InceptionWeights::open(&write("a.safetensors", &file("weights", "first-tap"))).unwrap();
    InceptionWeights::open(&write("a.pth", &file("pth", "first-tap"))).unwrap();
}

/// 1,648 bytes that claim two gigabytes, by a view that repeats one number.
#[test]
fn weights_that_claim_more_than_their_file_holds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("expanded.pth");
    fs::write(&path, file("pth", "expanded")).unwrap();
    let error = InceptionWeights::open(&path).unwrap_err().to_string();
    assert!(error.contains("2147483648 bytes"), "{error}");
}
