//! The size of a grid as people type it: `12x8`, twelve samples a row and eight rows, or `8` for as many of both.

use std::{fmt, str::FromStr};

/// How many samples a row, and how many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridSize {
    pub columns: usize,
    pub rows: usize,
}

impl GridSize {
    pub fn cells(self) -> u64 {
        (self.columns as u64).saturating_mul(self.rows as u64)
    }
}

impl fmt::Display for GridSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.columns, self.rows)
    }
}

impl FromStr for GridSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (columns, rows) = text.split_once(['x', 'X', '×']).unwrap_or((text, text));
        let side = |side: &str| match side.trim().parse::<u16>() {
            Ok(side) if side > 0 => Ok(usize::from(side)),
            _ => Err(format!("'{text}' is no grid; write columns x rows, as 12x8, or 8 for eight rows of eight")),
        };
        Ok(GridSize { columns: side(columns)?, rows: side(rows)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_first_and_one_number_is_both() {
        assert_eq!("12x8".parse(), Ok(GridSize { columns: 12, rows: 8 }));
        assert_eq!(" 8 X 12 ".parse(), Ok(GridSize { columns: 8, rows: 12 }));
        assert_eq!("8".parse::<GridSize>().map(GridSize::cells), Ok(64));
        for text in ["", "x", "8x", "0", "3x0", "-1x2", "8x8x8", "1.5", "99999x99999", "a"] {
            assert!(text.parse::<GridSize>().is_err_and(|error| error.contains("columns x rows")), "{text}");
        }
    }
}
