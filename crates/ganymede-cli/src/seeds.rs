//! Lists of seeds as people type them: `0-15,20`.

use std::str::FromStr;

/// More would be a mistake of the keyboard.
const MOST: u64 = 1_000_000;

/// Seeds in the order in which they were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeds(pub Vec<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut seeds = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |digits: &str| {
                let wrong = format!("'{part}' is neither a seed nor a range of seeds; write for example 0-15,20");
                digits.trim().parse::<u64>().map_err(|_| wrong)
            };
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return Err(format!("the range '{part}' runs backwards; write {last}-{first}"));
            }
            if last - first >= MOST - seeds.len() as u64 {
                return Err(format!("'{text}' names more than {MOST} seeds; draw them in several calls"));
            }
            seeds.extend(first..=last);
        }
        Ok(Seeds(seeds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_seeds_keep_their_order() {
        assert_eq!("0-3,20,7".parse(), Ok(Seeds(vec![0, 1, 2, 3, 20, 7])));
        assert_eq!(" 5 - 6 ".parse(), Ok(Seeds(vec![5, 6])));
    }

    #[test]
    fn what_is_no_list_of_seeds_is_refused_with_what_is_wrong() {
        for (text, part) in
            [("", "''"), ("1,,2", "''"), ("a", "'a'"), ("-3", "'-3'"), ("1.5", "'1.5'"), ("9-2", "write 2-9")]
        {
            let error = text.parse::<Seeds>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_range_that_no_memory_holds_is_refused() {
        for text in ["0-18446744073709551615", "0-999999,1", "1-1000001"] {
            assert!(text.parse::<Seeds>().is_err(), "{text}");
        }
        assert_eq!("1-1000000".parse::<Seeds>().map(|seeds| seeds.0.len()), Ok(1_000_000));
    }
}
