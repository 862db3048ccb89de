//! What was found, as files: a page that needs nothing but itself, the numbers, and the pictures.
//!
//! ```text
//! report.html                 every statement, check and plot; light or dark as the reader's system is
//! report.json                 the same numbers for programs
//! <experiment>-<plot>.svg     and .png, on white ground
//! ```

use std::{fmt::Write, path::Path};

use serde_json::json;

use super::{Check, Outcome, Plot, Settings, draw, findings::number, save_plot};
use crate::{
    error::{Error, Result},
    files,
};

pub(crate) const STYLE: &str = include_str!("report.css");

/// Writes the report of `outcomes` into the directory, which is made if need be; the page's path.
///
/// # Errors
/// [`Error::Io`] when a file cannot be written.
pub fn write(outcomes: &[Outcome], settings: &Settings, directory: &Path) -> Result<std::path::PathBuf> {
    std::fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    let mut sections = String::new();
    for outcome in outcomes {
        let mut figures = String::new();
        for plot in &outcome.findings.plots {
            let stem = format!("{}-{}", outcome.experiment.name(), plot.name);
            figures.push_str(&figure(plot, &save_plot(plot, directory, &stem)?));
        }
        sections.push_str(&section(outcome, &figures));
    }
    let page = page(outcomes, settings, &sections);
    let path = directory.join("report.html");
    files::write_atomically(&path, page.as_bytes())?;
    let numbers = serde_json::to_string_pretty(&numbers(outcomes, settings)).unwrap_or_default();
    files::write_atomically(&directory.join("report.json"), numbers.as_bytes())?;
    Ok(path)
}

fn numbers(outcomes: &[Outcome], settings: &Settings) -> serde_json::Value {
    let experiments: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "name": outcome.experiment.name(),
                "theorem": outcome.experiment.theorem(),
                "statement": outcome.experiment.statement(),
                "confirmed": outcome.findings.is_confirmed(),
                "seconds": outcome.time.as_secs_f64(),
                "findings": outcome.findings,
            })
        })
        .collect();
    json!({ "version": env!("CARGO_PKG_VERSION"), "settings": settings, "experiments": experiments })
}

fn page(outcomes: &[Outcome], settings: &Settings, sections: &str) -> String {
    let confirmed = outcomes.iter().filter(|outcome| outcome.findings.is_confirmed()).count();
    let rows: String = outcomes.iter().map(row).collect();
    let seconds: f64 = outcomes.iter().map(|outcome| outcome.time.as_secs_f64()).sum();
    let version = env!("CARGO_PKG_VERSION");
    let quick = if settings.quick { ", quick" } else { "" };
    let seeds = match settings.seeds.len() {
        1 => "1 seed".to_owned(),
        n => format!("{n} seeds"),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"data:,\">\
         <title>Ganymede's lab</title><style>{STYLE}{dark}</style></head><body><main>\
         <h1>Ganymede’s lab</h1>\
         <p class=\"lead\">{confirmed} of {of} statements of the theory confirmed on {seeds}{quick}, in {seconds:.0} s, \
         by Ganymede {version}.</p>\
         <div class=\"wide\"><table class=\"summary\"><thead><tr><th></th><th>Experiment</th><th>Statement</th>\
         <th class=\"number\">Checks</th><th class=\"number\">Time</th></tr></thead><tbody>{rows}</tbody></table></div>\
         {sections}\
         <footer>Error bars are standard deviations over the seeds, and a check holds only if it does on every one. \
         Run it again: <code>ganymede lab</code>.</footer></main></body></html>\n",
        dark = draw::DARK_STYLE,
        of = outcomes.len(),
    )
}

fn row(outcome: &Outcome) -> String {
    let (experiment, findings) = (outcome.experiment, &outcome.findings);
    format!(
        "<tr><td>{}</td><td><a href=\"#{name}\">{name}</a></td><td>{} <span class=\"quiet\">{}</span></td>\
         <td class=\"number\">{}/{}</td><td class=\"number\">{:.1}&nbsp;s</td></tr>",
        verdict(findings.is_confirmed()),
        escaped(experiment.title()),
        experiment.theorem(),
        findings.held(),
        findings.checks.len(),
        outcome.time.as_secs_f64(),
        name = experiment.name(),
    )
}

fn section(outcome: &Outcome, figures: &str) -> String {
    let (experiment, findings) = (outcome.experiment, &outcome.findings);
    let statement = experiment.statement();
    let checks: String = findings.checks.iter().map(check).collect();
    let notes: String = findings.notes.iter().map(|note| format!("<p>{}</p>", escaped(note))).collect();
    format!(
        "<section id=\"{name}\"><h2>{mark} {title}</h2>\
         <p class=\"quiet\">{theorem} · <code>ganymede lab {name}</code> · {source}</p>\
         <div class=\"formula\">{formula}</div><p>{text}</p>{notes}\
         <div class=\"figures\">{figures}</div>\
         <div class=\"wide\"><table><thead><tr><th></th><th>What</th><th class=\"number\">Must be</th>\
         <th class=\"number\">Measured</th><th>Tolerance from</th></tr></thead><tbody>{checks}</tbody></table></div></section>",
        name = experiment.name(),
        mark = verdict(findings.is_confirmed()),
        title = escaped(experiment.title()),
        theorem = experiment.theorem(),
        source = escaped(statement.source),
        formula = statement.mathml,
        text = escaped(statement.text),
    )
}

fn check(check: &Check) -> String {
    let values: Vec<String> = check.values.iter().map(|value| number(*value)).collect();
    format!(
        "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\" title=\"{}\">{}</td>\
         <td class=\"quiet reason\">{}</td></tr>",
        verdict(check.holds()),
        escaped(&check.name),
        check.expected_text(),
        values.join(", "),
        check.measured_text(),
        escaped(check.reason),
    )
}

pub(crate) fn figure(plot: &Plot, svg: &str) -> String {
    let svg = svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{}\" ", escaped(&plot.title)), 1);
    format!("<figure>{svg}<figcaption>{}</figcaption></figure>", escaped(&plot.caption))
}

fn verdict(holds: bool) -> &'static str {
    if holds {
        "<span class=\"holds\" title=\"holds\">✓</span>"
    } else {
        "<span class=\"fails\" title=\"does not hold\">✗</span>"
    }
}

pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        // writing to a String cannot fail
        let _ = match c {
            '&' => escaped.write_str("&amp;"),
            '<' => escaped.write_str("&lt;"),
            '>' => escaped.write_str("&gt;"),
            '"' => escaped.write_str("&quot;"),
            c => escaped.write_char(c),
        };
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lab::{EXPERIMENTS, Findings, Ink};

    fn outcome() -> Outcome {
        let plot = Plot::new("curve", "A < B", "x", "y").line("f", Ink::Red, [[0.0, 0.0], [1.0, 1.0]]);
        let checks = vec![Check::at_most("error < all", 1.0, "because", [0.25, 0.5])];
        let findings = Findings { checks, plots: vec![plot], notes: vec!["note & more".into()] };
        Outcome { experiment: EXPERIMENTS[0], findings, time: Duration::from_millis(1500) }
    }

    #[test]
    fn a_report_is_one_page_that_asks_the_network_for_nothing() {
        let place = tempfile::tempdir().unwrap();
        let path = write(&[outcome()], &Settings::new(true, Some(2)), place.path()).unwrap();
        let page = std::fs::read_to_string(path).unwrap();
        let outside = ["src=", "@import", "url(", "<script", "href=\"http"];
        assert!(outside.iter().all(|ask| !page.contains(ask)), "{page}");
        for part in ["1 of 1 statements", "A &lt; B", "error &lt; all", "note &amp; more", "<math", "0.375 ± 0.1768"] {
            assert!(page.contains(part), "'{part}' is not in {page}");
        }
        let name = EXPERIMENTS[0].name();
        let svg = std::fs::read_to_string(place.path().join(format!("{name}-curve.svg"))).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("prefers-color-scheme"));
        assert!(image::open(place.path().join(format!("{name}-curve.png"))).is_ok());
        let json = std::fs::read(place.path().join("report.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["experiments"][0]["confirmed"], true);
        assert_eq!(json["experiments"][0]["findings"]["checks"][0]["values"][1], 0.5);
    }

    #[test]
    fn every_experiment_has_a_name_of_its_own_a_statement_and_a_formula() {
        for (k, experiment) in EXPERIMENTS.iter().enumerate() {
            let statement = experiment.statement();
            assert!(EXPERIMENTS[..k].iter().all(|other| other.name() != experiment.name()));
            let parts = [experiment.title(), statement.text, statement.formula, statement.source];
            assert!(parts.iter().all(|part| !part.is_empty()), "{}", experiment.name());
            let mathml = statement.mathml.trim();
            assert!(mathml.starts_with("<math") && mathml.ends_with("</math>"), "{}", experiment.name());
        }
    }
}
