//! How far q is from p, from their masses at the nodes of one grid.
//!
//! ```text
//! KL(q‖p) = Σ q log(q/p)                 KL(p‖q) = Σ p log(p/q)
//! JSD     = 1/2 KL(p‖m) + 1/2 KL(q‖m)    m = (p + q)/2; log 2 = 0.693 where the two share nothing
//! W1      = step Σ |P - Q|               on the line: P, Q the distribution functions
//! ```
//! What lies out of view counts as one more node. A mass below 1e-9 counts as 1e-9 inside a logarithm, so that a mode that q
//! misses reads as a large number, up to 20.7, rather than as infinity.

use serde::Serialize;

use super::Grid;

/// Masses below this count as this inside a logarithm.
pub(super) const FLOOR: f64 = 1e-9;

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Divergences {
    /// KL(q‖p), which seeks modes.
    pub kl_qp: f64,
    /// KL(p‖q), which covers modes.
    pub kl_pq: f64,
    pub jsd: f64,
    /// On the line alone.
    pub w1: Option<f64>,
}

impl Divergences {
    /// Between masses at the nodes of `grid`.
    pub fn new(p: &[f64], q: &[f64], grid: &Grid) -> Self {
        let outside = [p, q].map(|masses| (1.0 - masses.iter().sum::<f64>()).max(0.0));
        let pairs = || p.iter().copied().zip(q.iter().copied()).chain([(outside[0], outside[1])]);
        let kl = |a: f64, b: f64| if a > 0.0 { a * libm::log(a.max(FLOOR) / b.max(FLOOR)) } else { 0.0 };
        let sum = |term: &dyn Fn(f64, f64) -> f64| pairs().map(|(p, q)| term(p, q)).sum::<f64>().max(0.0);
        Divergences {
            kl_qp: sum(&|p, q| kl(q, p)),
            kl_pq: sum(&|p, q| kl(p, q)),
            jsd: sum(&|p, q| 0.5 * (kl(p, 0.5 * (p + q)) + kl(q, 0.5 * (p + q)))),
            w1: (grid.dimensions == 1).then(|| wasserstein(p, q, grid.step())),
        }
    }
}

fn wasserstein(p: &[f64], q: &[f64], step: f64) -> f64 {
    let mut lead = 0.0f64;
    let leads = p.iter().zip(q).map(|(p, q)| {
        lead += p - q;
        lead.abs()
    });
    step * leads.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use super::*;
    use crate::live::density::Component;

    fn bell(grid: &Grid, centre: f64, deviation: f64) -> Vec<f64> {
        grid.masses(&[Component { weight: 1.0, centre: [centre, 0.0], deviation }])
    }

    #[test]
    fn those_of_two_gaussians_are_those_of_the_closed_form() {
        let grid = Grid::new(1, 6.0);
        let (m, s) = (1.0, 0.8f64);
        let got = Divergences::new(&bell(&grid, 0.0, 1.0), &bell(&grid, m, s), &grid);
        let kl_qp = (s * s + m * m) / 2.0 - 0.5 - s.ln();
        let kl_pq = (1.0 + m * m) / (2.0 * s * s) - 0.5 + s.ln();
        assert!((got.kl_qp - kl_qp).abs() < 3e-3 * kl_qp, "expected {kl_qp}, got {got:?}");
        assert!((got.kl_pq - kl_pq).abs() < 3e-3 * kl_pq, "expected {kl_pq}, got {got:?}");
        // N(1, 0.8²) is the image of N(0, 1) under 1 + 0.8 z, so W1 = E|1 - 0.2 z|
        assert!((got.w1.unwrap() - m).abs() < 1e-3, "expected {m}, got {got:?}");
    }

    #[test]
    fn equal_densities_are_at_distance_zero_and_disjoint_ones_at_log_two() {
        let grid = Grid::new(1, 4.0);
        let (left, right) = (bell(&grid, -2.0, 0.2), bell(&grid, 2.0, 0.2));
        let same = Divergences::new(&left, &left, &grid);
        assert!(same.kl_qp == 0.0 && same.kl_pq == 0.0 && same.jsd == 0.0 && same.w1 == Some(0.0), "{same:?}");
        let apart = Divergences::new(&left, &right, &grid);
        assert!((apart.jsd - LN_2).abs() < 1e-6, "{apart:?}");
        assert!((apart.w1.unwrap() - 4.0).abs() < 1e-6, "{apart:?}");
        assert!(apart.kl_pq > 10.0 && apart.kl_pq < 20.8, "{apart:?}");
    }

    #[test]
    fn what_lies_out_of_view_counts() {
        let grid = Grid::new(2, 1.0);
        let p = grid.masses(&[Component { weight: 1.0, centre: [0.0, 0.0], deviation: 0.2 }]);
        let nowhere = vec![0.0; grid.count()];
        let got = Divergences::new(&p, &nowhere, &grid);
        assert!((got.jsd - LN_2).abs() < 1e-3 && got.kl_qp > 5.0 && got.w1.is_none(), "{got:?}");
    }
}
