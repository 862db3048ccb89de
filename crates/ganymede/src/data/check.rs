//! The data doctor: what is in a folder or an archive of pictures, what is wrong with it, and what training would make of it.
//!
//! ```text
//! every picture   opened, measured, decoded once
//! the same        equal bytes, by BLAKE3
//! alike           fingerprints at most 3 bits apart (data/check/alike.rs), thumbnails 4 of 255 levels on average and 40 at most
//! ```

mod alike;
mod examine;
mod sheet;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::*;
use serde::Serialize;

use self::examine::{Finding, examine};
pub use self::sheet::contact_sheet;
use super::{
    Form, Size, cifar,
    event::{Event, Progress},
    folder::Folder,
    form::Target,
    pictures::Container,
    zip::{self, Archive},
};
use crate::error::{Error, Result};

/// Pictures between two reports.
const REPORT_EVERY: usize = 256;
/// A class with so many times the pictures of another is worth a word.
const UNBALANCED: usize = 10;

/// How many of something there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    pub what: String,
    pub count: usize,
}

/// A file that cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bad {
    pub path: PathBuf,
    pub reason: String,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Picture {
    pub path: PathBuf,
    pub width: u32,
    pub height: u32,
    pub format: String,
    /// Grey, RGB, palette, ..., with the depth where it is not 8 bits.
    pub mode: String,
    /// Whether something shows through it.
    pub transparent: bool,
    pub class: Option<String>,
    /// What training would do with it.
    pub treatment: Vec<String>,
}

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkup {
    pub source: PathBuf,
    /// `folder` or `ZIP archive`.
    pub kind: &'static str,
    /// Files that are no pictures by name, or hidden.
    pub ignored: usize,
    pub unreadable: Vec<Bad>,
    /// Each list by how many there are, the most first.
    pub sizes: Vec<Count>,
    pub formats: Vec<Count>,
    pub modes: Vec<Count>,
    pub transparent: usize,
    /// In the order of their numbers.
    pub classes: Vec<Count>,
    /// Groups of equal files.
    pub same: Vec<Vec<PathBuf>>,
    /// Groups of pictures that look the same, without the above.
    pub alike: Vec<Vec<PathBuf>>,
    /// [C, H, W] of the samples; of the size that is proposed, where none is given and the pictures have several.
    pub sample: [usize; 3],
    /// What training would do, by how many pictures it does that to.
    pub treatments: Vec<Count>,
    /// What training would refuse, leave out or learn wrong.
    pub troubles: Vec<String>,
    /// What somebody may want to know.
    pub notes: Vec<String>,
    pub pictures: Vec<Picture>,
    #[serde(skip)]
    target: Target,
    #[serde(skip)]
    indices: Vec<usize>,
    #[serde(skip)]
    labels: Vec<Option<u32>>,
}

/// Looks at every picture in a folder or a ZIP archive, as training in `form` would.
///
/// # Errors
/// [`Error::Io`] and [`Error::Data`] where it cannot be opened, is no such thing, or holds no pictures at all;
/// [`Error::Setting`] for a form that no pictures can have.
pub fn check(path: &Path, form: &Form, progress: Option<Progress>) -> Result<Checkup> {
    form.check()?;
    let (container, kind) = open(path)?;
    let of = container.len();
    let done = AtomicUsize::new(0);
    let look = |index| {
        let finding = examine(&*container, index);
        let images = done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(report) = progress.filter(|_| images.is_multiple_of(REPORT_EVERY) || images == of) {
            report(Event::Decoded { images, of });
        }
        finding
    };
    let looked: Vec<Result<Finding, String>> = (0..of).into_par_iter().map(look).collect();
    let (mut found, mut indices, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    for (index, finding) in looked.into_iter().enumerate() {
        match finding {
            Ok(finding) => {
                found.push(finding);
                indices.push(index);
            }
            Err(reason) => unreadable.push(Bad { path: container.name(index), reason }),
        }
    }
    let sizes = counts(found.iter().map(|finding| format!("{}x{}", finding.width, finding.height)));
    let common: Option<Size> = sizes.first().and_then(|most| most.what.parse().ok());
    let channels = if found.iter().all(|finding| finding.grey) { 1 } else { 3 };
    let target = Target::of(form, common.unwrap_or(Size::square(1)), channels);
    let mut checkup = Checkup {
        source: path.to_owned(),
        kind,
        ignored: container.ignored(),
        unreadable,
        formats: counts(found.iter().map(|finding| finding.format.clone())),
        modes: counts(found.iter().map(|finding| finding.mode.clone())),
        transparent: found.iter().filter(|finding| finding.transparent).count(),
        classes: classes(&*container, &indices),
        same: Vec::new(),
        alike: Vec::new(),
        sample: target.shape(),
        treatments: Vec::new(),
        troubles: Vec::new(),
        notes: Vec::new(),
        pictures: pictures(&*container, &indices, &found, &target),
        sizes,
        target,
        labels: indices.iter().map(|index| container.label(*index)).collect(),
        indices,
    };
    checkup.treatments = counts(checkup.pictures.iter().flat_map(|picture| picture.treatment.iter().cloned()));
    checkup.compare(&found);
    checkup.judge(form);
    Ok(checkup)
}

fn open(path: &Path) -> Result<(Arc<dyn Container>, &'static str)> {
    let advice = "such a set is complete as it is published; train on it";
    if path.is_dir() && !cifar::is_folder(path) {
        return Ok((Arc::new(Folder::of(path)?), "folder"));
    }
    if path.is_file() && zip::is_zip(&super::open::start(path)?) {
        return Ok((Arc::new(Archive::of(path)?), "ZIP archive"));
    }
    if !path.exists() {
        return Err(Error::io("open", path)(std::io::ErrorKind::NotFound.into()));
    }
    Err(Error::data(path, "a folder or a ZIP archive of pictures", "something else", advice))
}

/// How many there are of each, the most first.
fn counts(all: impl Iterator<Item = String>) -> Vec<Count> {
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    all.for_each(|what| *by_name.entry(what).or_default() += 1);
    let mut counts: Vec<Count> = by_name.into_iter().map(|(what, count)| Count { what, count }).collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.count));
    counts
}

fn classes(container: &dyn Container, indices: &[usize]) -> Vec<Count> {
    let mut counts: Vec<Count> =
        container.classes().iter().map(|class| Count { what: class.clone(), count: 0 }).collect();
    for label in indices.iter().filter_map(|index| container.label(*index)) {
        if let Some(class) = counts.get_mut(label as usize) {
            class.count += 1;
        }
    }
    counts
}

fn pictures(container: &dyn Container, indices: &[usize], found: &[Finding], target: &Target) -> Vec<Picture> {
    let picture = |(index, finding): (&usize, &Finding)| Picture {
        path: container.name(*index),
        width: finding.width,
        height: finding.height,
        format: finding.format.clone(),
        mode: finding.mode.clone(),
        transparent: finding.transparent,
        class: container.label(*index).and_then(|label| container.classes().get(label as usize).cloned()),
        treatment: finding.treatment(target),
    };
    indices.iter().zip(found).map(picture).collect()
}

impl Checkup {
    /// Finds what is there more than once.
    fn compare(&mut self, found: &[Finding]) {
        let paths = |groups: Vec<Vec<usize>>| {
            let path = |place: &usize| self.pictures.get(*place).map(|picture| picture.path.clone());
            groups.iter().map(|group| group.iter().filter_map(path).collect()).collect::<Vec<Vec<PathBuf>>>()
        };
        let same = alike::same(found);
        let both: Vec<String> =
            same.iter().filter(|group| self.has_two_classes(group)).map(|group| self.names(group)).collect();
        let alike = alike::alike(found, &same);
        (self.same, self.alike) = (paths(same), paths(alike));
        if let Some(first) = both.first() {
            self.troubles.push(format!("{} in two classes, such as {first}", counted(both.len(), "equal file")));
        }
    }

    fn has_two_classes(&self, group: &[usize]) -> bool {
        let mut labels = group.iter().filter_map(|place| self.labels.get(*place));
        let first = labels.next();
        labels.any(|label| Some(label) != first)
    }

    fn names(&self, group: &[usize]) -> String {
        let paths = group.iter().take(2).filter_map(|place| self.pictures.get(*place));
        paths.map(|picture| picture.path.display().to_string()).collect::<Vec<_>>().join(" and ")
    }

    /// Says what is wrong, and what is worth a word.
    fn judge(&mut self, form: &Form) {
        let (troubles, notes) = (&mut self.troubles, &mut self.notes);
        if self.pictures.is_empty() {
            troubles.push(format!("no picture that can be read, among {} files", self.unreadable.len() + self.ignored));
        }
        if !self.unreadable.is_empty() {
            troubles.push(format!("{} cannot be read", counted(self.unreadable.len(), "picture")));
        }
        if let ([most, _, ..], None) = (self.sizes.as_slice(), form.size) {
            let Count { what, count } = most;
            let size = what.parse::<Size>().map_or_else(|_| what.clone(), |size| size.to_string());
            troubles.push(format!(
                "the pictures have {} sizes, and training wants one: --size {size} is that of {count}",
                self.sizes.len()
            ));
        }
        if let [class] = self.classes.as_slice() {
            notes.push(format!("all are of one class, {}: there is nothing to tell apart", class.what));
        }
        let (least, most) = (self.classes.iter().min_by_key(|c| c.count), self.classes.iter().max_by_key(|c| c.count));
        if let (Some(least), Some(most)) = (least, most)
            && most.count >= UNBALANCED * least.count.max(1)
        {
            notes.push(format!(
                "the classes are uneven: {} of {}, {} of {}; --class-sampling balanced shows each as often",
                most.count, most.what, least.count, least.what
            ));
        }
        let more_than_needed = |groups: &[Vec<PathBuf>]| groups.iter().map(|group| group.len() - 1).sum::<usize>();
        for (groups, what) in [(&self.same, "equal to another"), (&self.alike, "almost the same as another")] {
            if !groups.is_empty() {
                let extra = counted(more_than_needed(groups), "picture");
                notes.push(format!("{extra} {what}: a model learns those by heart first"));
            }
        }
        if self.transparent > 0 && form.background.is_none() && form.channels != Some(4) {
            notes.push(format!(
                "{} on white; --background COLOUR lays them on another, --channels 4 keeps them",
                counted(self.transparent, "transparent picture")
            ));
        }
        if self.ignored > 0 {
            notes.push(format!("{} passed over, being no pictures by name", counted(self.ignored, "file")));
        }
    }
}

/// `1 picture`, `2 pictures`
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
