//! Every image and its mirror image: twice as many, for data in which left and right mean the same.
//!
//! ```text
//! sample i of 2N   image i mod N, from right to left where i >= N
//! ```

use std::sync::Arc;

use super::{Dataset, check_read};
use crate::error::{Error, Result};

/// A set of images and their mirror images.
#[derive(Debug)]
pub(super) struct Mirrored(Arc<dyn Dataset>);

impl Mirrored {
    /// # Errors
    /// [`Error::Setting`] where the samples are no images.
    pub fn of(set: Arc<dyn Dataset>) -> Result<Self> {
        match set.shape() {
            [_, _, 1] => {
                Err(Error::setting("mirror", format!("off beside '{}', whose samples are points", set.name()), "on"))
            }
            _ => Ok(Mirrored(set)),
        }
    }
}

impl Dataset for Mirrored {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn len(&self) -> usize {
        2 * self.0.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.0.shape()
    }

    fn classes(&self) -> &[String] {
        self.0.classes()
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        check_read(self, index, out)?;
        let images = self.0.len();
        let label = self.0.read(index % images, out)?;
        if index >= images {
            out.chunks_exact_mut(self.shape()[2]).for_each(<[f32]>::reverse);
        }
        Ok(label)
    }

    fn label(&self, index: usize) -> Result<Option<usize>> {
        self.0.label(index % self.0.len().max(1))
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{OpenOptions, open};

    #[test]
    fn the_second_half_is_the_first_from_right_to_left() {
        let plain = open("shapes", &OpenOptions::default()).unwrap();
        let mirrored = open("shapes", &OpenOptions { mirror: true, ..Default::default() }).unwrap();
        assert_eq!((mirrored.len(), mirrored.shape()), (120_000, plain.shape()));
        let (mut once, mut again, mut turned) = (vec![0.0; 784], vec![0.0; 784], vec![0.0; 784]);
        let label = plain.read(7, &mut once).unwrap();
        assert_eq!(mirrored.read(7, &mut again).unwrap(), label);
        assert_eq!(mirrored.read(60_007, &mut turned).unwrap(), label);
        assert_eq!(mirrored.label(60_007).unwrap(), label);
        assert_eq!(once, again);
        assert_ne!(once, turned);
        for (row, back) in once.chunks(28).zip(turned.chunks(28)) {
            assert!(row.iter().eq(back.iter().rev()));
        }
        assert!(mirrored.read(120_000, &mut once).is_err());
        assert!(open("ring8", &OpenOptions { mirror: true, ..Default::default() }).unwrap_err().is_usage());
    }
}
