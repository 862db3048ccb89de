//! An IDX file of any content, plain or compressed, is read or refused.

#![no_main]

use std::fs;

use ganymede::data::open_idx;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images");
    fs::write(&path, bytes).unwrap();
    let _ = open_idx(&path, None);
    let _ = open_idx(&path, Some(&path));
});
