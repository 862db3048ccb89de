//! Growth and angle of a path around the equilibrium.
//!
//! ```text
//! growth   slope of log |θ| at its peaks over the step                  log |λ|
//! angle    π over the steps from one crossing of θ = 0 to the next      arg λ
//! ```

/// (θ, ψ) over the steps of a game.
#[derive(Debug)]
pub(super) struct Path(pub Vec<[f64; 2]>);

impl Path {
    fn theta(&self, step: usize) -> f64 {
        self.0.get(step).map_or(f64::NAN, |[theta, _]| *theta)
    }

    /// The logarithm of the growth a step, from the first peak of |θ| to the last; NaN where there are not two.
    pub fn growth(&self) -> f64 {
        let peaks: Vec<(f64, f64)> = (1..self.0.len().saturating_sub(1))
            .filter(|k| {
                let [before, at, after] = [k - 1, *k, k + 1].map(|k| self.theta(k).abs());
                at > before && at >= after
            })
            .map(|k| self.peak(k))
            .collect();
        match (peaks.first(), peaks.last()) {
            (Some(first), Some(last)) if last.0 > first.0 => (last.1 / first.1).ln() / (last.0 - first.0),
            _ => f64::NAN,
        }
    }

    /// Where the parabola through three neighbours has its peak, and how high it is.
    fn peak(&self, k: usize) -> (f64, f64) {
        let [before, at, after] = [k - 1, k, k + 1].map(|k| self.theta(k).abs());
        let (slope, curvature) = ((after - before) / 2.0, after - 2.0 * at + before);
        let shift = if curvature == 0.0 { 0.0 } else { -slope / curvature };
        (k as f64 + shift, at + slope * shift / 2.0)
    }

    /// The mean angle a step, between the first crossing of θ = 0 and the last; NaN where there are not two.
    pub fn angle(&self) -> f64 {
        let crossings: Vec<f64> = (1..self.0.len())
            .filter(|k| self.theta(k - 1) * self.theta(*k) < 0.0)
            .map(|k| {
                let (before, after) = (self.theta(k - 1), self.theta(k));
                (k - 1) as f64 + before / (before - after)
            })
            .collect();
        match (crossings.first(), crossings.last()) {
            (Some(first), Some(last)) if last > first => {
                std::f64::consts::PI * (crossings.len() - 1) as f64 / (last - first)
            }
            _ => f64::NAN,
        }
    }

    /// The largest |θ| of the last `steps` steps.
    pub fn largest_of_last(&self, steps: usize) -> f64 {
        let from = self.0.len().saturating_sub(steps);
        self.0[from..].iter().map(|[theta, _]| theta.abs()).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spiral_has_the_growth_and_the_angle_it_was_made_with() {
        for (growth, angle) in [(0.0, 0.05), (-0.015, 0.1), (0.01, 0.07)] {
            let theta = |k: usize| (growth * k as f64).exp() * (angle * k as f64 + 0.3).cos();
            let path = Path((0..400).map(|k| [theta(k), 0.0]).collect());
            assert!((path.growth() - growth).abs() < 2e-5, "{} {growth}", path.growth());
            assert!((path.angle() - angle).abs() < 1e-4, "{} {angle}", path.angle());
        }
    }

    #[test]
    fn a_path_that_never_turns_has_neither() {
        let path = Path((0..50).map(|k| [f64::from(k), 0.0]).collect());
        assert!(path.growth().is_nan() && path.angle().is_nan());
        assert_eq!(path.largest_of_last(10), 49.0);
    }
}
