//! A checkpoint of any content, its digest put right, is loaded or refused; what is loaded is saved and loaded as the same.

#![no_main]

use std::fs;

use ganymede::checkpoint::Checkpoint;
use libfuzzer_sys::fuzz_target;

/// Where the digest stands, as `checkpoint/digest.rs` has it.
const START: usize = 8 + br#"{"__metadata__":{"ganymede":"{\"digest\":\""#.len();
const LENGTH: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    if let Some(place) = bytes.get_mut(START..START + LENGTH) {
        place.fill(b'0');
        let digest = blake3::hash(&bytes).to_hex();
        bytes[START..START + LENGTH].copy_from_slice(digest.as_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    fs::write(&path, bytes).unwrap();
    let Ok(checkpoint) = Checkpoint::load(&path) else { return };
    if checkpoint.save(&path).is_ok() {
        let again = Checkpoint::load(&path).unwrap();
        assert_eq!((again.step, again.config, again.tensors), (checkpoint.step, checkpoint.config, checkpoint.tensors));
    }
});
