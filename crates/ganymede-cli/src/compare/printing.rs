//! What a comparison says on the screen: its plan, its table, its end.

use std::{
    io::{self, Write},
    time::Duration,
};

use console::{Alignment, measure_text_width, pad_str, style};
use ganymede::{
    comparison::{Better, Estimate, Grid, Row, Summary, Table},
    data::Dataset,
};

use crate::style::{count, counted, duration, number, rows, shape};

/// The plan, and how long it takes.
pub fn plan(
    out: &mut impl Write,
    grid: &Grid,
    dataset: &dyn Dataset,
    estimate: &Estimate,
    done: &Table,
) -> io::Result<()> {
    let protocol = grid.protocol();
    let cells = grid.settings().len() * grid.seeds().len();
    let ready: usize = done.rows.iter().map(|row| row.measured + row.failed).sum();
    let metrics: Vec<&str> = protocol.metrics.iter().map(|metric| metric.name()).collect();
    let on = protocol.features.as_ref().map_or(String::new(), |features| format!(" on {features}"));
    let mut metrics = format!("{}{on} of {}", metrics.join(", "), counted(protocol.n as u64, "sample"));
    if let Some(curve) = protocol.curve {
        let points = counted(curve.points, "point");
        metrics.push_str(&format!("; of {} at {points} on the way", count(curve.n as u64)));
    }
    let data = format!("{}, {} of {}", dataset.name(), counted(dataset.len() as u64, "sample"), shape(dataset.shape()));
    let done = if ready == 0 { String::new() } else { format!(", {ready} of them done") };
    let runs = format!(
        "{} × {} = {}{done}",
        counted(grid.settings().len() as u64, "setting"),
        counted(grid.seeds().len() as u64, "seed"),
        counted(cells as u64, "run")
    );
    writeln!(out, "{} {}\n", style("ganymede").magenta().bold(), style(env!("CARGO_PKG_VERSION")).dim())?;
    rows(
        out,
        [
            ("data", data),
            ("network", grid.settings()[0].config.network.clone()),
            ("grid", runs),
            ("metrics", metrics),
            ("writes to", style(grid.directory().display()).bold().to_string()),
        ],
    )?;
    writeln!(out)?;
    let entries = grid.settings().iter().enumerate().map(|(k, setting)| {
        let step = estimate.step_seconds.get(k).copied().unwrap_or_default();
        let config = &setting.config;
        let steps = counted(config.steps, "step");
        let rate = format!("Adam {} ({}, {})", config.generator.rate, config.generator.beta1, config.generator.beta2);
        let game = match &config.vae {
            Some(vae) => format!("{}, beta {}", vae.likelihood, vae.beta),
            None => {
                let clip = config.clip.map_or(String::new(), |clip| format!(", clip {clip}"));
                format!("{}, penalty {}{clip}, n-critic {}", config.objective, config.penalty, config.n_critic)
            }
        };
        (setting.name.as_str(), format!("{steps} of {:.0} ms   {}", step * 1e3, style(format!("{game}, {rate}")).dim()))
    });
    rows(out, entries)?;
    let left: f64 = grid.cells().iter().map(|cell| estimate.cell(grid, cell, 0)).sum();
    // those that are done already take nothing; what a run in the middle has is known once it goes on
    let share = (cells - ready) as f64 / cells as f64;
    let left = Duration::try_from_secs_f64(left * share).unwrap_or(Duration::MAX);
    let features = if estimate.sample_seconds > 0.0 {
        let reference = Duration::try_from_secs_f64(estimate.end(grid)).unwrap_or(Duration::MAX);
        let each = estimate.sample_seconds * 1e3;
        format!("; features take {each:.1} ms a sample, and once {} for those of the data", duration(reference))
    } else {
        String::new()
    };
    writeln!(out, "\nabout {} for {}{features}\n", style(duration(left)).bold(), counted((cells - ready) as u64, "run"))
}

/// The table, and where everything is.
pub fn end(out: &mut impl Write, grid: &Grid, table: &Table, quiet: bool) -> io::Result<()> {
    let directory = grid.directory().display();
    if quiet {
        return writeln!(out, "{directory}");
    }
    writeln!(out)?;
    print_table(out, table)?;
    writeln!(
        out,
        "\n{} {} of {}",
        style("done").green().bold(),
        counted(grid.settings().len() as u64, "setting"),
        counted(grid.seeds().len() as u64, "seed")
    )?;
    let lines = [("table", "compare.md"), ("numbers", "compare.json"), ("samples", "samples.png")];
    rows(out, lines.map(|(what, file)| (what, style(grid.directory().join(file).display()).bold().to_string())))
}

pub fn stopped(out: &mut impl Write, grid: &Grid) -> io::Result<()> {
    writeln!(out, "\n{}, everything saved in {}", style("stopped").yellow().bold(), grid.directory().display())?;
    rows(out, [("go on", "the same command again")])
}

/// A row a setting, the best of each column in bold; p in brackets where it was tested.
pub fn print_table(out: &mut impl Write, table: &Table) -> io::Result<()> {
    let arrow = |better: Option<Better>| match better {
        Some(Better::Lower) => " ↓",
        Some(Better::Higher) => " ↑",
        None => "",
    };
    let names = table.columns.iter().map(|column| format!("{}{}", column.figure.name, arrow(column.figure.better)));
    let head: Vec<String> = ["setting".to_owned(), "seeds".to_owned()].into_iter().chain(names).collect();
    let body: Vec<Vec<String>> = table.rows.iter().map(|row| cells(row, table)).collect();
    let width = |column: usize| {
        let of_body = body.iter().map(|row| measure_text_width(&row[column]));
        of_body.chain([measure_text_width(&head[column])]).max().unwrap_or(0)
    };
    let line = |cells: &[String]| -> String {
        let padded = cells.iter().enumerate().map(|(k, cell)| pad_str(cell, width(k), Alignment::Left, None));
        padded.collect::<Vec<_>>().join("   ")
    };
    writeln!(out, "  {}", style(line(&head)).dim())?;
    for row in &body {
        writeln!(out, "  {}", line(row).trim_end())?;
    }
    if table.rows.iter().flat_map(|row| row.figures.values()).any(|summary| summary.p_value.is_some()) {
        let meaning = "in brackets: p of Welch's t-test against the best, corrected for the number of settings (Holm)";
        writeln!(out, "\n  {}", style(meaning).dim())?;
    }
    Ok(())
}

fn cells(row: &Row, table: &Table) -> Vec<String> {
    let failed = if row.failed > 0 { format!(", {} failed", row.failed) } else { String::new() };
    let figures =
        table.columns.iter().map(|column| row.figures.get(column.figure.name).map_or("-".to_owned(), summary));
    [style(&row.setting).cyan().to_string(), format!("{}{failed}", row.measured)].into_iter().chain(figures).collect()
}

fn summary(summary: &Summary) -> String {
    let deviation = summary.deviation.map_or(String::new(), |deviation| format!(" ± {}", number(deviation)));
    let text = format!("{}{deviation}", number(summary.mean));
    match summary.p_value {
        _ if summary.is_best => style(text).green().bold().to_string(),
        Some(p) if p < 0.001 => format!("{text} (< 0.001)"),
        Some(p) => format!("{text} ({p:.3})"),
        None => text,
    }
}
