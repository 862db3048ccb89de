//! Integrals over one or two dimensions, and the divergences of known densities.
//!
//! ```text
//! ∫ f dx ~ Δ Σ f(x_i)             midpoints; exponentially exact for smooth f that vanish at the ends
//! KL(p‖q) = ∫ p log p/q           JSD = 1/2 KL(p‖m) + 1/2 KL(q‖m),  m = (p + q)/2
//! ```

use super::Gaussians;

/// Equally spaced points of a box, each with the same share of its volume.
#[derive(Debug, Clone)]
pub struct Grid {
    pub points: Vec<Vec<f64>>,
    pub cell: f64,
}

impl Grid {
    /// `n` midpoints of [low, high].
    pub fn line(low: f64, high: f64, n: usize) -> Self {
        let cell = (high - low) / n as f64;
        Grid { points: (0..n).map(|i| vec![low + (i as f64 + 0.5) * cell]).collect(), cell }
    }

    /// `n` x `n` midpoints of [low, high]², the second coordinate running fastest.
    pub fn square(low: f64, high: f64, n: usize) -> Self {
        let line = Grid::line(low, high, n);
        let points = line.points.iter().flat_map(|x| line.points.iter().map(|y| vec![x[0], y[0]])).collect();
        Grid { points, cell: line.cell * line.cell }
    }

    /// `n` midpoints a side in as many dimensions as the density has, one or two.
    pub fn around(density: &Gaussians, low: f64, high: f64, n: usize) -> Self {
        if density.dimensions() == 1 { Grid::line(low, high, n) } else { Grid::square(low, high, n) }
    }

    pub fn integral(&self, f: impl Fn(&[f64]) -> f64) -> f64 {
        self.points.iter().map(|x| f(x)).sum::<f64>() * self.cell
    }
}

/// The divergences of two densities, in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divergences {
    /// KL(p‖q).
    pub forward: f64,
    /// KL(q‖p).
    pub reverse: f64,
    pub jsd: f64,
}

impl Divergences {
    pub fn by_quadrature(p: &Gaussians, q: &Gaussians, grid: &Grid) -> Self {
        let mut sums = [0.0; 3];
        for x in &grid.points {
            let (log_p, log_q) = (p.log_density(x), q.log_density(x));
            let (p, q) = (log_p.exp(), log_q.exp());
            let h = log_p - log_q;
            sums[0] += p * h;
            sums[1] -= q * h;
            // log D* = -softplus(-h), log(1 - D*) = -softplus(h)
            sums[2] -= p * softplus(-h) + q * softplus(h);
        }
        let [forward, reverse, log_likelihood] = sums.map(|sum| sum * grid.cell);
        Divergences { forward, reverse, jsd: std::f64::consts::LN_2 + log_likelihood / 2.0 }
    }
}

/// `log(1 + e^x)`.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + e^-x)`.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KL(N(m, s²)‖N(0, 1)) = (s² + m² - 1)/2 - log s; the JSD as in `density_ratio`.
    #[test]
    fn the_divergences_of_gaussians_are_those_of_the_closed_form() {
        let grid = Grid::line(-14.0, 16.0, 3001);
        let (p, q) = (Gaussians::one(&[0.0], 1.0), Gaussians::one(&[2.0], 1.0));
        let shifted = Divergences::by_quadrature(&p, &q, &grid);
        assert!((shifted.forward - 2.0).abs() < 1e-9 && (shifted.reverse - 2.0).abs() < 1e-9, "{shifted:?}");
        assert!((shifted.jsd - 0.336_831).abs() < 1e-6, "{shifted:?}");
        let wide = Divergences::by_quadrature(&p, &Gaussians::one(&[1.0], 2.0), &grid);
        assert!((wide.reverse - (2.0 - 2f64.ln())).abs() < 1e-9, "{wide:?}");
    }

    #[test]
    fn independent_axes_add_their_divergences() {
        let (p, q) = (Gaussians::one(&[0.0, 0.0], 1.0), Gaussians::one(&[1.0, 1.0], 1.0));
        let both = Divergences::by_quadrature(&p, &q, &Grid::square(-9.0, 10.0, 200));
        assert!((both.forward - 1.0).abs() < 1e-9, "{both:?}");
    }
}
