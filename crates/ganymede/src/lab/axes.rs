//! Axes: their ranges, and ticks at round numbers or decades.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

use super::{Axis, Plot};

/// About how many ticks an axis has.
const TICKS: f64 = 6.0;

/// The axis with its range, and ticks at round numbers or decades.
pub(super) fn coordinate(plot: &Plot, axis: &Axis, which: usize) -> Ruler {
    let logarithm = |value: f64| if axis.is_logarithmic { value.log10() } else { value };
    let range = match axis.range {
        Some((low, high)) => logarithm(low)..logarithm(high),
        None => {
            let points = plot.layers.iter().flat_map(|layer| layer.mark.extent());
            let values: Vec<f64> = points.map(|point| logarithm(point[which])).filter(|v| v.is_finite()).collect();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
            let room = if which == 1 { 0.05 } else { 0.0 } * (high - low) + if high > low { 0.0 } else { 0.5 };
            low - room..high + room
        }
    };
    let step = match axis.is_logarithmic {
        true => ((range.end - range.start) / TICKS).ceil().max(1.0),
        false => round_step((range.end - range.start) / TICKS),
    };
    let first = (range.start / step - 1e-9).ceil() as i64;
    let last = (range.end / step + 1e-9).floor() as i64;
    let ticks: Vec<f64> = (first..=last).map(|k| k as f64 * step).collect();
    Ruler { range, ticks }
}

/// A linear axis whose ticks are chosen here.
pub(super) struct Ruler {
    pub range: Range<f64>,
    ticks: Vec<f64>,
}

impl Ranged for Ruler {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        start + (share * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// 1, 2 or 5 times a power of ten, not below `size`.
fn round_step(size: f64) -> f64 {
    let power = 10f64.powf(size.max(f64::MIN_POSITIVE).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|k| k * power).find(|step| *step >= size * 0.999).unwrap_or(10.0 * power)
}

pub(super) fn tick_label(axis: &Axis, value: f64, range: &Range<f64>) -> String {
    if axis.is_logarithmic {
        let exponent = value.round() as i32;
        if (-2..=3).contains(&exponent) {
            return format!("{}", 10f64.powi(exponent));
        }
        let digits: String = exponent.to_string().chars().map(raised).collect();
        return format!("10{digits}");
    }
    let step = round_step((range.end - range.start) / TICKS);
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    // -0 is 0
    if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') { "0".to_owned() } else { text }
}

fn raised(digit: char) -> char {
    match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' => '⁰',
        '4'..='9' => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
        _ => digit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_and_decades() {
        let plot = Plot::new("test", "", "x", "y").x_range(0.0, 1.0).y_range(1e-6, 1.0).log_y();
        let y = coordinate(&plot, &plot.y, 1);
        let labels: Vec<String> = y.ticks.iter().map(|v| tick_label(&plot.y, *v, &(-6.0..0.0))).collect();
        assert_eq!(labels, ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "0.01", "0.1", "1"]);
        let x = coordinate(&plot, &plot.x, 0);
        let labels: Vec<String> = x.ticks.iter().map(|v| tick_label(&plot.x, *v, &(0.0..1.0))).collect();
        assert_eq!(labels, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    }
}
