//! The digest of a checkpoint, which stands at a fixed place in the file that it is the digest of.
//!
//! ```text
//! bytes 0..8     length of the header
//! PREFIX         {"__metadata__":{"ganymede":"{\"digest\":\"
//! 64 bytes       hex(BLAKE3(the file, these bytes read as EMPTY))
//! ```

/// What stands in the digest's place while it is computed.
pub(super) const EMPTY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const LENGTH: usize = EMPTY.len();
const PREFIX: &[u8] = br#"{"__metadata__":{"ganymede":"{\"digest\":\""#;
const START: usize = 8 + PREFIX.len();

/// `bytes`, which have [`EMPTY`] in the digest's place, with the digest in it.
pub(crate) fn sign(mut bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let (before, after) = split(&bytes).ok_or("the digest has no place in it")?;
    let digest = hash(before, after);
    bytes[START..START + LENGTH].copy_from_slice(digest.as_bytes());
    Ok(bytes)
}

/// Checks every byte.
pub(super) fn verify(bytes: &[u8]) -> Result<(), String> {
    let (before, after) = split(bytes).ok_or("it does not begin as a checkpoint does")?;
    let (found, computed) = (&bytes[START..START + LENGTH], hash(before, after));
    if found == computed.as_bytes() {
        return Ok(());
    }
    Err(format!("its digest is {}, that of its {} bytes is {computed}", String::from_utf8_lossy(found), bytes.len()))
}

/// What comes before the digest, and after.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, rest) = bytes.split_at_checked(START)?;
    let (_, after) = rest.split_at_checked(LENGTH)?;
    before.ends_with(PREFIX).then_some((before, after))
}

fn hash(before: &[u8], after: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before).update(EMPTY.as_bytes()).update(after);
    hasher.finalize().to_hex().to_string()
}
