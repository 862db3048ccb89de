//! Which samples of a labelled data set are of which class, and an order that shows every class equally often.
//!
//! ```text
//! position p   class p mod K,  the (p div K)-th of its own sequence  epoch 0, epoch 1, ...
//! ```
//! Each epoch of a class is a permutation of its samples, a pure function of the seed; small classes come round more often.

use std::sync::Mutex;

use rayon::prelude::*;

use super::Dataset;
use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
};

/// The samples of each class.
#[derive(Debug)]
pub struct ClassIndex {
    /// Of the classes that have samples.
    members: Vec<Vec<u32>>,
    /// The last epoch's number and order of each class. A cache: it changes nothing but the time.
    orders: Vec<Mutex<Option<Order>>>,
}

/// The number of an epoch and the order of a class in it.
type Order = (u64, Vec<u32>);

impl ClassIndex {
    /// Reads every label.
    ///
    /// # Errors
    /// [`Error::Setting`] where a sample has no label or one beyond the data's classes, or all samples are of one class;
    /// and when a sample cannot be read.
    pub fn of(dataset: &dyn Dataset) -> Result<Self> {
        let labels: Vec<Option<usize>> =
            (0..dataset.len()).into_par_iter().map(|index| dataset.label(index)).collect::<Result<_>>()?;
        let classes = dataset.classes().len();
        let mut members = vec![Vec::new(); classes];
        for (index, label) in labels.into_iter().enumerate() {
            match label.map(|label| (label, members.get_mut(label))) {
                Some((_, Some(class))) => class.push(index as u32),
                Some((label, None)) => {
                    let got = format!("label {label} of sample {index} of '{}'", dataset.name());
                    return Err(Error::setting("conditional", format!("labels below {classes}"), got));
                }
                None => {
                    let got = format!("sample {index} of '{}' without one", dataset.name());
                    return Err(Error::setting("conditional", "a label for every sample", got));
                }
            }
        }
        members.retain(|class| !class.is_empty());
        if members.len() < 2 {
            let got = format!("'{}', whose samples are all of one class", dataset.name());
            return Err(Error::setting("conditional", "samples of two classes or more", got));
        }
        let orders = members.iter().map(|_| Mutex::new(None)).collect();
        Ok(ClassIndex { members, orders })
    }

    /// The index in the dataset of the sample at `position` of the endless balanced sequence.
    pub fn balanced(&self, position: u64, seed: Seed) -> usize {
        let classes = self.members.len() as u64;
        let (class, turn) = ((position % classes) as usize, position / classes);
        let members = &self.members[class];
        let (epoch, place) = (turn / members.len() as u64, (turn % members.len() as u64) as usize);
        let mut order = self.orders[class].lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if order.as_ref().is_none_or(|(known, _)| *known != epoch) {
            // each class has a stream of its own in every epoch
            let stream = epoch * classes + class as u64;
            *order = Some((epoch, Draws::new(seed, Purpose::ClassOrder, stream).permutation(members.len())));
        }
        order.as_ref().map_or(0, |(_, order)| members[order[place] as usize] as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::check_read;

    /// Samples whose class is known: the i-th has `labels[i]`.
    #[derive(Debug)]
    struct Labelled(Vec<Option<usize>>, Vec<String>);

    impl Dataset for Labelled {
        fn name(&self) -> &str {
            "labelled"
        }

        fn len(&self) -> usize {
            self.0.len()
        }

        fn shape(&self) -> [usize; 3] {
            [1, 1, 1]
        }

        fn classes(&self) -> &[String] {
            &self.1
        }

        fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
            check_read(self, index, out)?;
            out[0] = index as f32;
            Ok(self.0[index])
        }
    }

    fn labelled(labels: &[Option<usize>], classes: usize) -> Labelled {
        Labelled(labels.to_vec(), (0..classes).map(|class| class.to_string()).collect())
    }

    #[test]
    fn every_class_is_shown_equally_often_and_each_of_its_samples_once_an_epoch() {
        // 12 of class 0, 3 of class 2, none of class 1
        let labels: Vec<Option<usize>> = (0..15).map(|i| Some(if i % 5 == 0 { 2 } else { 0 })).collect();
        let index = ClassIndex::of(&labelled(&labels, 3)).unwrap();
        let shown: Vec<usize> = (0..24).map(|position| index.balanced(position, Seed(1))).collect();
        assert!(shown.iter().step_by(2).all(|i| labels[*i] == Some(0)));
        assert!(shown.iter().skip(1).step_by(2).all(|i| labels[*i] == Some(2)));
        let mut large: Vec<usize> = shown.iter().copied().step_by(2).collect();
        large.sort_unstable();
        large.dedup();
        assert_eq!(large.len(), 12);
        for epoch in shown.iter().copied().skip(1).step_by(2).collect::<Vec<_>>().chunks(3) {
            let mut epoch = epoch.to_vec();
            epoch.sort_unstable();
            assert_eq!(epoch, [0, 5, 10]);
        }
        let again: Vec<usize> = (0..24).rev().map(|position| index.balanced(position, Seed(1))).collect();
        assert!(shown.iter().eq(again.iter().rev()));
        assert!((0..24).any(|position| index.balanced(position, Seed(2)) != shown[position as usize]));
    }

    #[test]
    fn missing_labels_labels_out_of_range_and_a_single_class_are_refused() {
        for (labels, sentence) in [
            (vec![Some(0), None, Some(1)], "sample 1 of 'labelled' without one"),
            (vec![Some(0), Some(1), Some(2)], "label 2 of sample 2"),
            (vec![Some(1), Some(1)], "all of one class"),
        ] {
            let error = ClassIndex::of(&labelled(&labels, 2)).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains(sentence), "{error}");
        }
    }
}
