//! The size of images: `64`, or width and height as `48x32`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{Error, Result};

/// Width and height in pixels. Written and read as one number where the image is square, else as `WIDTHxHEIGHT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    pub width: usize,
    pub height: usize,
}

impl Size {
    /// The largest side that images are resized to.
    pub const MAX_SIDE: usize = 4096;

    pub const fn square(side: usize) -> Self {
        Size { width: side, height: side }
    }

    /// The one side of a square.
    pub fn side(self) -> Option<usize> {
        (self.width == self.height).then_some(self.width)
    }

    /// How many pixels that is.
    pub fn area(self) -> usize {
        self.width.saturating_mul(self.height)
    }

    /// # Errors
    /// [`Error::Setting`] where a side is 0 or more than [`Size::MAX_SIDE`].
    pub fn check(self) -> Result<()> {
        let sides = 1..=Self::MAX_SIDE;
        if sides.contains(&self.width) && sides.contains(&self.height) {
            return Ok(());
        }
        Err(Error::setting("size", format!("sides of 1..={}", Self::MAX_SIDE), self))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.side() {
            Some(side) => write!(f, "{side}"),
            None => write!(f, "{}x{}", self.width, self.height),
        }
    }
}

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (width, height) = text.split_once(['x', 'X', '×']).unwrap_or((text, text));
        let expected = "pixels such as 64, or width x height such as 48x32";
        let side = |text: &str| text.trim().parse().map_err(|_| Error::setting("size", expected, format!("'{text}'")));
        Ok(Size { width: side(width)?, height: side(height)? })
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.side() {
            Some(side) => serializer.serialize_u64(side as u64),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number of pixels, or \"WIDTHxHEIGHT\"")]
        enum Written {
            Side(usize),
            Sides(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Side(side) => Ok(Size::square(side)),
            Written::Sides(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_a_square_and_two_are_width_and_height() {
        for (text, size, json) in [
            ("64", Size::square(64), "64"),
            ("48x32", Size { width: 48, height: 32 }, "\"48x32\""),
            (" 8 X 8 ", Size::square(8), "8"),
        ] {
            assert_eq!(text.parse::<Size>().unwrap(), size);
            assert_eq!(serde_json::to_string(&size).unwrap(), json);
            assert_eq!(serde_json::from_str::<Size>(json).unwrap(), size);
            assert_eq!(size.to_string().parse::<Size>().unwrap(), size);
        }
        for text in ["", "x", "48x", "x32", "-1", "48x32x3", "1.5", "99999999999999999999"] {
            assert!(text.parse::<Size>().unwrap_err().is_usage(), "{text}");
        }
        for json in ["-1", "1.5", "\"a\"", "[1, 2]", "null"] {
            assert!(serde_json::from_str::<Size>(json).is_err(), "{json}");
        }
        assert!(Size::square(0).check().is_err() && Size { width: 8, height: 4097 }.check().is_err());
    }
}
