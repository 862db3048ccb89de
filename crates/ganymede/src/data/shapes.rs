//! Ten kinds of shapes, drawn from known factors: sample i is a pure function of i.
//!
//! ```text
//! q = R(-angle) (p - place) / size                     a pixel's centre p in [-1, 1]², seen from the shape
//! d = size · distance(q) - stroke / 2                  signed distance to the ink, whose outline a round pen has drawn
//! x = -1 + 2 clamp(1/2 - d · pixels / 2, 0, 1)         ink 1 on -1, anti-aliased over one pixel
//! ```

mod kind;

pub use kind::Kind;

use super::{Dataset, Split, check_read};
use crate::{
    error::{Error, Result},
    random::{Draws, Purpose, Seed},
};

/// What one shape is drawn from, in units of half the picture's side; y points down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factors {
    pub kind: Kind,
    /// The middle of the shape; each coordinate uniform in [-0.2, 0.2).
    pub place: [f32; 2],
    /// The radius of the circle around the shape, uniform in [0.4, 0.65).
    pub size: f32,
    /// Clockwise turn in radians, uniform in [-0.5, 0.5).
    pub angle: f32,
    /// The width of the pen, uniform in [0.1, 0.22).
    pub stroke: f32,
}

impl Factors {
    /// The factors of sample `index`; those from 60,000 on are the test split's.
    pub fn of(index: u64) -> Self {
        // the data are one fixed set, whatever the seed of the run
        let mut draws = Draws::new(Seed(0), Purpose::Data, index);
        Factors {
            kind: Kind::ALL[draws.below(Kind::ALL.len())],
            place: [draws.uniform_in(-0.2, 0.2), draws.uniform_in(-0.2, 0.2)],
            size: draws.uniform_in(0.4, 0.65),
            angle: draws.uniform_in(-0.5, 0.5),
            stroke: draws.uniform_in(0.1, 0.22),
        }
    }

    /// Draws the shape.
    ///
    /// # Shapes
    /// `out` [H, W] with H = W = `pixels`, in [-1, 1].
    ///
    /// # Errors
    /// [`Error::Shape`] where `out` has another length.
    pub fn draw(&self, pixels: usize, out: &mut [f32]) -> Result<()> {
        if out.len() != pixels * pixels {
            let expected = format!("room for {pixels}x{pixels} numbers");
            return Err(Error::Shape { operation: "Factors::draw", expected, got: vec![out.len()] });
        }
        let (sin, cos) = (libm::sinf(self.angle), libm::cosf(self.angle));
        let at = |pixel: usize| (2 * pixel + 1) as f32 / pixels as f32 - 1.0;
        // beyond this circle there is no ink, not even a faint trace of it
        let reach = self.size + self.stroke / 2.0 + 2.0 / pixels as f32;
        for (i, value) in out.iter_mut().enumerate() {
            let (x, y) = (at(i % pixels) - self.place[0], at(i / pixels) - self.place[1]);
            *value = -1.0;
            if x * x + y * y < reach * reach {
                let q = [(cos * x + sin * y) / self.size, (cos * y - sin * x) / self.size];
                let distance = self.size * self.kind.distance(q) - self.stroke / 2.0;
                *value += 2.0 * (0.5 - distance * pixels as f32 / 2.0).clamp(0.0, 1.0);
            }
        }
        Ok(())
    }
}

/// The shapes as a data set: 60,000 to train on, 10,000 to test with.
#[derive(Debug, Clone)]
pub struct Shapes {
    channels: usize,
    size: usize,
    indices: std::ops::Range<u64>,
    classes: Vec<String>,
}

impl Shapes {
    /// The side of the pictures where none is asked for.
    pub const SIZE: usize = 28;
    const MIN_SIZE: usize = 8;
    const MAX_SIZE: usize = 1024;

    /// Pictures of `size`x`size` in 1 channel, or in 3 that are equal.
    ///
    /// # Errors
    /// [`Error::Setting`] for sizes below 8 or above 1024.
    pub fn new(split: Split, size: usize, channels: usize) -> Result<Self> {
        if !(Self::MIN_SIZE..=Self::MAX_SIZE).contains(&size) {
            return Err(Error::setting("size", format!("{}..={} for shapes", Self::MIN_SIZE, Self::MAX_SIZE), size));
        }
        let classes = Kind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
        Ok(Shapes { channels, size, indices: split.indices(), classes })
    }

    /// The factors that sample `index` of this split is drawn from.
    pub fn factors(&self, index: usize) -> Factors {
        Factors::of(self.indices.start + index as u64)
    }
}

impl Dataset for Shapes {
    fn name(&self) -> &str {
        "shapes"
    }

    fn len(&self) -> usize {
        (self.indices.end - self.indices.start) as usize
    }

    fn shape(&self) -> [usize; 3] {
        [self.channels, self.size, self.size]
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        check_read(self, index, out)?;
        let factors = self.factors(index);
        let (first, others) = out.split_at_mut(self.size * self.size);
        factors.draw(self.size, first)?;
        others.chunks_mut(first.len()).for_each(|channel| channel.copy_from_slice(first));
        Ok(Some(factors.kind as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_factors_are_fixed_for_ever() {
        let factors = Factors::of(0);
        let round = |x: f32| (x * 1e4).round() / 1e4;
        let [x, y] = factors.place.map(round);
        let got = (factors.kind.name(), x, y, round(factors.size), round(factors.angle), round(factors.stroke));
        assert_eq!(got, GOLDEN_FACTORS);
    }
    const GOLDEN_FACTORS: (&str, f32, f32, f32, f32, f32) = ("zigzag", 0.1943, 0.1522, 0.4268, -0.3144, 0.1927);

    /// Every kind's ink in the middle of its ranges, as a share of the picture: a drawing that changes, changes this.
    #[test]
    fn the_drawings_are_fixed_for_ever() {
        let ink = |kind| {
            let factors = Factors { kind, place: [0.05, -0.1], size: 0.5, angle: 0.2, stroke: 0.15 };
            let mut out = [0.0; 28 * 28];
            factors.draw(28, &mut out).unwrap();
            (out.iter().map(|x| f64::from(*x + 1.0) / 2.0).sum::<f64>() / 784.0 * 1e4).round() as u32
        };
        assert_eq!(Kind::ALL.map(ink), GOLDEN_INK);
    }
    const GOLDEN_INK: [u32; 10] = [1774, 1059, 1798, 946, 1478, 785, 1490, 1776, 727, 624];

    #[test]
    fn a_shape_is_pure_stays_in_the_picture_and_reaches_full_ink() {
        let set = Shapes::new(Split::Train, 28, 3).unwrap();
        let (mut once, mut again) = ([0.0; 3 * 784], [9.0; 3 * 784]);
        for index in (0..60_000).step_by(97) {
            let label = set.read(index, &mut once).unwrap();
            assert_eq!(set.read(index, &mut again).unwrap(), label);
            assert_eq!(once, again);
            assert_eq!(label, Some(Factors::of(index as u64).kind as usize));
            assert!(once.iter().all(|x| (-1.0..=1.0).contains(x)), "{index}");
            assert!(once.contains(&1.0), "{index}: no full ink");
            let border = (0..28).flat_map(|i| [i, 27 * 28 + i, 28 * i, 28 * i + 27]);
            assert!(border.into_iter().all(|i| once[i] < 0.0), "{index}: ink on the border");
            assert_eq!(once[..784], once[2 * 784..]);
        }
    }

    #[test]
    fn kinds_are_equally_many_and_the_splits_have_nothing_in_common() {
        let mut counts = [0; 10];
        (0..10_000).for_each(|index| counts[Factors::of(index).kind as usize] += 1);
        assert!(counts.iter().all(|n| (850..1150).contains(n)), "{counts:?}");
        let test = Shapes::new(Split::Test, 28, 1).unwrap();
        assert_eq!((test.factors(0), test.len()), (Factors::of(60_000), 10_000));
        assert!(test.read(10_000, &mut [0.0; 784]).is_err());
    }

    #[test]
    fn a_size_that_shows_nothing_is_refused() {
        assert!(Shapes::new(Split::Train, 7, 1).is_err() && Shapes::new(Split::Train, 1025, 1).is_err());
    }
}
