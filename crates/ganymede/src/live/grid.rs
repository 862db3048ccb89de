//! The nodes at which densities are compared, and the window through which both are seen.
//!
//! ```text
//! x_i = -reach + (i + 1/2) step           the same along each axis, the first axis fastest
//! mass_i = ∫ p(x) w((x - x_i) / step) dx  w(u) = max(0, 1 - |u|) along each axis: a triangle one step to either side
//! ```
//! What lies between two nodes is shared between them. A Gaussian's share has a closed form:
//! with `F(u) = u Φ(u) + φ(u)`, `mass_i = σ/step [F(u_i+1) - 2 F(u_i) + F(u_i-1)]`, `u = (x - m)/σ`.
//! As p and q are seen through the same window, `p = q` is seen as equality.

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use super::density::Component;

/// Equally spaced nodes on the line or in the plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Grid {
    pub dimensions: usize,
    /// Nodes along each axis.
    pub side: usize,
    /// The view is [-reach, reach] along each axis.
    pub reach: f64,
}

impl Grid {
    /// The grid for games of that many dimensions, fine enough for every density in them.
    pub fn new(dimensions: usize, reach: f64) -> Self {
        Grid { dimensions, side: if dimensions == 1 { 200 } else { 48 }, reach }
    }

    pub fn step(&self) -> f64 {
        2.0 * self.reach / self.side as f64
    }

    pub fn node(&self, i: usize) -> f64 {
        (i as f64 + 0.5) * self.step() - self.reach
    }

    /// The number of nodes.
    pub fn count(&self) -> usize {
        self.side.pow(self.dimensions as u32)
    }

    /// The length or area that a node stands for.
    pub fn volume(&self) -> f64 {
        self.step().powi(self.dimensions as i32)
    }

    /// # Shapes
    /// -> [count, dimensions, 1, 1].
    pub fn points(&self, device: &Device) -> Tensor<4> {
        let values: Vec<f32> = match self.dimensions {
            1 => (0..self.side).map(|i| self.node(i) as f32).collect(),
            _ => (0..self.count()).flat_map(|k| [k % self.side, k / self.side].map(|i| self.node(i) as f32)).collect(),
        };
        Tensor::from_data(TensorData::new(values, [self.count(), self.dimensions, 1, 1]), device)
    }

    /// Adds `mass` at `x` to the nodes around it. What lies out of view is lost.
    pub(super) fn deposit(&self, masses: &mut [f64], x: [f64; 2], mass: f64) {
        let (columns, rows) = (self.neighbours(x[0]), self.neighbours(x[1]));
        if self.dimensions == 1 {
            columns.into_iter().flatten().for_each(|(i, share)| add(masses, i, mass * share));
            return;
        }
        for (j, of_row) in rows.into_iter().flatten() {
            for (i, of_column) in columns.into_iter().flatten() {
                add(masses, j * self.side + i, mass * of_row * of_column);
            }
        }
    }

    /// The two nodes that a coordinate lies between, with its share of each.
    fn neighbours(&self, x: f64) -> [Option<(usize, f64)>; 2] {
        let place = (x + self.reach) / self.step() - 0.5;
        let (first, within) = (place.floor(), place - place.floor());
        [(first, 1.0 - within), (first + 1.0, within)]
            .map(|(i, share)| (i >= 0.0 && i < self.side as f64).then_some((i as usize, share)))
    }

    /// The mass of a mixture at every node.
    pub(super) fn masses(&self, components: &[Component]) -> Vec<f64> {
        let mut masses = vec![0.0; self.count()];
        for component in components {
            let columns = self.window(component.centre[0], component.deviation);
            if self.dimensions == 1 {
                masses.iter_mut().zip(&columns).for_each(|(mass, share)| *mass += component.weight * share);
                continue;
            }
            let rows = self.window(component.centre[1], component.deviation);
            for (line, of_row) in masses.chunks_mut(self.side).zip(rows) {
                line.iter_mut().zip(&columns).for_each(|(mass, share)| *mass += component.weight * of_row * share);
            }
        }
        masses
    }

    /// The mass of N(centre, deviation²) at the nodes of one axis.
    fn window(&self, centre: f64, deviation: f64) -> Vec<f64> {
        let at = |i: f64| integral_of_cdf(((i + 0.5) * self.step() - self.reach - centre) / deviation);
        let values: Vec<f64> = (0..self.side + 2).map(|i| at(i as f64 - 1.0)).collect();
        let scale = deviation / self.step();
        values.windows(3).map(|w| (scale * (w[0] - 2.0 * w[1] + w[2])).max(0.0)).collect()
    }
}

fn add(masses: &mut [f64], node: usize, mass: f64) {
    if let Some(slot) = masses.get_mut(node) {
        *slot += mass;
    }
}

/// `Φ`, the standard normal's distribution function.
pub(super) fn cdf(u: f64) -> f64 {
    0.5 * libm::erfc(-u / std::f64::consts::SQRT_2)
}

/// `u Φ(u) + φ(u)`.
fn integral_of_cdf(u: f64) -> f64 {
    u * cdf(u) + libm::exp(-0.5 * u * u) / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_form_is_what_deposited_points_add_up_to() {
        for dimensions in [1, 2] {
            let grid = Grid::new(dimensions, 1.5);
            let component = Component { weight: 1.0, centre: [0.31, -0.2], deviation: 0.11 };
            let mut deposited = vec![0.0; grid.count()];
            // the midpoint rule over +-6 deviations, a hundred steps a deviation
            let nodes: Vec<f64> = (0..1200).map(|k| (f64::from(k) + 0.5) / 100.0 - 6.0).collect();
            let density = |u: f64| (-0.5 * u * u).exp() / std::f64::consts::TAU.sqrt() / 100.0;
            for u in &nodes {
                let x = component.centre[0] + component.deviation * u;
                if dimensions == 1 {
                    grid.deposit(&mut deposited, [x, 0.0], density(*u));
                    continue;
                }
                for v in nodes.iter().step_by(4) {
                    let y = component.centre[1] + component.deviation * v;
                    grid.deposit(&mut deposited, [x, y], 4.0 * density(*u) * density(*v));
                }
            }
            for (closed, deposited) in grid.masses(&[component]).iter().zip(&deposited) {
                assert!((closed - deposited).abs() < 1e-4, "{dimensions}: expected {closed}, got {deposited}");
            }
        }
    }

    #[test]
    fn a_mixture_in_view_has_mass_one() {
        for density in super::super::DENSITIES {
            let mass: f64 = Grid::new(density.dimensions, density.reach).masses(&density.components()).iter().sum();
            assert!((mass - 1.0).abs() < 5e-3 && mass < 1.0 + 1e-9, "{}: {mass}", density.name);
        }
    }

    #[test]
    fn points_far_out_of_view_and_no_numbers_deposit_nothing() {
        let grid = Grid::new(2, 1.0);
        let mut masses = vec![0.0; grid.count()];
        for x in [1e300, -1e300, 5.0, f64::NAN, f64::INFINITY] {
            grid.deposit(&mut masses, [x, 0.0], 1.0);
        }
        assert!(masses.iter().all(|mass| *mass == 0.0));
    }
}
