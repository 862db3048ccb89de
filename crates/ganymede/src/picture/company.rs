//! Images, each with others to its right: samples and what they are compared with.

use burn::tensor::Tensor;
use image::{Rgb, RgbImage, imageops};

use super::of_samples;
use crate::error::{Error, Result};

/// The gap between an image and its company, as a share of an image's width; between one company and the next it is twice as
/// wide.
const GAP_SHARE: u32 = 8;

/// A grid with `columns` of the `images` a row, each followed by its share of `company`, on white.
///
/// # Shapes
/// `images` [N, C, H, W], `company` [N K, C, H, W], as [`of_samples`] takes them.
///
/// # Errors
/// As [`of_samples`], and [`Error::Shape`] where the company is not of one size.
pub fn in_company(images: &Tensor<4>, company: &Tensor<4>, columns: usize) -> Result<RgbImage> {
    let [n, c, h, w] = images.dims();
    let [others, other_shape @ ..] = company.dims();
    if n == 0 || others == 0 || !others.is_multiple_of(n) || other_shape != [c, h, w] {
        let expected = format!("as many images of {:?} beside each of {n}", [c, h, w]);
        return Err(Error::Shape { operation: "picture", expected, got: company.dims().to_vec() });
    }
    let each = others / n;
    let columns = columns.clamp(1, n);
    let cell = of_samples(&images.clone().narrow(0, 0, 1), 1)?;
    let (width, height) = cell.dimensions();
    let gap = (width / GAP_SHARE).max(1);
    let (across, down) = (width * (1 + each as u32) + 3 * gap, height + gap);
    let (columns, rows) = (columns as u32, n.div_ceil(columns) as u32);
    let mut picture = RgbImage::from_pixel(across * columns - 2 * gap, down * rows - gap, Rgb([255; 3]));
    for index in 0..n {
        let place = [index as u32 % columns * across, index as u32 / columns * down].map(i64::from);
        let image = of_samples(&images.clone().narrow(0, index, 1), 1)?;
        let beside = of_samples(&company.clone().narrow(0, index * each, each), each)?;
        imageops::replace(&mut picture, &image, place[0], place[1]);
        imageops::replace(&mut picture, &beside, place[0] + i64::from(width + gap), place[1]);
    }
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn greys(values: &[f32]) -> Tensor<4> {
        Tensor::<1>::from_floats(values, &Device::flex()).reshape([values.len(), 1, 1, 1])
    }

    #[test]
    fn each_image_has_its_own_company_to_its_right() {
        let picture = in_company(&greys(&[-1.0, 1.0]), &greys(&[-0.5, -0.25, 0.5, 0.75]), 1).unwrap();
        // cells of 64 pixels, gaps of 8
        assert_eq!(picture.dimensions(), (64 * 3 + 8, 64 * 2 + 8));
        let at = |x, y| picture.get_pixel(x, y).0[0];
        assert_eq!([at(0, 0), at(64, 0), at(72, 0), at(136, 0)], [0, 255, 64, 96]);
        assert_eq!([at(63, 72), at(72, 72), at(199, 135)], [255, 191, 223]);
        let row = in_company(&greys(&[-1.0, 1.0]), &greys(&[-0.5, -0.25, 0.5, 0.75]), 2).unwrap();
        assert_eq!(row.dimensions(), (2 * 200 + 16, 64));
        assert_eq!(row.get_pixel(216 + 72, 0).0[0], 191);
    }

    #[test]
    fn company_that_cannot_be_shared_out_is_refused() {
        for others in [&[][..], &[0.0; 3]] {
            assert!(in_company(&greys(&[0.0, 0.0]), &greys(others), 1).is_err());
        }
    }
}
