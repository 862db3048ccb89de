//! A colour by name or as `#rrggbb`: what lies behind transparent pictures.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{Error, Result};

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

const NAMES: [(&str, Colour); 6] = [
    ("white", Colour::WHITE),
    ("black", Colour([0; 3])),
    ("grey", Colour([128; 3])),
    ("red", Colour([255, 0, 0])),
    ("green", Colour([0, 255, 0])),
    ("blue", Colour([0, 0, 255])),
];

impl Colour {
    pub const WHITE: Colour = Colour([255; 3]);

    /// How bright it is, by Rec. 709, as grey pictures are made of coloured ones.
    pub fn luma(self) -> u8 {
        let [red, green, blue] = self.0.map(u32::from);
        ((2126 * red + 7152 * green + 722 * blue) / 10_000) as u8
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, colour)| colour == self) {
            Some((name, _)) => f.write_str(name),
            None => {
                let [red, green, blue] = self.0;
                write!(f, "#{red:02x}{green:02x}{blue:02x}")
            }
        }
    }
}

impl FromStr for Colour {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some((_, colour)) = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
            return Ok(*colour);
        }
        let digits = text.strip_prefix('#').unwrap_or(text);
        match u32::from_str_radix(digits, 16) {
            Ok(number) if digits.len() == 6 && !digits.starts_with('+') => {
                let [_, red, green, blue] = number.to_be_bytes();
                Ok(Colour([red, green, blue]))
            }
            _ => {
                let names = NAMES.map(|(name, _)| name).join(", ");
                Err(Error::setting("background", format!("a colour such as #20a0ff, or {names}"), format!("'{text}'")))
            }
        }
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_as_it_is_written() {
        for (text, colour) in [
            ("white", Colour([255; 3])),
            ("BLACK", Colour([0; 3])),
            ("#20a0ff", Colour([32, 160, 255])),
            ("000001", Colour([0, 0, 1])),
        ] {
            assert_eq!(text.parse::<Colour>().unwrap(), colour);
            assert_eq!(colour.to_string().parse::<Colour>().unwrap(), colour);
            let json = serde_json::to_string(&colour).unwrap();
            assert_eq!(serde_json::from_str::<Colour>(&json).unwrap(), colour);
        }
        for text in ["", "#", "whit", "#12345", "#1234567", "+12345", "#ggaa00", "ééé"] {
            assert!(text.parse::<Colour>().unwrap_err().is_usage(), "{text}");
        }
        assert_eq!([Colour::WHITE, Colour([0; 3])].map(Colour::luma), [255, 0]);
    }
}
