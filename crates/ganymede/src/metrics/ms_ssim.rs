//! Multi-scale structural similarity (Wang, Simoncelli & Bovik 2003), and the diversity of samples by it (Odena, Olah &
//! Shlens 2017).
//!
//! ```text
//! l = (2 a b + C1)/(a^2 + b^2 + C1),  c = (2 s_ab + C2)/(s_a^2 + s_b^2 + C2)     local means and (co)variances, 11x11 Gaussian
//! MS-SSIM = mean(l c)^w_last  prod_scales mean(c)^w_scale                        each scale half the size of the one before
//! ```
//! Published for five scales, which takes images of 176 pixels. Smaller ones get as many scales as the window fits into,
//! the weights scaled to sum to 1; such figures compare among each other only.

use rayon::prelude::*;
use serde::Serialize;

use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
};

const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
const WINDOW: usize = 11;
const WINDOW_DEVIATION: f64 = 1.5;
/// Stabilisers for images in [0, 1].
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Diversity {
    /// The mean MS-SSIM of random pairs: the lower, the more diverse; 1 where all samples are one.
    pub mean_ms_ssim: f64,
    pub pairs: usize,
    pub scales: usize,
}

/// The mean MS-SSIM of random pairs of different samples.
///
/// # Shapes
/// `images` [N, C, H, W] in [-1, 1], row-major; `shape` [C, H, W].
///
/// # Errors
/// [`Error::Measurement`] for fewer than two images, or images that the window does not fit into.
pub fn diversity(images: &[f32], shape: [usize; 3], pairs: usize, seed: Seed) -> Result<Diversity> {
    let size: usize = shape.iter().product();
    let count = images.len().checked_div(size).unwrap_or(0);
    if count < 2 || pairs == 0 {
        return Err(Error::measurement("ms-ssim", "at least two images and a pair", count, "draw more samples"));
    }
    let scales = scales(shape)?;
    let mut draws = Draws::new(seed, Purpose::Metric, 0);
    let chosen: Vec<(usize, usize)> = (0..pairs)
        .map(|_| {
            let first = draws.below(count);
            (first, (first + 1 + draws.below(count - 1)) % count)
        })
        .collect();
    let image = |index: usize| &images[index * size..(index + 1) * size];
    let values: Vec<f64> = chosen.into_par_iter().map(|(a, b)| of_pair(image(a), image(b), shape, scales)).collect();
    Ok(Diversity { mean_ms_ssim: values.iter().sum::<f64>() / pairs as f64, pairs, scales })
}

/// The MS-SSIM of two images, the mean over their channels.
///
/// # Shapes
/// Both [C, H, W] in [-1, 1], row-major.
///
/// # Errors
/// [`Error::Measurement`] for images that the window does not fit into.
pub fn ms_ssim(a: &[f32], b: &[f32], shape: [usize; 3]) -> Result<f64> {
    Ok(of_pair(a, b, shape, scales(shape)?))
}

/// How many scales the window fits into.
fn scales([_, height, width]: [usize; 3]) -> Result<usize> {
    match (0..WEIGHTS.len()).take_while(|scale| height.min(width) >> scale >= WINDOW).count() {
        0 => {
            let expected = format!("images of at least {WINDOW} pixels a side");
            Err(Error::measurement("ms-ssim", expected, format!("{height}x{width}"), "leave this metric out"))
        }
        scales => Ok(scales),
    }
}

fn of_pair(a: &[f32], b: &[f32], [channels, height, width]: [usize; 3], scales: usize) -> f64 {
    let plane = |image: &[f32], channel: usize| Plane {
        values: image[channel * height * width..(channel + 1) * height * width]
            .iter()
            .map(|value| (f64::from(*value) + 1.0) / 2.0)
            .collect(),
        height,
        width,
    };
    (0..channels).map(|c| of_planes(plane(a, c), plane(b, c), scales)).sum::<f64>() / channels as f64
}

fn of_planes(mut a: Plane, mut b: Plane, scales: usize) -> f64 {
    // the published weights sum to 1.0001, and count as they are
    let total = if scales == WEIGHTS.len() { 1.0 } else { WEIGHTS[..scales].iter().sum::<f64>() };
    let mut product = 1.0;
    for (scale, weight) in WEIGHTS[..scales].iter().enumerate() {
        let (similarity, contrast) = structural_similarity(&a, &b);
        let factor = if scale + 1 == scales { similarity } else { contrast };
        // a negative base has no real power; anticorrelated structure counts as none
        product *= factor.max(0.0).powf(weight / total);
        (a, b) = (a.halved(), b.halved());
    }
    product
}

/// The means of `l c` and of `c`.
fn structural_similarity(a: &Plane, b: &Plane) -> (f64, f64) {
    let (mean_a, mean_b) = (a.blurred(), b.blurred());
    let (square_a, square_b, product) = (a.times(a).blurred(), b.times(b).blurred(), a.times(b).blurred());
    let (mut similarity, mut contrast) = (0.0, 0.0);
    for i in 0..mean_a.values.len() {
        let (ma, mb) = (mean_a.values[i], mean_b.values[i]);
        let c = (2.0 * (product.values[i] - ma * mb) + C2)
            / (square_a.values[i] - ma * ma + square_b.values[i] - mb * mb + C2);
        contrast += c;
        similarity += c * (2.0 * ma * mb + C1) / (ma * ma + mb * mb + C1);
    }
    let count = mean_a.values.len() as f64;
    (similarity / count, contrast / count)
}

/// One channel of an image.
struct Plane {
    values: Vec<f64>,
    height: usize,
    width: usize,
}

impl Plane {
    fn times(&self, other: &Plane) -> Plane {
        let values = self.values.iter().zip(&other.values).map(|(a, b)| a * b).collect();
        Plane { values, ..*self }
    }

    /// Blurred by the window, without a border: `WINDOW - 1` smaller each way.
    fn blurred(&self) -> Plane {
        let weights = window();
        let (height, width) = (self.height - WINDOW + 1, self.width - WINDOW + 1);
        let rows: Vec<f64> = self
            .values
            .chunks_exact(self.width)
            .flat_map(|row| row.windows(WINDOW).map(|part| part.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>()))
            .collect();
        let at = |y: usize, x: usize| (0..WINDOW).map(|k| rows[(y + k) * width + x] * weights[k]).sum();
        let values = (0..height * width).map(|i| at(i / width, i % width)).collect();
        Plane { values, height, width }
    }

    /// Means of 2x2 pixels; an odd side starts with a pixel that is averaged with nothing beyond the border but zeros.
    fn halved(&self) -> Plane {
        let (pad_y, pad_x) = (self.height % 2, self.width % 2);
        let (height, width) = ((self.height + pad_y) / 2, (self.width + pad_x) / 2);
        let pixel = |y: usize, x: usize| match (y.checked_sub(pad_y), x.checked_sub(pad_x)) {
            (Some(y), Some(x)) => self.values[y * self.width + x],
            _ => 0.0,
        };
        let mean = |y: usize, x: usize| {
            (pixel(2 * y, 2 * x) + pixel(2 * y, 2 * x + 1) + pixel(2 * y + 1, 2 * x) + pixel(2 * y + 1, 2 * x + 1))
                / 4.0
        };
        let values = (0..height * width).map(|i| mean(i / width, i % width)).collect();
        Plane { values, height, width }
    }
}

fn window() -> [f64; WINDOW] {
    let mut weights: [f64; WINDOW] = std::array::from_fn(|i| {
        let x = i as f64 - (WINDOW / 2) as f64;
        (-x * x / (2.0 * WINDOW_DEVIATION * WINDOW_DEVIATION)).exp()
    });
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    weights
}
