//! What a comparison looks like: the course of the training over steps and over time, and samples, a row a setting.

use std::path::Path;

use image::RgbImage;
use serde_json::Value;

use super::{
    Cell, Grid, Record, Setting,
    clock::{Time, times},
    statistics::{deviation, mean},
};
use crate::{
    error::{Error, Result},
    evaluation::{Metric, Monitoring},
    lab::{Ink, Plot, save_plot},
    picture,
    prelude::Device,
    sampling::Sampler,
    training::RunDirectory,
};

const SAMPLES: u64 = 16;
const INKS: [Ink; 7] = [Ink::Blue, Ink::Orange, Ink::Green, Ink::Red, Ink::Purple, Ink::Text, Ink::Grey];

/// The figure of a run at a step, and the seconds that it took to get there.
struct Point {
    step: u64,
    seconds: f64,
    value: f64,
}

/// Writes every picture that the records allow.
///
/// # Errors
/// When a run cannot be read, or a picture cannot be written.
pub(super) fn write(grid: &Grid, records: &[Record]) -> Result<()> {
    let done =
        |cell: &Cell| records.iter().any(|r| (&r.setting, r.seed) == (&cell.name, cell.seed) && r.figures().is_some());
    let cells: Vec<Cell> = grid.cells().into_iter().filter(done).collect();
    if let Some(metric) = grid.protocol().curve_metric().filter(|_| grid.protocol().curve.is_some()) {
        write_courses(grid, &cells, metric)?;
    }
    match samples(grid, &cells)? {
        Some(samples) => picture::save_png(&samples, &grid.directory().join("samples.png")),
        None => Ok(()),
    }
}

fn write_courses(grid: &Grid, cells: &[Cell], metric: Metric) -> Result<()> {
    let Some(criterion) = Monitoring::new(vec![metric]).criterion() else { return Ok(()) };
    let figure = criterion.figure_name();
    let of_setting = |(k, setting): (usize, &Setting)| -> Result<(usize, String, Vec<Vec<Point>>)> {
        let of_seeds = cells.iter().filter(|cell| cell.setting == k).map(|cell| course(cell, figure));
        Ok((k, setting.name.clone(), of_seeds.collect::<Result<_>>()?))
    };
    let courses = grid.settings().iter().enumerate().map(of_setting).collect::<Result<Vec<_>>>()?;
    // a single point draws no line
    if courses.iter().flat_map(|(_, _, seeds)| seeds).all(|points| points.len() < 2) {
        return Ok(());
    }
    let n = grid.protocol().curve.map_or(0, |curve| curve.n);
    let seeds = grid.seeds().len();
    let label = format!("{figure} of {n} samples");
    let title = |of: &str| match seeds {
        1 => format!("{figure} over {of}"),
        _ => format!("{figure} over {of}, mean and deviation of up to {seeds} seeds"),
    };
    for (name, x_label, x) in [
        ("steps", "step", (|point: &Point| point.step as f64) as fn(&Point) -> f64),
        ("time", "minutes of training", |point| point.seconds / 60.0),
    ] {
        let stem = format!("{figure}-{name}");
        let plot = Plot::new(stem.as_str(), title(name), x_label, &label);
        let plot = courses.iter().fold(plot, |plot, (k, name, seeds)| with_setting(plot, *k, name, seeds, x));
        save_plot(&plot, grid.directory(), &stem)?;
    }
    Ok(())
}

/// The mean over the seeds, and a band of their deviation where there are several.
fn with_setting(mut plot: Plot, k: usize, name: &str, seeds: &[Vec<Point>], x: fn(&Point) -> f64) -> Plot {
    let length = seeds.iter().map(Vec::len).min().unwrap_or(0);
    if length == 0 {
        return plot;
    }
    let at = |i: usize, of: fn(&Point) -> f64| seeds.iter().map(|points| of(&points[i])).collect::<Vec<f64>>();
    let x_at = |i: usize| mean(&seeds.iter().map(|points| x(&points[i])).collect::<Vec<f64>>());
    let line: Vec<[f64; 2]> = (0..length).map(|i| [x_at(i), mean(&at(i, |point| point.value))]).collect();
    let band: Vec<[f64; 3]> = (0..length)
        .filter_map(|i| {
            let values = at(i, |point| point.value);
            let (middle, half) = (mean(&values), deviation(&values)?);
            Some([x_at(i), middle - half, middle + half])
        })
        .collect();
    let ink = INKS[k % INKS.len()];
    if !band.is_empty() {
        plot = plot.band("", ink, band);
    }
    if k < INKS.len() { plot.line(name, ink, line) } else { plot.dashed(name, ink, line) }
}

/// What the run noted on the way; the noise before the first step would leave no room for the rest.
fn course(cell: &Cell, figure: &str) -> Result<Vec<Point>> {
    let directory = RunDirectory::at(&cell.directory);
    let Some(monitor) = &cell.config.monitor else { return Ok(Vec::new()) };
    let times = times(&directory)?;
    let point = |line: &Value| {
        let (step, value) =
            (line["step"].as_u64().filter(|step| *step > 0)?, line["results"][figure]["value"].as_f64()?);
        Some(Point { step, seconds: seconds_at(&times, step), value })
    };
    let mut points: Vec<Point> =
        directory.metrics()?.iter().filter(|line| monitor.is_of(line)).filter_map(point).collect();
    points.dedup_by_key(|point| point.step);
    Ok(points)
}

/// Between the two lines around the step, in proportion.
fn seconds_at(times: &[Time], step: u64) -> f64 {
    let after = times.partition_point(|time| time.step < step);
    let before = after.checked_sub(1).and_then(|at| times.get(at)).copied().unwrap_or(Time { step: 0, seconds: 0.0 });
    match times.get(after) {
        Some(next) => {
            let share = (step - before.step) as f64 / (next.step - before.step).max(1) as f64;
            before.seconds + share * (next.seconds - before.seconds)
        }
        None => before.seconds,
    }
}

/// A row of samples of each setting that has a run, of the same seeds.
fn samples(grid: &Grid, cells: &[Cell]) -> Result<Option<RgbImage>> {
    let seeds: Vec<u64> = (0..SAMPLES).collect();
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    for (k, setting) in grid.settings().iter().enumerate() {
        let Some(cell) = cells.iter().find(|cell| cell.setting == k) else { continue };
        rows.push(row(&cell.directory, &seeds)?);
        names.push(setting.name.as_str());
    }
    let Some((width, height)) = rows.first().map(RgbImage::dimensions) else { return Ok(None) };
    let mut whole = RgbImage::new(width, height * rows.len() as u32);
    for (k, row) in rows.iter().enumerate() {
        image::imageops::replace(&mut whole, row, 0, i64::from(height) * k as i64);
    }
    Ok(Some(picture::named_rows(&whole, &names)))
}

fn row(run: &Path, seeds: &[u64]) -> Result<RgbImage> {
    const POINTS: u64 = 2000;
    let sampler = Sampler::open(run, &Device::flex())?;
    if sampler.data.shape == [2, 1, 1] {
        let many: Vec<u64> = (0..POINTS).collect();
        return picture::of_samples(&sampler.sample(&many, None, 1.0)?, 1);
    }
    picture::of_samples(&sampler.sample(seeds, None, 1.0)?, seeds.len()).map_err(|error| Error::checkpoint(run, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_step_lies_between_those_around_it() {
        let times = [Time { step: 10, seconds: 5.0 }, Time { step: 20, seconds: 15.0 }];
        let at = |step| seconds_at(&times, step);
        assert_eq!([at(5), at(10), at(14), at(20), at(30)], [2.5, 5.0, 9.0, 15.0, 15.0]);
        assert_eq!(seconds_at(&[], 3), 0.0);
    }
}
