//! A PNG or JPEG of any content is read or refused.

#![no_main]

use std::fs;

use ganymede::data::{FolderOptions, open_folder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("picture.png"), bytes).unwrap();
    let _ = open_folder(folder.path(), &FolderOptions { size: Some(8), ..Default::default() });
});
