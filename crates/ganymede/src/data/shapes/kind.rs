//! The kinds of shapes, each as a distance to its outline in the circle of radius 1; negative inside of what is filled.
//!
//! The distances are exact; those of rectangle and moon are Quilez's ("2D distance functions").

/// One of the ten kinds, which are the classes of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Disc,
    Ring,
    Square,
    Triangle,
    Star,
    Cross,
    Moon,
    Heart,
    Arrow,
    Zigzag,
}

type Point = [f32; 2];

/// (sin 60°, 1/2), a corner of an equilateral triangle.
const SIN_60: f32 = 0.866_025_4;
const TRIANGLE: [Point; 4] = [[0.0, -1.0], [SIN_60, 0.5], [-SIN_60, 0.5], [0.0, -1.0]];
/// Ten points around the centre, in turn at radius 1 and 0.42; point k at 36° k from the top.
const STAR: [Point; 11] = [
    [0.0, -1.0],
    [0.246_87, -0.339_79],
    [0.951_06, -0.309_02],
    [0.399_44, 0.129_79],
    [0.587_79, 0.809_02],
    [0.0, 0.42],
    [-0.587_79, 0.809_02],
    [-0.399_44, 0.129_79],
    [-0.951_06, -0.309_02],
    [-0.246_87, -0.339_79],
    [0.0, -1.0],
];
/// The right half of a heart, from the notch to the tip. The notch is wide, since the pen fills some of it.
const HALF_HEART: [Point; 11] = [
    [0.0, -0.2],
    [0.2, -0.5],
    [0.32, -0.64],
    [0.5, -0.71],
    [0.7, -0.68],
    [0.86, -0.5],
    [0.9, -0.26],
    [0.82, 0.02],
    [0.6, 0.36],
    [0.3, 0.68],
    [0.0, 0.96],
];
const CROSS: [[Point; 2]; 2] = [[[-1.0, 0.0], [1.0, 0.0]], [[0.0, -1.0], [0.0, 1.0]]];
const ARROW: [[Point; 2]; 3] = [[[-1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.35, -0.65]], [[1.0, 0.0], [0.35, 0.65]]];
const ZIGZAG: [[Point; 2]; 3] =
    [[[-0.9, 0.4], [-0.3, -0.45]], [[-0.3, -0.45], [0.3, 0.45]], [[0.3, 0.45], [0.9, -0.4]]];

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Disc,
        Kind::Ring,
        Kind::Square,
        Kind::Triangle,
        Kind::Star,
        Kind::Cross,
        Kind::Moon,
        Kind::Heart,
        Kind::Arrow,
        Kind::Zigzag,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Disc => "disc",
            Kind::Ring => "ring",
            Kind::Square => "square",
            Kind::Triangle => "triangle",
            Kind::Star => "star",
            Kind::Cross => "cross",
            Kind::Moon => "moon",
            Kind::Heart => "heart",
            Kind::Arrow => "arrow",
            Kind::Zigzag => "zigzag",
        }
    }

    /// The distance from `q` to the shape: signed for filled kinds, that to the line for drawn ones.
    pub(super) fn distance(self, q: Point) -> f32 {
        match self {
            Kind::Disc => length(q) - 0.8,
            Kind::Ring => (length(q) - 0.9).abs(),
            Kind::Square => rectangle(q, [0.7, 0.7]),
            Kind::Triangle => polygon(q, &TRIANGLE).abs(),
            Kind::Star => polygon(q, &STAR),
            Kind::Cross => lines(q, &CROSS),
            Kind::Moon => moon(q),
            Kind::Heart => polygon([q[0].abs(), q[1]], &HALF_HEART),
            Kind::Arrow => lines(q, &ARROW),
            Kind::Zigzag => lines(q, &ZIGZAG),
        }
    }
}

fn dot(a: Point, b: Point) -> f32 {
    a[0] * b[0] + a[1] * b[1]
}

fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

fn length(q: Point) -> f32 {
    dot(q, q).sqrt()
}

fn to_line(q: Point, [a, b]: [Point; 2]) -> f32 {
    let (from_a, along) = (minus(q, a), minus(b, a));
    let t = (dot(from_a, along) / dot(along, along)).clamp(0.0, 1.0);
    length([from_a[0] - t * along[0], from_a[1] - t * along[1]])
}

fn lines(q: Point, lines: &[[Point; 2]]) -> f32 {
    lines.iter().map(|line| to_line(q, *line)).fold(f32::INFINITY, f32::min)
}

fn rectangle(q: Point, half: Point) -> f32 {
    let d = [q[0].abs() - half[0], q[1].abs() - half[1]];
    length(d.map(|x| x.max(0.0))) + d[0].max(d[1]).min(0.0)
}

/// Signed distance to the outline along `corners`. The outline is closed, or its two ends lie on x = 0 and `q` to the right.
fn polygon(q: Point, corners: &[Point]) -> f32 {
    let (mut nearest, mut inside) = (f32::INFINITY, false);
    for edge in corners.windows(2) {
        let (a, b) = (edge[0], edge[1]);
        nearest = nearest.min(to_line(q, [a, b]));
        // a ray to the right crosses this edge
        if (a[1] > q[1]) != (b[1] > q[1]) && q[0] < a[0] + (q[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) {
            inside = !inside;
        }
    }
    if inside { -nearest } else { nearest }
}

/// A disc of radius 0.95 without a disc of radius 0.8 that stands 0.5 to the right of it.
fn moon([x, y]: Point) -> f32 {
    const SHIFT: f32 = 0.5;
    const OUTER: f32 = 0.95;
    const INNER: f32 = 0.8;
    let y = y.abs();
    let a = (OUTER * OUTER - INNER * INNER + SHIFT * SHIFT) / (2.0 * SHIFT);
    let b = (OUTER * OUTER - a * a).max(0.0).sqrt();
    if SHIFT * (x * b - y * a) > SHIFT * SHIFT * (b - y).max(0.0) {
        length([x - a, y - b])
    } else {
        (length([x, y]) - OUTER).max(INNER - length([x - SHIFT, y]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_leaves_its_circle() {
        for kind in Kind::ALL {
            for step in 0..360 {
                let angle = (step as f32).to_radians();
                let q = [1.02 * libm::cosf(angle), 1.02 * libm::sinf(angle)];
                assert!(kind.distance(q) > 0.0, "{} at {step} degrees", kind.name());
            }
        }
    }

    #[test]
    fn a_distance_changes_no_faster_than_the_place() {
        for kind in Kind::ALL {
            for i in 0..60 * 60 {
                let q = [(i % 60) as f32 / 30.0 - 0.99, (i / 60) as f32 / 30.0 - 0.99];
                for near in [[q[0] + 0.01, q[1]], [q[0], q[1] + 0.01]] {
                    let change = (kind.distance(q) - kind.distance(near)).abs();
                    assert!(change < 0.01 + 1e-5, "{} at {q:?}: {change}", kind.name());
                }
            }
        }
    }
}
