//! Samples as pictures: grids of images, and scatter plots of points.

mod animation;
mod company;
mod text;

pub use animation::save_animation;
pub use company::in_company;

use std::path::Path;

use burn::tensor::Tensor;
use image::{Rgb, RgbImage, codecs::png::PngEncoder};

use crate::{
    error::{Error, Result},
    files,
};

/// Small images are shown enlarged by a whole factor, up to about this many pixels.
const COMFORTABLE_SIDE: usize = 64;
/// A letter of a row's name is at least this many times lower than the row, and enlarged no more than that.
const TEXT_SHARE: u32 = 24;
const LARGEST_TEXT: u32 = 2;
/// The squares that show through what is transparent: how bright, and how many pixels a side.
const BOARD: [f32; 2] = [0.6, 0.2];
const BOARD_SIDE: usize = 4;
const PLOT_SIDE: u32 = 512;
/// A plot shows points of [-PLOT_RANGE, PLOT_RANGE] on both axes.
const PLOT_RANGE: f32 = 1.5;

/// A picture of a batch: a grid with `columns` columns for images, a scatter plot for points.
///
/// # Shapes
/// `samples` [N, C, H, W], images in [-1, 1] with 1, 3 or 4 channels, the last one their opacity, or points [N, 2, 1, 1].
///
/// # Errors
/// [`Error::Shape`] for any other number of channels.
pub fn of_samples(samples: &Tensor<4>, columns: usize) -> Result<RgbImage> {
    let dims = samples.dims();
    let values: Vec<f32> = samples.clone().into_data().iter::<f32>().collect();
    match dims {
        [_, 2, 1, 1] => Ok(scatter(&values)),
        [n, 1 | 3 | 4, _, _] => Ok(grid(&values, dims, columns.clamp(1, n.max(1)))),
        _ => Err(Error::Shape {
            operation: "picture",
            expected: "samples [N, C, H, W] with 1, 3 or 4 channels, or points [N, 2, 1, 1]".into(),
            got: dims.to_vec(),
        }),
    }
}

/// A grid of images that come in `groups` groups of one size, such as classes: each group begins a row of its own.
///
/// # Shapes
/// As [`of_samples`].
///
/// # Errors
/// As [`of_samples`], and where the samples do not fall into as many groups.
pub fn of_groups(samples: &Tensor<4>, groups: usize, columns: usize) -> Result<RgbImage> {
    let [n, c, h, w] = samples.dims();
    if groups == 0 || !n.is_multiple_of(groups) {
        let expected = format!("samples in {groups} groups of one size");
        return Err(Error::Shape { operation: "picture", expected, got: vec![n, c, h, w] });
    }
    let grids = (0..groups)
        .map(|group| of_samples(&samples.clone().narrow(0, group * (n / groups), n / groups), columns))
        .collect::<Result<Vec<_>>>()?;
    let (width, height) = grids.first().map_or((0, 0), RgbImage::dimensions);
    let mut whole = RgbImage::new(width, height * groups as u32);
    for (group, grid) in grids.iter().enumerate() {
        image::imageops::replace(&mut whole, grid, 0, i64::from(height) * group as i64);
    }
    Ok(whole)
}

/// Samples of several batches as one, in order.
pub fn together(samples: Vec<Tensor<4>>) -> Tensor<4> {
    Tensor::cat(samples, 0)
}

/// `grid` with a name to the left of every group of rows, as many groups as there are names.
pub fn named_rows(grid: &RgbImage, names: &[&str]) -> RgbImage {
    let height = grid.height() / names.len().max(1) as u32;
    let size = (height / TEXT_SHARE).clamp(1, LARGEST_TEXT);
    let margin = names.iter().map(|name| text::width(name, size)).max().unwrap_or(0) + 2 * text::width(" ", size);
    let mut named = RgbImage::from_pixel(grid.width() + margin, grid.height(), Rgb([255; 3]));
    image::imageops::replace(&mut named, grid, i64::from(margin), 0);
    for (row, name) in names.iter().enumerate() {
        let top = row as u32 * height + height.saturating_sub(text::height(size)) / 2;
        text::draw(&mut named, name, [text::width(" ", size), top], size);
    }
    named
}

/// Image `index` of a batch, at its own size.
///
/// # Errors
/// As [`of_samples`].
pub fn of_one(samples: &Tensor<4>, index: usize) -> Result<RgbImage> {
    let [_, c, h, w] = samples.dims();
    let one = samples.clone().narrow(0, index, 1);
    if ![1, 3, 4].contains(&c) {
        return of_samples(&one, 1);
    }
    let values: Vec<f32> = one.into_data().iter::<f32>().collect();
    Ok(RgbImage::from_fn(w as u32, h as u32, |x, y| pixel(&values, [c, h, w], x as usize, y as usize)))
}

/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub fn save_png(picture: &RgbImage, path: &Path) -> Result<()> {
    files::write_atomically(path, &png(picture).map_err(Error::io("encode", path))?)
}

/// The bytes of a PNG file.
pub(crate) fn png(picture: &RgbImage) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    picture.write_with_encoder(encoder).map_err(std::io::Error::other)?;
    Ok(bytes)
}

fn grid(values: &[f32], [n, c, h, w]: [usize; 4], columns: usize) -> RgbImage {
    let scale = (COMFORTABLE_SIDE / h.max(w)).max(1);
    let rows = n.div_ceil(columns);
    let (width, height) = (columns * w * scale, rows * h * scale);
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let (x, y) = (x as usize / scale, y as usize / scale);
        let sample = (y / h) * columns + x / w;
        if sample >= n {
            return Rgb([0; 3]);
        }
        pixel(&values[sample * c * h * w..][..c * h * w], [c, h, w], x % w, y % h)
    })
}

/// What is transparent lies on a board of squares.
fn pixel(sample: &[f32], [c, h, w]: [usize; 3], x: usize, y: usize) -> Rgb<u8> {
    let value = |k: usize| sample[(k.min(c - 1) * h + y) * w + x];
    let opacity = if c == 4 { (value(3) + 1.0) / 2.0 } else { 1.0 }.clamp(0.0, 1.0);
    let board = BOARD[(x / BOARD_SIDE + y / BOARD_SIDE) % 2];
    Rgb([0, 1, 2].map(|k| to_byte(opacity * value(k) + (1.0 - opacity) * board)))
}

/// [-1, 1] -> 0..=255, rounded to nearest.
fn to_byte(value: f32) -> u8 {
    ((value + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8
}

/// Points as translucent dots on white, the y axis upwards.
fn scatter(points: &[f32]) -> RgbImage {
    const INK: [f32; 3] = [30.0, 60.0, 140.0];
    const OPACITY: f32 = 0.35;
    let mut plot = RgbImage::from_pixel(PLOT_SIDE, PLOT_SIDE, Rgb([255; 3]));
    let position = |v: f32| ((v / PLOT_RANGE + 1.0) * 0.5 * (PLOT_SIDE - 1) as f32).round();
    for point in points.chunks_exact(2) {
        let (x, y) = (position(point[0]), position(-point[1]));
        for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx as f32, dy as f32))) {
            let (x, y) = (x + dx, y + dy);
            let inside = 0.0..PLOT_SIDE as f32;
            if inside.contains(&x) && inside.contains(&y) {
                let Rgb(under) = plot.get_pixel_mut(x as u32, y as u32);
                for (under, ink) in under.iter_mut().zip(INK) {
                    *under = (f32::from(*under) * (1.0 - OPACITY) + ink * OPACITY) as u8;
                }
            }
        }
    }
    plot
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::*;

    fn samples(values: &[f32], shape: [usize; 4]) -> Tensor<4> {
        Tensor::<1>::from_floats(values, &Device::flex()).reshape(shape)
    }

    #[test]
    fn black_white_and_grey_become_bytes() {
        let picture = of_one(&samples(&[-1.0, 0.0, 1.0, 7.0], [1, 1, 2, 2]), 0).unwrap();
        let bytes: Vec<u8> = picture.pixels().map(|p| p.0[0]).collect();
        assert_eq!(bytes, [0, 128, 255, 255]);
    }

    #[test]
    fn a_grid_puts_the_second_image_to_the_right_of_the_first() {
        let picture = of_samples(&samples(&[-1.0, 1.0, 0.0], [3, 1, 1, 1]), 2).unwrap();
        let side = COMFORTABLE_SIDE as u32;
        assert_eq!(picture.dimensions(), (2 * side, 2 * side));
        assert_eq!(
            [picture.get_pixel(0, 0).0[0], picture.get_pixel(side, 0).0[0], picture.get_pixel(0, side).0[0]],
            [0, 255, 128]
        );
    }

    #[test]
    fn a_point_above_the_origin_is_drawn_in_the_upper_half() {
        let plot = of_samples(&samples(&[0.0, 1.0], [1, 2, 1, 1]), 1).unwrap();
        let inked = plot.enumerate_pixels().find(|(_, _, p)| p.0 != [255; 3]).map(|(_, y, _)| y);
        assert!(inked.is_some_and(|y| y < PLOT_SIDE / 2));
    }

    #[test]
    fn what_is_transparent_shows_the_board() {
        // opaque white, half of it, nothing of it
        let values = [[1.0; 3], [1.0; 3], [1.0; 3], [1.0, 0.0, -1.0]].concat();
        let picture = of_one(&samples(&values, [1, 4, 1, 3]), 0).unwrap();
        let bytes: Vec<u8> = picture.pixels().map(|p| p.0[1]).collect();
        assert_eq!(bytes, [1.0, 0.8, 0.6].map(to_byte));
    }

    #[test]
    fn a_shape_that_no_picture_has_is_an_error() {
        assert!(of_samples(&samples(&[0.0; 5], [1, 5, 1, 1]), 1).is_err());
    }
}
