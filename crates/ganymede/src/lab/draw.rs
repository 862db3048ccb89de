//! Plots as SVG and PNG, by `plotters`.
//!
//! Both come from one drawing, made on a fine grid of pixels: `plotters` rounds to whole ones. Logarithmic axes are linear
//! axes of log10 with ticks at the decades. In an SVG the colours are those of light ground, and [`DARK_STYLE`] turns each
//! into its counterpart where the reader's system is dark.

use std::{ops::Range, sync::Once};

use image::{Rgb, RgbImage};
use plotters::{
    coord::Shift,
    prelude::*,
    style::{FontStyle, register_font},
};

use super::{
    Axis, Ink, Mark, Plot,
    axes::{coordinate, tick_label},
};

const WIDTH: u32 = 560;
const HEIGHT: u32 = 380;
/// Pixels to a unit of the above.
const SVG_SCALE: u32 = 4;
const PNG_SCALE: u32 = 2;
const LONG: usize = 200;
const FONT: &str = "sans-serif";

const GRID: RGBColor = RGBColor(225, 228, 232);

/// The style that turns the colours of a plot into those for dark ground; and no seams between cells.
pub(crate) const DARK_STYLE: &str = "svg rect{shape-rendering:crispEdges}\
@media (prefers-color-scheme:dark){\
[fill='#1B1F24']{fill:#E6EDF3}[stroke='#1B1F24']{stroke:#E6EDF3}[stroke='#E1E4E8']{stroke:#30363D}\
[fill='#6E7781']{fill:#9AA4AE}[stroke='#6E7781']{stroke:#9AA4AE}\
[fill='#0B62C4']{fill:#58A6FF}[stroke='#0B62C4']{stroke:#58A6FF}\
[fill='#C8500A']{fill:#F0883E}[stroke='#C8500A']{stroke:#F0883E}\
[fill='#1A7F4B']{fill:#4FC37F}[stroke='#1A7F4B']{stroke:#4FC37F}\
[fill='#C01F3D']{fill:#FF7B86}[stroke='#C01F3D']{stroke:#FF7B86}\
[fill='#7A3FB8']{fill:#BC8CFF}[stroke='#7A3FB8']{stroke:#BC8CFF}}";

fn color(ink: Ink) -> RGBColor {
    match ink {
        Ink::Text => RGBColor(27, 31, 36),
        Ink::Grey => RGBColor(110, 119, 129),
        Ink::Blue => RGBColor(11, 98, 196),
        Ink::Orange => RGBColor(200, 80, 10),
        Ink::Green => RGBColor(26, 127, 75),
        Ink::Red => RGBColor(192, 31, 61),
        Ink::Purple => RGBColor(122, 63, 184),
    }
}

/// What `plotters` says when it cannot draw.
type Failed = String;

/// The plot as an SVG element without a background.
pub(super) fn svg(plot: &Plot) -> Result<String, Failed> {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, size(plot, SVG_SCALE)).into_drawing_area();
        paint(&root, plot, SVG_SCALE as i32)?;
        root.present().map_err(|error| error.to_string())?;
    }
    // sized by where it stands
    let (width, height) = size(plot, SVG_SCALE);
    Ok(text.replacen(&format!("width=\"{width}\" height=\"{height}\" "), "", 1))
}

/// The plot on white ground.
pub(super) fn picture(plot: &Plot) -> Result<RgbImage, Failed> {
    let (width, height) = size(plot, PNG_SCALE);
    let mut bytes = vec![255; (width * height * 3) as usize];
    {
        let root = BitMapBackend::with_buffer(&mut bytes, (width, height)).into_drawing_area();
        root.fill(&WHITE).map_err(|error| error.to_string())?;
        paint(&root, plot, PNG_SCALE as i32)?;
        root.present().map_err(|error| error.to_string())?;
    }
    Ok(RgbImage::from_fn(width, height, |x, y| {
        let at = ((y * width + x) * 3) as usize;
        Rgb([bytes[at], bytes[at + 1], bytes[at + 2]])
    }))
}

fn size(plot: &Plot, scale: u32) -> (u32, u32) {
    let height = if plot.is_square { WIDTH } else { HEIGHT };
    (WIDTH * scale, height * scale)
}

/// Text in the font of this crate, so that sizes are the same wherever it is drawn.
fn font(size: i32) -> TextStyle<'static> {
    static REGISTERED: Once = Once::new();
    // the only failure is a file that is no font, and this one is part of the build
    REGISTERED.call_once(|| drop(register_font(FONT, FontStyle::Normal, dejavu::sans::regular())));
    (FONT, size).into_font().color(&color(Ink::Text))
}

fn paint<B: DrawingBackend>(root: &DrawingArea<B, Shift>, plot: &Plot, scale: i32) -> Result<(), Failed> {
    let said = |error: DrawingAreaErrorKind<B::ErrorType>| error.to_string();
    let text = |size: i32| font(size * scale);
    root.draw_text(&plot.title, &text(15), (10 * scale, 8 * scale)).map_err(said)?;
    let (_, rest) = root.split_vertically(30 * scale);
    let legend_height = paint_legend(&rest, plot, scale)?;
    let (_, rest) = rest.split_vertically(legend_height);

    let (x, y) = (coordinate(plot, &plot.x, 0), coordinate(plot, &plot.y, 1));
    let (x_range, y_range) = (x.range.clone(), y.range.clone());
    let mut chart = ChartBuilder::on(&rest)
        .margin(6 * scale)
        .margin_right(16 * scale)
        .x_label_area_size(44 * scale)
        .y_label_area_size(62 * scale)
        .build_cartesian_2d(x, y)
        .map_err(said)?;
    chart
        .configure_mesh()
        .axis_style(color(Ink::Grey).stroke_width(scale as u32))
        .bold_line_style(GRID.stroke_width(scale as u32))
        .light_line_style(TRANSPARENT)
        .label_style(text(12))
        .axis_desc_style(text(13))
        .x_desc(&plot.x.label)
        .y_desc(&plot.y.label)
        .x_label_formatter(&|value| tick_label(&plot.x, *value, &x_range))
        .y_label_formatter(&|value| tick_label(&plot.y, *value, &y_range))
        .set_all_tick_mark_size(4 * scale)
        .draw()
        .map_err(said)?;

    for layer in &plot.layers {
        let ink = color(layer.ink);
        let thick = ink.stroke_width(2 * scale as u32);
        let place = |point: [f64; 2]| placed(plot, point);
        match &layer.mark {
            Mark::Line(points) => {
                // a long line may be a noisy one
                let width = if points.len() > LONG { 3 * scale / 2 } else { 2 * scale };
                let thick = ink.stroke_width(width as u32);
                for piece in pieces(plot, points, &x_range, &y_range) {
                    chart.draw_series([PathElement::new(piece, thick)]).map_err(said)?;
                }
            }
            Mark::Dashed(points) => {
                for piece in pieces(plot, points, &x_range, &y_range) {
                    let line = DashedLineSeries::new(piece, 6 * scale, 4 * scale, thick);
                    chart.draw_series(line).map_err(said)?;
                }
            }
            Mark::Dots(points) => {
                let dots = points.iter().filter_map(|point| place(*point));
                let radius = if points.len() > LONG { scale } else { 3 * scale };
                chart.draw_series(dots.map(|at| Circle::new(at, radius, ink.mix(0.7).filled()))).map_err(said)?;
            }
            Mark::Band(points) => {
                let low = points.iter().filter_map(|[x, low, _]| place([*x, *low]));
                let high = points.iter().rev().filter_map(|[x, _, high]| place([*x, *high]));
                let outline: Vec<_> = low.chain(high).collect();
                chart.draw_series([Polygon::new(outline, ink.mix(0.18).filled())]).map_err(said)?;
            }
            Mark::ErrorBars(points) => {
                let ends = |[x, y, half]: &[f64; 3]| Some([place([*x, y - half])?, place([*x, y + half])?].to_vec());
                let bars = points.iter().filter_map(ends);
                chart.draw_series(bars.map(|ends| PathElement::new(ends, thick))).map_err(said)?;
                let dots = points.iter().filter_map(|[x, y, _]| place([*x, *y]));
                chart.draw_series(dots.map(|at| Circle::new(at, 4 * scale, ink.filled()))).map_err(said)?;
            }
            Mark::Arrows(arrows) => {
                let line = ink.stroke_width((3 * scale / 2) as u32);
                for arrow in arrows {
                    chart.draw_series(strokes(arrow).map(|stroke| PathElement::new(stroke, line))).map_err(said)?;
                }
            }
            Mark::Cells(cells) => {
                let rectangles = cells.iter().filter_map(|[x, y, right, top, opacity]| {
                    let corners = [place([*x, *y])?, place([*right, *top])?];
                    Some(Rectangle::new(corners, ink.mix(opacity.clamp(0.0, 1.0)).filled()))
                });
                chart.draw_series(rectangles).map_err(said)?;
            }
        }
    }
    Ok(())
}

/// The names of the layers in rows from the left, and how high they are.
fn paint_legend<B: DrawingBackend>(root: &DrawingArea<B, Shift>, plot: &Plot, scale: i32) -> Result<i32, Failed> {
    let said = |error: DrawingAreaErrorKind<B::ErrorType>| error.to_string();
    let (row, start, swatch) = (20 * scale, 12 * scale, 22 * scale);
    let (mut x, mut y) = (start, 0);
    let named: Vec<_> = plot.layers.iter().filter(|layer| !layer.name.is_empty()).collect();
    for layer in &named {
        let style = font(12 * scale);
        let (width, _) = root.estimate_text_size(&layer.name, &style).map_err(said)?;
        let needed = swatch + 6 * scale + width as i32 + 16 * scale;
        if x > start && x + needed > WIDTH as i32 * scale {
            (x, y) = (start, y + row);
        }
        let (middle, ink) = (y + 8 * scale, color(layer.ink));
        let thick = ink.stroke_width(3 * scale as u32);
        let line = |from: i32, to: i32| PathElement::new([(x + from, middle), (x + to, middle)], thick);
        match &layer.mark {
            Mark::Line(_) | Mark::Arrows(_) => root.draw(&line(0, swatch)).map_err(said)?,
            Mark::Dashed(_) => {
                for part in 0..3 {
                    root.draw(&line(part * swatch / 3, part * swatch / 3 + swatch / 5)).map_err(said)?;
                }
            }
            Mark::Dots(_) | Mark::ErrorBars(_) => {
                root.draw(&Circle::new((x + swatch / 2, middle), 4 * scale, ink.filled())).map_err(said)?;
            }
            Mark::Band(_) | Mark::Cells(_) => {
                let corners = [(x, middle - 5 * scale), (x + swatch, middle + 5 * scale)];
                root.draw(&Rectangle::new(corners, ink.mix(0.35).filled())).map_err(said)?;
            }
        }
        root.draw_text(&layer.name, &style, (x + swatch + 6 * scale, y + 2 * scale)).map_err(said)?;
        x += needed;
    }
    Ok(if named.is_empty() { 0 } else { y + row })
}

/// A shaft and the two strokes of its head.
fn strokes([x, y, dx, dy]: &[f64; 4]) -> [Vec<(f64, f64)>; 3] {
    const HEAD: f64 = 0.3;
    let tip = (x + dx, y + dy);
    let back = |side: f64| (tip.0 - HEAD * (dx + side * 0.5 * dy), tip.1 - HEAD * (dy - side * 0.5 * dx));
    [vec![(*x, *y), tip], vec![back(1.0), tip], vec![back(-1.0), tip]]
}

/// A point in the coordinates of the axes; none where a logarithm is missing or a number not finite.
fn placed(plot: &Plot, [x, y]: [f64; 2]) -> Option<(f64, f64)> {
    let at = |axis: &Axis, value: f64| if axis.is_logarithmic { value.log10() } else { value };
    let place = (at(&plot.x, x), at(&plot.y, y));
    (place.0.is_finite() && place.1.is_finite()).then_some(place)
}

/// A line in pieces that lie within the axes, cut where it leaves them.
fn pieces(plot: &Plot, points: &[[f64; 2]], x: &Range<f64>, y: &Range<f64>) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = vec![Vec::new()];
    let inside = |at: &(f64, f64)| (x.start..=x.end).contains(&at.0) && (y.start..=y.end).contains(&at.1);
    let mut before: Option<(f64, f64)> = None;
    for point in points {
        let at = placed(plot, *point);
        if let (Some(at), Some(before)) = (at, before)
            && inside(&at) != inside(&before)
        {
            let (inner, outer) = if inside(&at) { (at, before) } else { (before, at) };
            let edge = edge_between(inner, outer, x, y);
            if inside(&at) {
                pieces.push(vec![edge]);
            } else if let Some(piece) = pieces.last_mut() {
                piece.push(edge);
            }
        }
        match at.filter(inside) {
            Some(at) => pieces.last_mut().into_iter().for_each(|piece| piece.push(at)),
            None => pieces.push(Vec::new()),
        }
        before = at;
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// Where the segment from inside to outside meets the frame.
fn edge_between(inner: (f64, f64), outer: (f64, f64), x: &Range<f64>, y: &Range<f64>) -> (f64, f64) {
    let share = |from: f64, to: f64, range: &Range<f64>| match to {
        _ if to > range.end => (range.end - from) / (to - from),
        _ if to < range.start => (range.start - from) / (to - from),
        _ => 1.0,
    };
    let t = share(inner.0, outer.0, x).min(share(inner.1, outer.1, y));
    (inner.0 + t * (outer.0 - inner.0), inner.1 + t * (outer.1 - inner.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        Plot::new("test", "A title", "x", "y").line("λ = 0.1", Ink::Blue, [[0.0, 0.0], [1.0, 2.0]])
    }

    #[test]
    fn an_svg_has_the_names_and_the_colours_that_the_dark_style_knows() {
        let text = svg(&plot()).unwrap();
        assert!(text.contains("λ = 0.1") && text.contains("A title"), "{text}");
        let mut colors: Vec<&str> = text.split('"').filter(|part| part.starts_with('#')).collect();
        colors.sort_unstable();
        colors.dedup();
        for color in colors {
            assert!(DARK_STYLE.contains(color), "{color} has no counterpart on dark ground");
        }
    }

    #[test]
    fn a_png_is_drawn_in_the_ink_of_the_layer() {
        let blue = Rgb([11, 98, 196]);
        assert!(picture(&plot()).unwrap().pixels().filter(|pixel| **pixel == blue).count() > 500);
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_the_axes() {
        let plot = Plot::new("test", "", "x", "y").x_range(0.0, 1.0).y_range(0.0, 1.0);
        let cut = pieces(&plot, &[[0.5, 0.5], [0.5, 2.5], [0.75, 0.0]], &(0.0..1.0), &(0.0..1.0));
        assert_eq!(cut.len(), 2);
        assert_eq!(cut[0], [(0.5, 0.5), (0.5, 1.0)]);
    }
}
