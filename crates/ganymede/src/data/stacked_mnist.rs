//! Three digits of MNIST, one a colour: a thousand modes that can be counted (Metz et al. 2017; Srivastava et al. 2017).
//!
//! ```text
//! (i, j, k) uniform over the images of one part of MNIST, a pure function of the index
//! x = [image i, image j, image k] as red, green, blue,        class 100 digit(i) + 10 digit(j) + digit(k)
//! ```

use super::{Dataset, ImageSet, Split, check_read};
use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
};

pub(super) const NAME: &str = "stacked-mnist";
const CHANNELS: usize = 3;

/// Stacked digits: 60,000 samples to train on, 10,000 to test with, of the images of either part.
#[derive(Debug)]
pub struct StackedMnist {
    digits: ImageSet,
    indices: std::ops::Range<u64>,
    classes: Vec<String>,
}

impl StackedMnist {
    /// Stacks of `digits`, the images of `split`.
    ///
    /// # Errors
    /// [`Error::Setting`] for images that are coloured or have no classes.
    pub fn new(digits: ImageSet, split: Split) -> Result<Self> {
        let kinds = digits.classes().len();
        if digits.shape()[0] != 1 || kinds == 0 || digits.is_empty() {
            let got = format!("{} images of {:?} in {kinds} classes", digits.len(), digits.shape());
            return Err(Error::setting("digits", "grey images with classes", got));
        }
        let classes = (0..kinds.pow(CHANNELS as u32)).map(|class| format!("{class:03}")).collect();
        Ok(StackedMnist { digits, indices: split.indices(), classes })
    }

    /// The images that sample `index` is made of; the data are one fixed set, whatever the seed of the run.
    fn stack(&self, index: usize) -> [usize; CHANNELS] {
        let mut draws = Draws::new(Seed(0), Purpose::Data, self.indices.start + index as u64);
        std::array::from_fn(|_| draws.below(self.digits.len()))
    }
}

impl Dataset for StackedMnist {
    fn name(&self) -> &str {
        NAME
    }

    fn len(&self) -> usize {
        (self.indices.end - self.indices.start) as usize
    }

    fn shape(&self) -> [usize; 3] {
        let [_, height, width] = self.digits.shape();
        [CHANNELS, height, width]
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        check_read(self, index, out)?;
        let size = out.len() / CHANNELS;
        for (channel, digit) in out.chunks_exact_mut(size).zip(self.stack(index)) {
            self.digits.read(digit, channel)?;
        }
        self.label(index)
    }

    fn label(&self, index: usize) -> Result<Option<usize>> {
        let kinds = self.digits.classes().len();
        self.stack(index).into_iter().try_fold(Some(0), |class, digit| {
            Ok(class.zip(self.digits.label(digit)?).map(|(class, digit)| class * kinds + digit))
        })
    }

    fn channels(&self) -> Option<&dyn Dataset> {
        Some(&self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Images of one grey each, image i in class i.
    fn digits(count: u8) -> ImageSet {
        let pixels = (0..count).flat_map(|digit| [25 * digit; 4]).collect();
        let labels = (0..count).map(u32::from).collect();
        let classes = (0..count).map(|digit| digit.to_string()).collect();
        ImageSet::new("digits".into(), [1, 2, 2], pixels).labelled(labels, classes)
    }

    #[test]
    fn a_sample_is_three_digits_whose_class_names_them_and_depends_on_its_index_alone() {
        let set = StackedMnist::new(digits(10), Split::Train).unwrap();
        assert_eq!((set.len(), set.shape(), set.classes().len()), (60_000, [3, 2, 2], 1000));
        let (mut once, mut again) = ([0.0; 12], [9.0; 12]);
        let mut seen = std::collections::BTreeSet::new();
        for index in 0..4000 {
            let class = set.read(index, &mut once).unwrap().unwrap();
            assert_eq!(set.read(index, &mut again).unwrap(), Some(class));
            assert_eq!(once, again);
            let digit = |channel: usize| ((once[4 * channel] + 1.0) * 127.5 / 25.0).round() as usize;
            assert_eq!(class, 100 * digit(0) + 10 * digit(1) + digit(2));
            assert_eq!(set.classes()[class], format!("{}{}{}", digit(0), digit(1), digit(2)));
            seen.insert(class);
        }
        // 1000 (1 - e^-4) of them are expected
        assert!((965..=995).contains(&seen.len()), "{}", seen.len());
    }

    #[test]
    fn the_parts_have_draws_of_their_own_and_colours_are_refused() {
        let [train, test] = [Split::Train, Split::Test].map(|split| StackedMnist::new(digits(10), split).unwrap());
        let first = |set: &StackedMnist| (0..20).map(|i| set.read(i, &mut [0.0; 12]).unwrap()).collect::<Vec<_>>();
        assert!(first(&train) != first(&test) && test.read(10_000, &mut [0.0; 12]).is_err());
        let coloured = ImageSet::new("colours".into(), [3, 2, 2], vec![0; 12]);
        assert!(StackedMnist::new(coloured, Split::Train).unwrap_err().is_usage());
    }
}
