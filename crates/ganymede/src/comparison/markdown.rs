//! The table as Markdown, with what one has to know to quote it.

use std::fmt::Write;

use serde_json::Value;

use super::{Better, Grid, Record, Summary, Table, record};

/// The table, and the protocol below it.
pub fn markdown(grid: &Grid, records: &[Record], table: &Table) -> String {
    let tested = |name: &str| table.rows.iter().any(|row| row.figures.get(name).is_some_and(|s| s.p_value.is_some()));
    let mut head = String::from("| setting | seeds |");
    let mut line = String::from("|---|---|");
    for column in &table.columns {
        let (name, arrow) = (column.figure.name, arrow(column.figure.better));
        head.push_str(&format!(" {name}{arrow} |"));
        line.push_str("---|");
        if tested(name) {
            head.push_str(" p |");
            line.push_str("---|");
        }
    }
    let mut text = format!("{head} training |\n{line}---|\n");
    for row in &table.rows {
        let failed = if row.failed > 0 { format!(", {} failed", row.failed) } else { String::new() };
        let _ = write!(text, "| {} | {}{failed} |", row.setting, row.measured);
        for column in &table.columns {
            let summary = row.figures.get(column.figure.name);
            let _ = write!(text, " {} |", summary.map_or("-".to_owned(), value));
            if tested(column.figure.name) {
                let _ = write!(text, " {} |", summary.map_or("-".to_owned(), p_value));
            }
        }
        let _ = writeln!(text, " {} |", row.seconds.map_or("-".to_owned(), minutes));
    }
    text.push('\n');
    text.push_str(&legend(grid, records, table));
    text
}

fn arrow(better: Option<Better>) -> &'static str {
    match better {
        Some(Better::Lower) => " ↓",
        Some(Better::Higher) => " ↑",
        None => "",
    }
}

fn value(summary: &Summary) -> String {
    let text = match summary.deviation {
        Some(deviation) => format!("{} ± {}", number(summary.mean), number(deviation)),
        None => number(summary.mean),
    };
    if summary.is_best { format!("**{text}**") } else { text }
}

fn p_value(summary: &Summary) -> String {
    match summary.p_value {
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
        None => "-".to_owned(),
    }
}

/// Four digits or so.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 10.0 => format!("{value:.2}"),
        size if size >= 0.01 => format!("{value:.4}"),
        _ => format!("{value:.2e}"),
    }
}

fn minutes(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

fn legend(grid: &Grid, records: &[Record], table: &Table) -> String {
    let (protocol, config) = (grid.protocol(), &grid.settings()[0].config);
    let seeds: Vec<String> = grid.seeds().iter().map(|seed| seed.0.to_string()).collect();
    let lengths: Vec<u64> = grid.settings().iter().map(|setting| setting.config.steps).collect();
    let steps = match lengths.iter().all(|steps| *steps == lengths[0]) {
        true => format!("{} steps", lengths[0]),
        false => "as many steps as each needs for the same images".to_owned(),
    };
    let seeds = format!("seed{} {}", if seeds.len() == 1 { "" } else { "s" }, seeds.join(", "));
    let mut text = format!("{}, {}, {steps} of {} samples, {seeds}.", config.data, config.network, config.batch);
    let card = records.iter().find_map(|record| match &record.result {
        record::Result::Measured { card, .. } => Some(card),
        record::Result::Failed(_) => None,
    });
    if let Some(card) = card {
        let words = |path: &[&str]| {
            let found = path.iter().try_fold(card, |value, key| value.get(key));
            found.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let count = card["reference"]["count"].as_u64().unwrap_or_default();
        let features = words(&["features", "name"]);
        let on = if features.is_empty() { String::new() } else { format!(" on {features} features") };
        let source = words(&["reference", "source"]);
        let _ = write!(text, " Measured{on}: {} generated samples against {count} of {source}.", protocol.n);
    }
    if grid.seeds().len() > 1 {
        text.push_str(" Mean ± standard deviation over the seeds.");
    }
    let families = table.rows.iter().flat_map(|row| row.figures.values()).any(|summary| summary.p_value.is_some());
    if families {
        text.push_str(" p: Welch's t-test against the best of the column, after Holm's correction for all settings.");
    }
    text.push_str(" Training: the time of the steps alone, a run.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::{
        super::table::tests::{grid, records},
        *,
    };

    #[test]
    fn a_table_shows_means_the_best_and_the_tests_and_names_its_protocol() {
        let grid = grid(&["a", "b", "c", "d"]);
        let table = Table::of(&grid, &records());
        let text = markdown(&grid, &records(), &table);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "| setting | seeds | fid ↓ | p | kid ↓ | training |");
        assert_eq!(lines[2], "| a | 3 | 29.63 ± 0.4509 | 0.022 | 0.2000 ± 0 | 2 min 00 s |");
        assert_eq!(lines[3], "| b | 3 | **27.07 ± 0.7371** | - | 0.3000 ± 0 | 2 min 00 s |");
        assert_eq!(lines[5], "| d | 0, 1 failed | - | - | - | - |");
        for part in ["shapes, small28, 6000 steps of 64 samples, seeds 0, 1, 2.", "Welch", "10000 generated samples"] {
            assert!(text.contains(part), "'{part}' is not in {text}");
        }
    }
}
