//! The contact sheet: pictures as training would see them, a row for each class.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use rayon::prelude::*;

use super::{Checkup, open};
use crate::{
    data::{image_set::to_unit, pictures::decode},
    error::{Error, Result},
    picture,
};

/// Pictures a row, rows where there are no classes, and classes that are shown.
const COLUMNS: usize = 16;
const ROWS: usize = 10;
const CLASSES: usize = 40;
/// A blank place is grey.
const BLANK: f32 = 0.0;

/// Some pictures of every class, or of all of them where there are none, evenly spread over what was looked at.
///
/// # Errors
/// [`Error::Data`] where no picture can be read, or one cannot be read any more.
pub fn contact_sheet(checkup: &Checkup) -> Result<RgbImage> {
    let (container, _) = open(&checkup.source)?;
    let places = |class: Option<u32>| -> Vec<usize> {
        let labels = checkup.labels.iter().enumerate();
        labels.filter(|(_, label)| class.is_none() || **label == class).map(|(place, _)| place).collect()
    };
    let mut rows: Vec<(String, Vec<usize>)> = Vec::new();
    if checkup.classes.is_empty() {
        rows.push((String::new(), spread(&places(None), COLUMNS * ROWS)));
    }
    for (class, count) in checkup.classes.iter().enumerate().take(CLASSES) {
        rows.push((count.what.clone(), spread(&places(Some(class as u32)), COLUMNS)));
    }
    let most = rows.iter().map(|(_, places)| places.len()).max().unwrap_or(0);
    if most == 0 {
        return Err(nothing(&checkup.source));
    }
    let target = checkup.target;
    let group = most.next_multiple_of(COLUMNS.min(most));
    let mut values = vec![BLANK; rows.len() * group * target.sample()];
    let wanted: Vec<Option<usize>> = rows
        .iter()
        .flat_map(|(_, places)| (0..group).map(|column| places.get(column).and_then(|at| checkup.indices.get(*at))))
        .map(Option::<&usize>::copied)
        .collect();
    values.par_chunks_exact_mut(target.sample()).zip(&wanted).try_for_each(|(out, index)| {
        let Some(index) = index else { return Ok(()) };
        let mut bytes = vec![0; out.len()];
        decode(&*container, *index, &target, &mut bytes).map_err(|reason| {
            Error::data(container.name(*index), "a picture that can still be read", reason, "look at the data again")
        })?;
        to_unit(&bytes, out);
        Ok(())
    })?;
    let [c, h, w] = target.shape();
    let data = TensorData::new(values, [rows.len() * group, c, h, w]);
    let samples = Tensor::<4>::from_data(data, &Device::flex());
    let grid = picture::of_groups(&samples, rows.len(), COLUMNS.min(most))?;
    let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
    Ok(if checkup.classes.is_empty() { grid } else { picture::named_rows(&grid, &names) })
}

fn nothing(path: &Path) -> Error {
    Error::data(path, "pictures for a contact sheet", "none that can be read", "see what the check says of each")
}

/// Up to `count` of them, evenly spread.
fn spread(places: &[usize], count: usize) -> Vec<usize> {
    let shown = count.min(places.len());
    (0..shown).filter_map(|at| places.get(at * places.len() / shown).copied()).collect()
}
