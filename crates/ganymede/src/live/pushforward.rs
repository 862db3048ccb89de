//! The generator's density: the standard normal pushed through it, cell by cell.
//!
//! ```text
//! q(x) dx = ∫ N(z; 0, I) [G(z) in dx] dz
//! latent cell:  its exact mass Φ(b) - Φ(a) along each axis;  G inside it by (bi)linear interpolation of its corners
//! ```
//! No sampling and no kernel: q moves smoothly from step to step and has no noise. A cell that G stretches is divided until
//! its parts lie closer together than half a step of the grid, or twelve ways.

use burn::tensor::{Device, Tensor, TensorData};

use super::{Grid, grid::cdf};

/// Latents reach this far; 6e-5 of the normal lie beyond along each axis, and are given to the outermost cells.
const SPAN: f64 = 4.0;
/// Parts of a latent cell along an axis, at most.
const FINEST: usize = 12;
/// The divisors of [`FINEST`].
const DIVISIONS: [usize; 6] = [1, 2, 3, 4, 6, 12];

/// A grid of latents and the mass of each of its cells.
#[derive(Debug)]
pub struct Pushforward {
    dimensions: usize,
    /// Latent cells along each axis.
    cells: usize,
    /// Φ at every finest division of an axis.
    cdf: Vec<f64>,
}

impl Pushforward {
    /// For latents of 1 or 2 dimensions.
    pub fn new(dimensions: usize) -> Self {
        let cells = if dimensions == 1 { 800 } else { 48 };
        let parts = cells * FINEST;
        let at = |k: usize| match k {
            0 => 0.0,
            k if k == parts => 1.0,
            k => cdf(SPAN * (2.0 * k as f64 / parts as f64 - 1.0)),
        };
        Pushforward { dimensions, cells, cdf: (0..=parts).map(at).collect() }
    }

    /// The corners of the latent cells, which the generator is asked about.
    ///
    /// # Shapes
    /// -> [corners, dimensions].
    pub fn latents(&self, device: &Device) -> Tensor<2> {
        let corners = self.cells + 1;
        let at = |i: usize| (SPAN * (2.0 * i as f64 / self.cells as f64 - 1.0)) as f32;
        let values: Vec<f32> = match self.dimensions {
            1 => (0..corners).map(at).collect(),
            _ => (0..corners * corners).flat_map(|k| [at(k % corners), at(k / corners)]).collect(),
        };
        let count = values.len() / self.dimensions;
        Tensor::from_data(TensorData::new(values, [count, self.dimensions]), device)
    }

    /// The mass at every node of `grid`, from the generator's answers at [`Pushforward::latents`]. What G maps out of view
    /// is missing from the sum.
    pub fn masses(&self, images: &[f32], grid: &Grid) -> Vec<f64> {
        let mut masses = vec![0.0; grid.count()];
        if self.dimensions == 1 {
            for (cell, ends) in images.windows(2).enumerate() {
                let [a, b] = [ends[0], ends[1]].map(f64::from);
                let parts = divisions((b - a).abs() / grid.step());
                for part in 0..parts {
                    let x = a + (b - a) * middle(part, parts);
                    grid.deposit(&mut masses, [x, 0.0], self.mass(cell, part, parts));
                }
            }
            return masses;
        }
        let lines: Vec<&[f32]> = images.chunks_exact(2 * (self.cells + 1)).collect();
        for (row, pair) in lines.windows(2).enumerate() {
            for (column, (below, above)) in pair[0].windows(4).zip(pair[1].windows(4)).step_by(2).enumerate() {
                let corner = |x: &[f32]| [f64::from(x[0]), f64::from(x[1])];
                let corners = [corner(below), corner(&below[2..]), corner(above), corner(&above[2..])];
                self.push_cell(&mut masses, grid, [column, row], corners);
            }
        }
        masses
    }

    fn push_cell(&self, masses: &mut [f64], grid: &Grid, cell: [usize; 2], corners: [[f64; 2]; 4]) {
        let far = |a: usize, b: usize| {
            let [dx, dy] = [0, 1].map(|axis| corners[b][axis] - corners[a][axis]);
            dx.hypot(dy)
        };
        let across = divisions(far(0, 1).max(far(2, 3)) / grid.step());
        let up = divisions(far(0, 2).max(far(1, 3)) / grid.step());
        for j in 0..up {
            let (v, of_row) = (middle(j, up), self.mass(cell[1], j, up));
            for i in 0..across {
                let u = middle(i, across);
                let x = [0, 1].map(|axis| {
                    let [a, b, c, d] = corners.map(|corner| corner[axis]);
                    (1.0 - v) * ((1.0 - u) * a + u * b) + v * ((1.0 - u) * c + u * d)
                });
                grid.deposit(masses, x, of_row * self.mass(cell[0], i, across));
            }
        }
    }

    /// The normal mass of one part of a cell along an axis.
    fn mass(&self, cell: usize, part: usize, parts: usize) -> f64 {
        let width = FINEST / parts;
        let first = cell * FINEST + part * width;
        match (self.cdf.get(first), self.cdf.get(first + width)) {
            (Some(a), Some(b)) => b - a,
            _ => 0.0,
        }
    }
}

/// Into how many parts a length of so many grid steps is divided.
fn divisions(length: f64) -> usize {
    DIVISIONS.into_iter().find(|parts| length <= 0.5 * *parts as f64).unwrap_or(FINEST)
}

fn middle(part: usize, parts: usize) -> f64 {
    (part as f64 + 0.5) / parts as f64
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::{
        layers::{Initializer, WeightScale},
        live::density::Component,
        networks::{Generator, MlpGenerator, Pass},
        random::{Draws, Purpose, Seed},
    };

    /// Half of the sum of absolute differences.
    fn total_variation(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    }

    fn values(latents: Tensor<2>) -> Vec<f32> {
        latents.into_data().iter::<f32>().collect()
    }

    #[test]
    fn an_affine_map_of_the_normal_has_its_closed_form() {
        for dimensions in [1, 2] {
            let (grid, push) = (Grid::new(dimensions, 1.5), Pushforward::new(dimensions));
            let centre = [0.2, -0.3];
            let images: Vec<f32> = values(push.latents(&Device::flex()))
                .iter()
                .enumerate()
                .map(|(k, z)| 0.25 * z + centre[k % dimensions] as f32)
                .collect();
            let expected = grid.masses(&[Component { weight: 1.0, centre, deviation: 0.25 }]);
            let got = push.masses(&images, &grid);
            assert!((got.iter().sum::<f64>() - expected.iter().sum::<f64>()).abs() < 1e-4, "{dimensions}");
            let distance = total_variation(&got, &expected);
            assert!(distance < 4e-3, "{dimensions}: total variation {distance}");
        }
    }

    #[test]
    fn a_network_has_the_density_of_its_samples() {
        for dimensions in [1, 2] {
            let device = Device::flex();
            let init = &mut Initializer::new(
                Seed(3),
                Purpose::GeneratorWeights,
                WeightScale::He(0.0),
                &device.clone().autodiff(),
            );
            let network = MlpGenerator::new(dimensions, [dimensions, 1, 1], 32, 2, init).no_grad();
            let forward = |z: Tensor<2>| -> Vec<f32> {
                network.forward(z.autodiff(), &Pass::eval()).into_data().iter::<f32>().collect()
            };
            let (grid, push) = (Grid::new(dimensions, 4.0), Pushforward::new(dimensions));
            let got = push.masses(&forward(push.latents(&device)), &grid);

            let n = 200_000;
            let z = Draws::new(Seed(9), Purpose::Sample, 0).normal_tensor([n, dimensions], &device);
            let mut sampled = vec![0.0; grid.count()];
            for point in forward(z).chunks_exact(dimensions) {
                let x = [point.first(), point.get(1)].map(|x| x.map_or(0.0, |x| f64::from(*x)));
                grid.deposit(&mut sampled, x, 1.0 / n as f64);
            }
            let distance = total_variation(&got, &sampled);
            // the samples' own noise: about sqrt(nodes with mass / n) / 2
            assert!(distance < 0.04, "{dimensions}: total variation {distance}");
        }
    }

    use burn::module::Module;
}
