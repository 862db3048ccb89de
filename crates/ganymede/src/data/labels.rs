//! Which picture is of which class: by the folders it lies in, or by a `dataset.json`.
//!
//! ```text
//! {"labels": [["00000/img00000000.png", 6], ...], "classes": ["airplane", ...]}
//! ```
//! as the tools of the StyleGAN line write it; the names of the classes are ours, and may be missing. Labels of null are none.
//! A picture without a label, and a label without a picture, are errors: none becomes class 0 in silence.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use serde::Deserialize;

use crate::error::{Error, Result};

/// The name of the file.
pub(super) const FILE: &str = "dataset.json";
/// A larger one is not read.
pub(super) const MAX_BYTES: u64 = 256 << 20;
/// More classes than this are none.
const MAX_CLASSES: u64 = 1 << 16;
const ADVICE: &str = "correct the labels, or remove the file to go by folders";

/// The classes and the class of each picture; empty where there are none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Labels {
    pub classes: Vec<String>,
    pub of: Vec<u32>,
}

impl Labels {
    pub fn get(&self, index: usize) -> Option<u32> {
        self.of.get(index).copied()
    }
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    labels: Option<Vec<(String, serde_json::Value)>>,
    #[serde(default)]
    classes: Option<Vec<String>>,
}

/// The labels by the first folder on the way to each picture: where every one lies in one of at least two folders.
///
/// `names` are relative, with `/` between their parts.
pub(super) fn by_folder(names: &[&str]) -> Labels {
    let folders: Vec<Option<&str>> = names.iter().map(|name| name.split_once('/').map(|(folder, _)| folder)).collect();
    let known: BTreeSet<&str> = folders.iter().flatten().copied().collect();
    if known.len() < 2 || folders.iter().any(Option::is_none) {
        return Labels::default();
    }
    let classes: Vec<&str> = known.into_iter().collect();
    let of = folders.iter().flatten().filter_map(|folder| classes.binary_search(folder).ok());
    Labels { of: of.map(|class| class as u32).collect(), classes: classes.into_iter().map(str::to_owned).collect() }
}

/// The labels that a `dataset.json` at `path` gives the pictures of these names.
///
/// # Errors
/// [`Error::Data`] where it cannot be understood, or does not fit the pictures.
pub(super) fn by_json(path: &Path, text: &[u8], names: &[&str]) -> Result<Labels> {
    let wrong = |expected: &str, got: String| Err(Error::data(path, expected, got, ADVICE));
    let expected = "{\"labels\": [[\"name\", class], ...]}";
    let written: Written = match serde_json::from_slice(text) {
        Ok(_) if !text.trim_ascii_start().starts_with(b"{") => return wrong(expected, "a list".into()),
        Ok(written) => written,
        Err(error) => return wrong(expected, error.to_string()),
    };
    let Some(labels) = written.labels else { return Ok(Labels::default()) };
    let places: HashMap<&str, usize> = names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let mut of = vec![None; names.len()];
    for (name, label) in &labels {
        let class = label.as_u64().filter(|class| *class < MAX_CLASSES);
        let Some(class) = class else {
            let expected = format!("a class from 0 to {} for '{name}'", MAX_CLASSES - 1);
            return wrong(&expected, label.to_string());
        };
        match places.get(name.as_str()).and_then(|place| of.get_mut(*place)) {
            Some(known @ None) => *known = Some(class as u32),
            Some(Some(known)) if u64::from(*known) == class => {}
            Some(Some(known)) => return wrong(&format!("one class for '{name}'"), format!("{known} and {class}")),
            None => return wrong("labels of pictures that are there", format!("one of '{name}', which is not")),
        }
    }
    if let Some(missing) = of.iter().position(Option::is_none) {
        let name = names.get(missing).copied().unwrap_or_default();
        return wrong("a label for every picture", format!("none for '{name}', and {} labels", labels.len()));
    }
    let of: Vec<u32> = of.into_iter().flatten().collect();
    let least = of.iter().max().map_or(0, |class| *class as usize + 1);
    let classes = match written.classes {
        Some(classes) if classes.len() >= least && classes.len() as u64 <= MAX_CLASSES => classes,
        Some(classes) => return wrong(&format!("{least} names of classes or more"), format!("{}", classes.len())),
        None => (0..least).map(|class| class.to_string()).collect(),
    };
    Ok(Labels { classes, of })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["00000/a.png", "00000/b.png", "c.png"];

    fn read(text: &str) -> Result<Labels> {
        by_json(Path::new("set.zip/dataset.json"), text.as_bytes(), &NAMES)
    }

    #[test]
    fn labels_go_by_name_whatever_their_order() {
        let labels = read(r#"{"labels": [["c.png", 2], ["00000/a.png", 0], ["00000/b.png", 2]], "other": 1}"#).unwrap();
        assert_eq!((labels.of, labels.classes.len()), (vec![0, 2, 2], 3));
        let named =
            read(r#"{"classes": ["x", "y"], "labels": [["c.png", 1], ["00000/a.png", 0], ["00000/b.png", 0]]}"#);
        assert_eq!(named.unwrap().classes, ["x", "y"]);
        for none in ["{}", r#"{"labels": null}"#] {
            assert_eq!(read(none).unwrap(), Labels::default());
        }
    }

    #[test]
    fn what_does_not_fit_the_pictures_is_an_error_that_names_the_picture() {
        let all = |last: &str| format!(r#"{{"labels": [["00000/a.png", 0], ["00000/b.png", 1]{last}]}}"#);
        for (text, hint) in [
            (all(""), "none for 'c.png'"),
            (all(r#", ["d.png", 1]"#), "one of 'd.png', which is not"),
            (all(r#", ["c.png", -1]"#), "'c.png'"),
            (all(r#", ["c.png", 1.5]"#), "1.5"),
            (all(r#", ["c.png", [0, 1]]"#), "[0,1]"),
            (all(r#", ["c.png", 65536]"#), "65536"),
            (all(r#", ["c.png", 0], ["c.png", 1]"#), "0 and 1"),
            (all(r#", ["c.png"]"#), "labels"),
            (r#"{"labels": []}"#.into(), "none for '00000/a.png', and 0 labels"),
            (r#"{"labels": {"c.png": 1}}"#.into(), "labels"),
            ("[]".into(), "labels"),
            ("".into(), "EOF"),
            ("\u{0}".into(), "expected value"),
            (r#"{"classes": ["x"], "labels": [["c.png", 1], ["00000/a.png", 0], ["00000/b.png", 0]]}"#.into(), "got 1"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains("dataset.json") && error.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn folders_are_classes_where_every_picture_lies_in_one_of_two() {
        let labels = by_folder(&["b/deep/1.png", "a/1.png", "a/2.png"]);
        assert_eq!((labels.of, labels.classes), (vec![1, 0, 0], vec!["a".to_owned(), "b".to_owned()]));
        for names in [["a/1.png", "2.png"], ["a/1.png", "a/2.png"]] {
            assert_eq!(by_folder(&names), Labels::default());
        }
    }
}
