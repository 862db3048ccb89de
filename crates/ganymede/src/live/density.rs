//! The data of a live game: mixtures of round Gaussians on the line or in the plane.
//!
//! ```text
//! p(x) = Σ_k w_k N(x; m_k, σ_k² I)
//! ```
//! A curve is a chain of equal Gaussians a third of σ or less apart, which is what the samples are drawn from, too.

use std::f64::consts::{PI, TAU};

use crate::{
    error::{Error, Result},
    random::Draws,
};

/// A density that has a name.
#[derive(Debug)]
pub struct Density {
    pub name: &'static str,
    /// What it looks like, in a few words.
    pub summary: &'static str,
    /// 1 for the line, 2 for the plane.
    pub dimensions: usize,
    /// The view is [-reach, reach] along each axis.
    pub reach: f64,
    components: fn() -> Vec<Component>,
}

/// One Gaussian of a mixture. On the line only the first coordinate of its centre counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Component {
    pub weight: f64,
    pub centre: [f64; 2],
    pub deviation: f64,
}

/// Every density that a live game can be played for.
pub const DENSITIES: &[Density] = &[
    Density {
        name: "two-bells",
        summary: "line: two equal Gaussians side by side",
        dimensions: 1,
        reach: 4.0,
        components: || vec![on_the_line(0.5, -1.5, 0.5), on_the_line(0.5, 1.5, 0.5)],
    },
    Density {
        name: "bell",
        summary: "line: one Gaussian away from the start",
        dimensions: 1,
        reach: 4.0,
        components: || vec![on_the_line(1.0, 1.5, 0.6)],
    },
    Density {
        name: "uneven-bells",
        summary: "line: a wide Gaussian, and a narrow one that holds a fifth",
        dimensions: 1,
        reach: 4.0,
        components: || vec![on_the_line(0.8, -0.8, 0.7), on_the_line(0.2, 2.2, 0.2)],
    },
    Density {
        name: "needle",
        summary: "line: a thin support, where ratios explode",
        dimensions: 1,
        reach: 4.0,
        components: || vec![on_the_line(1.0, 1.5, 0.08)],
    },
    Density {
        name: "ring",
        summary: "plane: eight Gaussians on a circle",
        dimensions: 2,
        reach: 1.5,
        components: || chain(8, 0.1, |t| [libm::cos(TAU * t), libm::sin(TAU * t)]),
    },
    Density {
        name: "grid",
        summary: "plane: nine Gaussians, three by three",
        dimensions: 2,
        reach: 1.5,
        components: || {
            let centre = |k: usize| [(k % 3) as f64 - 1.0, (k / 3) as f64 - 1.0].map(|x| 0.9 * x);
            (0..9).map(|k| Component { weight: 1.0 / 9.0, centre: centre(k), deviation: 0.12 }).collect()
        },
    },
    Density {
        name: "moons",
        summary: "plane: two half circles that reach into each other",
        dimensions: 2,
        reach: 1.5,
        components: || {
            let upper = chain(64, 0.1, |t| [libm::cos(PI * t) - 0.5, libm::sin(PI * t) - 0.25]);
            let lower = chain(64, 0.1, |t| [0.5 - libm::cos(PI * t), 0.25 - libm::sin(PI * t)]);
            let halved = |c: Component| Component { weight: c.weight / 2.0, centre: c.centre.map(|x| x / 1.3), ..c };
            upper.into_iter().chain(lower).map(halved).collect()
        },
    },
    Density {
        name: "spiral",
        summary: "plane: a spiral of one and a half turns",
        dimensions: 2,
        reach: 1.5,
        components: || {
            chain(192, 0.08, |t| {
                let angle = 1.5 * PI * (1.0 + 2.0 * t);
                [libm::cos(angle), libm::sin(angle)].map(|x| 1.1 * x * angle / (4.5 * PI))
            })
        },
    },
    Density {
        name: "cloud",
        summary: "plane: one round Gaussian away from the start",
        dimensions: 2,
        reach: 1.5,
        components: || vec![Component { weight: 1.0, centre: [0.5, 0.4], deviation: 0.25 }],
    },
];

fn on_the_line(weight: f64, centre: f64, deviation: f64) -> Component {
    Component { weight, centre: [centre, 0.0], deviation }
}

/// `count` equal Gaussians at equal steps of a curve over t in [0, 1).
fn chain(count: usize, deviation: f64, curve: fn(f64) -> [f64; 2]) -> Vec<Component> {
    let place = |k: usize| curve(k as f64 / count as f64);
    (0..count).map(|k| Component { weight: 1.0 / count as f64, centre: place(k), deviation }).collect()
}

impl Density {
    /// The density of that name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest one.
    pub fn by_name(name: &str) -> Result<&'static Density> {
        let known = DENSITIES.iter().map(|d| d.name);
        DENSITIES.iter().find(|d| d.name == name).ok_or_else(|| Error::unknown_name("density", name, known))
    }

    pub(super) fn components(&self) -> Vec<Component> {
        (self.components)()
    }
}

/// `count` points, each of `dimensions` numbers.
pub(super) fn sample(components: &[Component], dimensions: usize, count: usize, draws: &mut Draws) -> Vec<f32> {
    let mut points = Vec::with_capacity(count * dimensions);
    for _ in 0..count {
        let mut left = f64::from(draws.uniform());
        let chosen = components.iter().find(|c| {
            left -= c.weight;
            left < 0.0
        });
        let Some(component) = chosen.or(components.last()) else { continue };
        let (x, y) = draws.normal_pair();
        let point = [(0, x), (1, y)].map(|(i, z)| component.centre[i] + component.deviation * f64::from(z));
        points.extend(point.iter().take(dimensions).map(|x| *x as f32));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Seed};

    #[test]
    fn weights_add_up_to_one_and_everything_lies_in_view() {
        for density in DENSITIES {
            let components = density.components();
            let total: f64 = components.iter().map(|c| c.weight).sum();
            assert!((total - 1.0).abs() < 1e-12, "{}: {total}", density.name);
            for c in components {
                let furthest = c.centre.iter().fold(0.0f64, |far, x| far.max(x.abs()));
                assert!(furthest + 3.0 * c.deviation < density.reach, "{}: {c:?}", density.name);
            }
        }
    }

    #[test]
    fn samples_have_the_moments_of_their_mixture() {
        for density in DENSITIES {
            let (components, n) = (density.components(), 20_000);
            let points = sample(&components, density.dimensions, n, &mut Draws::new(Seed(1), Purpose::Data, 0));
            assert_eq!(points.len(), n * density.dimensions, "{}", density.name);
            for axis in 0..density.dimensions {
                let values = || points.iter().skip(axis).step_by(density.dimensions).map(|x| f64::from(*x));
                let mean: f64 = components.iter().map(|c| c.weight * c.centre[axis]).sum();
                let square: f64 =
                    components.iter().map(|c| c.weight * (c.centre[axis].powi(2) + c.deviation.powi(2))).sum();
                let got = (values().sum::<f64>() / n as f64, values().map(|x| x * x).sum::<f64>() / n as f64);
                assert!((got.0 - mean).abs() < 0.05, "{}: mean {}, expected {mean}", density.name, got.0);
                assert!((got.1 - square).abs() < 0.1, "{}: square {}, expected {square}", density.name, got.1);
            }
        }
    }
}
