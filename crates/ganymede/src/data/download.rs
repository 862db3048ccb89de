//! Fashion-MNIST and MNIST: found on this machine, or fetched from where their authors put them.
//!
//! ```text
//! $GANYMEDE_DATA/<name>/   then   <cache>/ganymede/<name>/   then the network, into the cache
//! ```
//! A file is checked against its published MD5 before it is written, and written whole or not at all, so that an interrupted
//! download is never taken for data. Xiao et al. 2017; LeCun, Cortes & Burges 1998.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use md5::{Digest, Md5};

use super::{
    Split,
    event::{Event, Progress},
    idx::open_idx,
    image_set::ImageSet,
};
use crate::{
    cache,
    error::{Error, Result},
    files::write_atomically,
};

/// A data set of four IDX files.
#[derive(Debug)]
pub(super) struct Published {
    pub name: &'static str,
    url: &'static str,
    /// Those of [`FILES`].
    md5: [&'static str; 4],
    classes: [&'static str; 10],
}

const FILES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];
/// No published file is larger.
const MAX_FILE: u64 = 64 << 20;
/// Bytes between two reports.
const PIECE: usize = 1 << 16;
const CONNECT: Duration = Duration::from_secs(15);
/// The longest silence in the middle of a download.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) const PUBLISHED: [Published; 2] = [
    Published {
        name: "fashion-mnist",
        url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        md5: [
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ],
        classes: [
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
    },
    Published {
        name: "mnist",
        url: "https://ossci-datasets.s3.amazonaws.com/mnist/",
        md5: [
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ],
        classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    },
];

impl Published {
    /// Reads one part of the set, fetching it first where this machine has none.
    pub fn open(&self, split: Split, progress: Option<Progress>) -> Result<ImageSet> {
        let given = env::var_os("GANYMEDE_DATA").filter(|path| !path.is_empty()).map(PathBuf::from);
        self.open_from(self.url, given.as_deref(), cache::directory().as_deref(), split, progress)
    }

    fn open_from(
        &self,
        url: &str,
        given: Option<&Path>,
        cache: Option<&Path>,
        split: Split,
        progress: Option<Progress>,
    ) -> Result<ImageSet> {
        let places = [given, cache].into_iter().flatten().map(|place| place.join(self.name));
        if let Some([images, labels]) = places.clone().find_map(|place| pair(&place, split)) {
            return self.read(&images, &labels);
        }
        let home = cache.map(|cache| cache.join(self.name));
        let advice = self.advice(given, cache);
        let Some(home) = home else {
            let reason = "there is no home directory to keep it in".into();
            return Err(Error::Download { url: url.into(), reason, advice });
        };
        fs::create_dir_all(&home).map_err(Error::io("create", &home))?;
        for (file, md5) in FILES.into_iter().zip(self.md5) {
            if !home.join(file).is_file() {
                fetch(&format!("{url}{file}"), file, md5, &home, &advice, progress)?;
            }
        }
        let [images, labels] = split_files(split).map(|file| home.join(file));
        self.read(&images, &labels)
    }

    fn read(&self, images: &Path, labels: &Path) -> Result<ImageSet> {
        open_idx(images, Some(labels))?.named(self.name).with_classes(&self.classes, labels)
    }

    fn advice(&self, given: Option<&Path>, cache: Option<&Path>) -> String {
        let given = given.map_or_else(|| Path::new("$GANYMEDE_DATA").join(self.name), |given| given.join(self.name));
        let or = cache.map_or(String::new(), |cache| format!(" or {}", cache.join(self.name).display()));
        format!("without a network, put {} into {}{or}", FILES.join(", "), given.display())
    }
}

fn split_files(split: Split) -> [&'static str; 2] {
    let [train_images, train_labels, test_images, test_labels] = FILES;
    match split {
        Split::Train => [train_images, train_labels],
        Split::Test => [test_images, test_labels],
    }
}

/// The images and labels in a folder that has both, compressed or not.
fn pair(folder: &Path, split: Split) -> Option<[PathBuf; 2]> {
    let find = |file: &str| {
        [file, file.trim_end_matches(".gz")].into_iter().map(|name| folder.join(name)).find(|path| path.is_file())
    };
    let [images, labels] = split_files(split).map(find);
    Some([images?, labels?])
}

fn fetch(url: &str, file: &str, md5: &str, folder: &Path, advice: &str, progress: Option<Progress>) -> Result<()> {
    let failed = |reason: String| Error::Download { url: url.into(), reason, advice: advice.into() };
    let agent = ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .build()
        .new_agent();
    let mut body = agent.get(url).call().map_err(|error| failed(error.to_string()))?.into_body();
    let of = body.content_length().unwrap_or(0);
    let mut body = body.as_reader().take(MAX_FILE);
    let mut bytes = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        let got = body.read(&mut piece).map_err(|error| failed(error.to_string()))?;
        if got == 0 {
            break;
        }
        bytes.extend_from_slice(&piece[..got]);
        if let Some(report) = progress {
            report(Event::Downloaded { file, bytes: bytes.len() as u64, of });
        }
    }
    let got: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if got != md5 {
        return Err(failed(format!("its MD5 is {got}, not {md5}")));
    }
    write_atomically(&folder.join(file), &bytes)
}

#[cfg(test)]
mod tests;
