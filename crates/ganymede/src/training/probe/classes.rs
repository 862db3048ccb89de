//! What a look says of the classes of a conditional generator.

use super::{distance, pairs, row};
use crate::training::Report;

/// Where real samples find their own class so seldom, as a multiple of chance, distances say nothing of classes.
const TELLING: f64 = 2.0;

/// Numbers of `fakes` beside `reals`, each with its classes: `class_diversity`, and `class_agreement` where distances tell
/// the classes of real samples apart.
pub(super) fn look_at(fakes: (&[f32], &[usize]), reals: (&[f32], &[usize]), dim: usize) -> Report {
    let mut report = Report::default();
    let classes = reals.1.iter().max().map_or(0, |most| most + 1);
    let diversities = (0..classes).filter_map(|class| {
        let (of_fakes, of_reals) = (apart(fakes, class, dim)?, apart(reals, class, dim)?);
        (of_reals > 0.0).then(|| of_fakes / of_reals)
    });
    if let Some(lowest) = diversities.min_by(f64::total_cmp) {
        report.push("class_diversity", lowest);
    }
    let chance = 1.0 / classes.max(1) as f64;
    let own = agreement(reals, reals, true, dim);
    if classes > 1 && own >= TELLING * chance {
        report.push("class_agreement", (agreement(fakes, reals, false, dim) - chance) / (own - chance));
    }
    report
}

/// The mean distance of two samples of a class; none of fewer than three.
fn apart((values, labels): (&[f32], &[usize]), class: usize, dim: usize) -> Option<f64> {
    const FEWEST: usize = 3;
    let members: Vec<usize> = (0..labels.len()).filter(|at| labels[*at] == class).collect();
    let distances = members.iter().enumerate().flat_map(|(at, i)| {
        members[..at].iter().map(move |j| f64::from(distance(row(values, *i, dim), row(values, *j, dim))).sqrt())
    });
    (members.len() >= FEWEST).then(|| distances.sum::<f64>() / pairs(members.len()))
}

/// The share of samples whose nearest of `reals` is of their class; `same` where they are those themselves.
fn agreement(
    (values, labels): (&[f32], &[usize]),
    (reals, real_labels): (&[f32], &[usize]),
    same: bool,
    dim: usize,
) -> f64 {
    let agrees = |i: &usize| {
        let others = (0..real_labels.len()).filter(|j| !(same && i == j));
        let nearest = others
            .map(|j| (distance(row(values, *i, dim), row(reals, j, dim)), real_labels[j]))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.is_some_and(|(_, label)| label == labels[*i])
    };
    (0..labels.len()).filter(agrees).count() as f64 / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes, at 0 and at 10, each of points a tenth apart.
    fn reals() -> (Vec<f32>, Vec<usize>) {
        let values = (0..20).map(|at| (at / 2) as f32 / 10.0 + 10.0 * (at % 2) as f32).collect();
        (values, (0..20).map(|at| at % 2).collect())
    }

    fn of(fakes: &[f32], labels: &[usize]) -> [Option<f64>; 2] {
        let (values, real_labels) = reals();
        let report = look_at((fakes, labels), (&values, &real_labels), 1);
        ["class_diversity", "class_agreement"].map(|name| report.get(name))
    }

    #[test]
    fn the_data_themselves_are_as_varied_in_each_class_and_of_the_class_asked_for() {
        let (values, labels) = reals();
        let [diversity, agreement] = of(&values, &labels).map(Option::unwrap);
        assert!((diversity - 1.0).abs() < 1e-6 && (agreement - 1.0).abs() < 1e-9, "{diversity} {agreement}");
    }

    #[test]
    fn a_class_of_one_point_and_classes_that_are_ignored_are_seen() {
        let [diversity, agreement] = of(&[0.0, 0.5, 0.9, 10.3, 10.3, 10.3], &[0, 0, 0, 1, 1, 1]).map(Option::unwrap);
        assert!(diversity < 1e-6 && agreement > 0.99, "{diversity} {agreement}");
        let [_, ignored] = of(&[0.0, 0.4, 0.8, 0.1, 0.5, 0.9], &[0, 1, 0, 1, 0, 1]).map(Option::unwrap);
        assert!(ignored.abs() < 1e-9, "{ignored}");
        assert_eq!(of(&[0.0, 1.0], &[0, 1])[0], None);
    }
}
