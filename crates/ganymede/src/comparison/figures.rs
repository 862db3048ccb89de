//! The figures of a card that a comparison shows, and which way each of them is better.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::evaluation::Card;

/// Which way a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    Lower,
    Higher,
}

/// A figure of a card: a result, or a detail of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Figure {
    pub name: &'static str,
    #[serde(skip)]
    result: &'static str,
    #[serde(skip)]
    detail: Option<&'static str>,
    /// None where neither more nor less of it is better.
    pub better: Option<Better>,
}

impl Figure {
    const fn of_result(name: &'static str, better: Option<Better>) -> Self {
        Figure { name, result: name, detail: None, better }
    }

    const fn of_detail(name: &'static str, result: &'static str, better: Option<Better>) -> Self {
        Figure { name, result, detail: Some(name), better }
    }

    fn of(&self, card: &Card) -> Option<f64> {
        let measured = card.results.get(self.result)?;
        let value = match self.detail {
            Some(detail) => measured.details.get(detail)?.as_f64()?,
            None => measured.value,
        };
        value.is_finite().then_some(value)
    }
}

const LOWER: Option<Better> = Some(Better::Lower);
const HIGHER: Option<Better> = Some(Better::Higher);

/// Every figure that is compared, in the order of the columns.
pub(super) const FIGURES: &[Figure] = &[
    Figure::of_result("fid", LOWER),
    Figure::of_result("kid", LOWER),
    Figure::of_result("precision", HIGHER),
    Figure::of_result("recall", HIGHER),
    Figure::of_result("density", HIGHER),
    Figure::of_result("coverage", HIGHER),
    Figure::of_result("modes", HIGHER),
    Figure::of_detail("high_quality", "modes", HIGHER),
    Figure::of_detail("reverse_kl", "modes", LOWER),
    Figure::of_result("accuracy", HIGHER),
    Figure::of_result("class_score", HIGHER),
    Figure::of_result("ratio", LOWER),
    Figure::of_detail("jsd", "ratio", LOWER),
    Figure::of_detail("two_sample_accuracy", "ratio", LOWER),
    // best where it is that of the data
    Figure::of_result("ms_ssim", None),
    // best around 0
    Figure::of_result("memorisation", None),
];

/// The figures of a card by name.
pub(super) fn figures(card: &Card) -> BTreeMap<String, f64> {
    FIGURES.iter().filter_map(|figure| Some((figure.name.to_owned(), figure.of(card)?))).collect()
}
