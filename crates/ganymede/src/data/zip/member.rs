//! One member of a ZIP archive: where it lies, and how its bytes are had.

use std::{
    fs::File,
    io::{self, Cursor, Read},
};

use flate2::{Crc, read::DeflateDecoder};

use crate::data::pictures::{Encoded, MAX_MEMORY};

/// As much of a picture as its header takes, but for pictures with much metadata.
const HEADER: u64 = 1 << 16;
/// The part of a local header that has a fixed size, and what it begins with.
const LOCAL_HEADER: usize = 30;
const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
/// No deflated byte holds more than this many.
const MAX_RATIO: u64 = 1032;

/// How a member is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Stored,
    Deflated,
    Encrypted,
    /// By a method that is not read.
    Other,
}

/// What the directory of an archive says of a member.
#[derive(Debug)]
pub struct Member {
    pub name: Box<str>,
    pub coding: Coding,
    /// Where its local header lies.
    pub header: u64,
    pub compressed: u64,
    pub size: u64,
    pub checksum: u32,
}

impl Member {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The member as a picture.
    pub fn open(&self, file: &File) -> Result<Encoded, String> {
        let bytes = self.bytes(file, MAX_MEMORY)?;
        Ok(Encoded { length: self.size, held: self.size, reader: Box::new(Cursor::new(bytes)) })
    }

    /// The beginning of the member, whose checksum is not verified.
    pub fn open_header(&self, file: &File) -> Result<Encoded, String> {
        if self.size <= HEADER {
            return self.open(file);
        }
        self.check(MAX_MEMORY)?;
        let bytes = self.start(file, HEADER)?;
        Ok(Encoded { length: self.size, held: HEADER, reader: Box::new(Cursor::new(bytes)) })
    }

    /// All bytes of the member, at most `limit` of them.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub fn bytes(&self, file: &File, limit: u64) -> Result<Vec<u8>, String> {
        self.check(limit)?;
        // one more, to find out that there are more
        let bytes = self.start(file, self.size + 1)?;
        if bytes.len() as u64 != self.size {
            let got = if bytes.len() as u64 > self.size { "more".into() } else { bytes.len().to_string() };
            return Err(format!("the archive says {} bytes, and it has {got}", self.size));
        }
        let mut sum = Crc::new();
        sum.update(&bytes);
        if sum.sum() != self.checksum {
            return Err("its checksum is wrong: the archive is damaged".into());
        }
        Ok(bytes)
    }

    fn check(&self, limit: u64) -> Result<(), String> {
        match self.coding {
            Coding::Encrypted => return Err("it is encrypted".into()),
            Coding::Other => return Err("it is compressed by a method that is neither store nor deflate".into()),
            Coding::Stored | Coding::Deflated => {}
        }
        if self.size.saturating_add(self.compressed) > limit {
            return Err(format!("it has {} bytes, more than the {limit} that it may take", self.size));
        }
        if self.size > self.compressed.saturating_mul(MAX_RATIO) {
            return Err(format!("{} bytes cannot hold the {} that it claims to have", self.compressed, self.size));
        }
        Ok(())
    }

    /// The first bytes of the member, up to `most`.
    fn start(&self, file: &File, most: u64) -> Result<Vec<u8>, String> {
        let text = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => "the archive ends before it does".to_owned(),
            _ => error.to_string(),
        };
        let mut header = [0; LOCAL_HEADER];
        read_at(file, self.header, &mut header).map_err(text)?;
        let [s0, s1, s2, s3, .., n0, n1, e0, e1] = header;
        if [s0, s1, s2, s3] != LOCAL_SIGNATURE {
            return Err("it is not where the archive says: the archive is damaged".into());
        }
        let variable = u64::from(u16::from_le_bytes([n0, n1])) + u64::from(u16::from_le_bytes([e0, e1]));
        let start = self.header.saturating_add(LOCAL_HEADER as u64 + variable);
        let is_stored = self.coding == Coding::Stored;
        let mut packed = vec![0; self.compressed.min(most) as usize];
        read_at(file, start, &mut packed).map_err(text)?;
        if is_stored {
            return Ok(packed);
        }
        let mut bytes = Vec::new();
        let mut inflated = DeflateDecoder::new(packed.as_slice()).take(most);
        match inflated.read_to_end(&mut bytes) {
            // a beginning may end anywhere
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && most < self.size => Ok(bytes),
            Err(error) => Err(format!("it cannot be inflated: {error}")),
            Ok(_) => Ok(bytes),
        }
    }
}

/// Fills `bytes` from a place in the file, whoever else reads it.
fn read_at(file: &File, place: u64, bytes: &mut [u8]) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, bytes, place);
    #[cfg(windows)]
    {
        let mut done = 0;
        while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match std::os::windows::fs::FileExt::seek_read(file, rest, place + done as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => done += more,
            }
        }
        Ok(())
    }
}
