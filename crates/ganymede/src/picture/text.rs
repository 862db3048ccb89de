//! Short names in pictures, in the 8 x 8 font of the IBM PC, enlarged by a whole factor.

use font8x8::UnicodeFonts;
use image::{Rgb, RgbImage};

const CELL: u32 = 8;
/// What stands for a letter that the font does not have.
const UNKNOWN: char = '?';

/// How wide `text` is at `size` times the font's own size.
pub(super) fn width(text: &str, size: u32) -> u32 {
    text.chars().count() as u32 * CELL * size
}

pub(super) fn height(size: u32) -> u32 {
    CELL * size
}

/// Writes `text` in black with its upper left corner at `[x, y]`; what lies outside the picture is cut off.
pub(super) fn draw(picture: &mut RgbImage, text: &str, [x, y]: [u32; 2], size: u32) {
    for (place, letter) in text.chars().enumerate() {
        for (dx, dy) in ink(letter) {
            let (left, top) = (x + (place as u32 * CELL + dx) * size, y + dy * size);
            for (column, row) in (0..size * size).map(|i| (left + i % size, top + i / size)) {
                if let Some(pixel) = picture.get_pixel_mut_checked(column, row) {
                    *pixel = Rgb([0; 3]);
                }
            }
        }
    }
}

/// The black pixels of a letter.
fn ink(letter: char) -> impl Iterator<Item = (u32, u32)> {
    let find = |letter| font8x8::BASIC_FONTS.get(letter).or_else(|| font8x8::LATIN_FONTS.get(letter));
    let rows = find(letter).or_else(|| find(UNKNOWN)).unwrap_or_default();
    let is_black = move |(x, y): &(u32, u32)| rows.get(*y as usize).is_some_and(|row| row >> x & 1 == 1);
    (0..CELL).flat_map(|y| (0..CELL).map(move |x| (x, y))).filter(is_black)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_drawn_upright_at_its_place() {
        let mut picture = RgbImage::from_pixel(32, 16, Rgb([255; 3]));
        draw(&mut picture, "L", [8, 0], 2);
        let black = |x, y| picture.get_pixel(x, y).0 == [0; 3];
        let columns: Vec<u32> = (0..32).filter(|x| (0..16).any(|y| black(*x, y))).collect();
        assert!(columns.iter().all(|x| (8..24).contains(x)) && !columns.is_empty(), "{columns:?}");
        let ink = |y: u32| (0..32).filter(|x| black(*x, y)).count();
        assert!(ink(12) > ink(2), "the foot of an L is wider than its stem");
    }

    #[test]
    fn letters_that_the_font_lacks_and_places_outside_do_no_harm() {
        let mut picture = RgbImage::from_pixel(8, 8, Rgb([255; 3]));
        draw(&mut picture, "猫é", [0, 0], 1);
        draw(&mut picture, "far away", [100, 100], 3);
        assert!(picture.pixels().any(|pixel| pixel.0 == [0; 3]));
        assert_eq!((width("猫é", 2), height(2)), (32, 16));
    }
}
