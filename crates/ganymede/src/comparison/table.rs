//! Figures by setting: mean and deviation over the seeds, the best, and whether the others differ from it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Better, Figure, Grid, Record,
    figures::FIGURES,
    statistics::{deviation, holm, mean, welch},
};

/// A row a setting, a column a figure that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Column {
    #[serde(flatten)]
    pub figure: Figure,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub setting: String,
    /// Seeds that were measured.
    pub measured: usize,
    /// Seeds that could not be trained.
    pub failed: usize,
    /// What the steps of a run took on average; no part of what is compared.
    #[serde(skip)]
    pub seconds: Option<f64>,
    /// By the name of the figure.
    pub figures: BTreeMap<&'static str, Summary>,
}

/// A figure of a setting over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub values: Vec<f64>,
    pub mean: f64,
    /// Of the sample of seeds; none of a single one.
    pub deviation: Option<f64>,
    /// Whether no setting has a better mean.
    pub is_best: bool,
    /// That the best differs by chance, corrected for the number of settings; none for the best itself, and where a single
    /// seed or equal values leave nothing to test.
    pub p_value: Option<f64>,
}

impl Table {
    pub(super) fn of(grid: &Grid, records: &[Record]) -> Self {
        let mut rows: Vec<Row> = grid
            .settings()
            .iter()
            .map(|setting| {
                // in the order of the seeds, whatever the order in which they were done
                let of = |seed| records.iter().find(|r| (&r.setting, r.seed) == (&setting.name, seed));
                let of_setting: Vec<&Record> = grid.seeds().iter().filter_map(|seed| of(*seed)).collect();
                row(&setting.name, &of_setting)
            })
            .collect();
        let known = |figure: &&Figure| rows.iter().any(|row| row.figures.contains_key(figure.name));
        let columns: Vec<Column> = FIGURES.iter().filter(known).map(|figure| Column { figure: *figure }).collect();
        for column in &columns {
            judge(column.figure, &mut rows);
        }
        Table { columns, rows }
    }
}

fn row(setting: &str, records: &[&Record]) -> Row {
    let measured: Vec<_> = records.iter().filter_map(|record| record.figures()).collect();
    let summary = |figure: &Figure| {
        let values: Vec<f64> = measured.iter().filter_map(|figures| figures.get(figure.name).copied()).collect();
        let summary = (!values.is_empty()).then(|| Summary {
            mean: mean(&values),
            deviation: deviation(&values),
            is_best: false,
            p_value: None,
            values,
        });
        Some((figure.name, summary?))
    };
    let seconds: Vec<f64> =
        records.iter().filter(|record| record.figures().is_some()).map(|record| record.seconds).collect();
    Row {
        setting: setting.to_owned(),
        measured: measured.len(),
        failed: records.len() - measured.len(),
        seconds: (!seconds.is_empty()).then(|| mean(&seconds)),
        figures: FIGURES.iter().filter_map(summary).collect(),
    }
}

/// Finds the best of a column and tests the others against it.
fn judge(figure: Figure, rows: &mut [Row]) {
    let Some(better) = figure.better else { return };
    let score = |summary: &Summary| match better {
        Better::Lower => summary.mean,
        Better::Higher => -summary.mean,
    };
    let mut summaries: Vec<&mut Summary> = rows.iter_mut().filter_map(|row| row.figures.get_mut(figure.name)).collect();
    let lowest = summaries.iter().map(|summary| score(summary)).fold(f64::INFINITY, f64::min);
    let Some(best) = summaries.iter().find(|summary| score(summary) == lowest).map(|best| best.values.clone()) else {
        return;
    };
    let mut tested = Vec::new();
    for (k, summary) in summaries.iter_mut().enumerate() {
        summary.is_best = score(summary) == lowest;
        if let Some(p) = welch(&summary.values, &best).filter(|_| !summary.is_best) {
            tested.push((k, p));
        }
    }
    let adjusted = holm(&tested.iter().map(|(_, p)| *p).collect::<Vec<_>>());
    for ((k, _), p) in tested.into_iter().zip(adjusted) {
        summaries[k].p_value = Some(p);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        comparison::{Protocol, Setting, record},
        config::Config,
        random::Seed,
    };

    pub fn grid(names: &[&str]) -> Grid {
        let settings = names.iter().map(|name| Setting { name: (*name).to_owned(), config: Config::default() });
        Grid::new(settings.collect(), vec![Seed(0), Seed(1), Seed(2)], Protocol::default(), "out".into()).unwrap()
    }

    pub fn measured(setting: &str, seed: u64, figures: &[(&str, f64)]) -> Record {
        let figures = figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let result = record::Result::Measured { figures, card: serde_json::Value::Null };
        Record {
            setting: setting.to_owned(),
            seed: Seed(seed),
            steps: 10,
            seconds: 60.0 * (seed + 1) as f64,
            protocol: Protocol::default(),
            result,
        }
    }

    pub fn records() -> Vec<Record> {
        let of = |setting: &str, fids: [f64; 3], kid: f64| {
            let record = |(seed, fid): (usize, f64)| measured(setting, seed as u64, &[("fid", fid), ("kid", kid)]);
            fids.into_iter().enumerate().map(record).collect::<Vec<_>>()
        };
        let mut records = of("a", [29.6, 30.1, 29.2], 0.2);
        records.extend(of("b", [26.5, 27.9, 26.8], 0.3));
        records.extend(of("c", [26.9, 27.7, 27.5], 0.1));
        let failed = record::Result::Failed("NaN".into());
        records.push(Record { result: failed, ..measured("d", 0, &[]) });
        records
    }

    #[test]
    fn the_best_of_a_column_is_marked_and_the_others_are_tested_against_it() {
        let table = Table::of(&grid(&["a", "b", "c", "d"]), &records());
        assert_eq!(table.columns.iter().map(|column| column.figure.name).collect::<Vec<_>>(), ["fid", "kid"]);
        let fid = |row: usize| &table.rows[row].figures["fid"];
        assert!(fid(1).is_best && fid(1).p_value.is_none());
        assert!((fid(0).mean - 29.633_333).abs() < 1e-5 && (fid(0).deviation.unwrap() - 0.450_925).abs() < 1e-5);
        // twice the p-value of the pair alone, as the smaller of two
        let alone = welch(&fid(0).values, &fid(1).values).unwrap();
        assert_eq!(fid(0).p_value, Some(2.0 * alone));
        assert!(fid(2).p_value.unwrap() > 0.5);
        // equal values leave nothing to test
        assert!(table.rows[2].figures["kid"].is_best && table.rows[0].figures["kid"].p_value.is_none());
        assert_eq!((table.rows[3].measured, table.rows[3].failed, table.rows[3].figures.len()), (0, 1, 0));
        assert_eq!(table.rows[0].seconds, Some(120.0));
    }

    #[test]
    fn a_single_seed_has_a_best_and_no_test() {
        let records = [measured("a", 0, &[("coverage", 0.5)]), measured("b", 0, &[("coverage", 0.75)])];
        let table = Table::of(&grid(&["a", "b"]), &records);
        let coverage = |row: usize| &table.rows[row].figures["coverage"];
        assert!(!coverage(0).is_best && coverage(1).is_best);
        assert_eq!((coverage(0).p_value, coverage(0).deviation), (None, None));
    }
}
