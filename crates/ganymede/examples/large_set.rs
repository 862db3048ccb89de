//! A ZIP archive of coloured shapes, as many as one likes: for trying sets that are larger than memory.
//!
//! ```text
//! cargo run --release --example large_set -- 100000 64 large.zip
//! ```

use ganymede::{
    Error, Result,
    data::{Dataset, pack, shapes::Factors},
    random::{Draws, Purpose, Seed},
};

/// Shapes in a colour of their own each.
#[derive(Debug)]
struct Coloured {
    count: usize,
    side: usize,
    classes: Vec<String>,
}

impl Dataset for Coloured {
    fn name(&self) -> &str {
        "coloured shapes"
    }

    fn len(&self) -> usize {
        self.count
    }

    fn shape(&self) -> [usize; 3] {
        [3, self.side, self.side]
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, index: usize, out: &mut [f32]) -> Result<Option<usize>> {
        let factors = Factors::of(index as u64);
        let mut draws = Draws::new(Seed(1), Purpose::Data, index as u64);
        let mut ink = vec![0.0; self.side * self.side];
        factors.draw(self.side, &mut ink)?;
        for plane in out.chunks_exact_mut(ink.len()) {
            let (paper, colour) = (draws.uniform_in(-1.0, 1.0), draws.uniform_in(-1.0, 1.0));
            for (value, ink) in plane.iter_mut().zip(&ink) {
                // paper in grain, as that of a photograph
                *value = paper + (colour - paper) * (ink + 1.0) / 2.0 + draws.uniform_in(-0.04, 0.04);
            }
        }
        Ok(Some(factors.kind as usize))
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |name: &str, default: usize| match arguments.next() {
        Some(text) => text.parse().map_err(|_| Error::setting(name, "a whole number", text)),
        None => Ok(default),
    };
    let (count, side) = (number("count", 1000)?, number("side", 64)?);
    let path = arguments.next().unwrap_or_else(|| "large.zip".into());
    let classes = ganymede::data::shapes::Kind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    let packed = pack(&Coloured { count, side, classes }, path.as_ref(), None)?;
    println!("{path}: {} pictures, {} bytes", packed.pictures, packed.bytes);
    Ok(())
}
