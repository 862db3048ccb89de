//! What pictures are to be like as samples: size, channels, and how they get there.

use serde::{Deserialize, Serialize};

use super::{Colour, Size};
use crate::error::{Error, Result};

/// How a picture of one aspect ratio comes into a frame of another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Its middle, as much as the frame's aspect ratio leaves.
    #[default]
    Crop,
    /// The whole picture, with the background to both sides.
    Pad,
    /// The whole picture, pulled to the frame's aspect ratio.
    Stretch,
}

impl Fit {
    /// For `skip_serializing_if`: settings from before there was a choice stay as they were.
    pub fn is_default(&self) -> bool {
        *self == Fit::default()
    }
}

/// The form that is asked for; what is not given comes from the data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form {
    pub size: Option<Size>,
    /// 1 for grey, 3 for RGB, 4 for RGB and opacity.
    pub channels: Option<usize>,
    pub fit: Fit,
    /// What transparent pictures are laid on, and what is beside padded ones; white where not given.
    pub background: Option<Colour>,
}

impl Form {
    /// # Errors
    /// [`Error::Setting`] for a size, channels or background that no pictures can have.
    pub fn check(&self) -> Result<()> {
        self.size.map_or(Ok(()), Size::check)?;
        check_channels(self.channels)?;
        match self.background {
            Some(colour) if self.channels == Some(4) => {
                Err(Error::setting("background", "none beside channels 4, which keep what is transparent", colour))
            }
            _ => Ok(()),
        }
    }
}

/// # Errors
/// [`Error::Setting`] unless pictures may have so many.
pub(crate) fn check_channels(channels: Option<usize>) -> Result<()> {
    match channels {
        Some(channels) if ![1, 3, 4].contains(&channels) => {
            Err(Error::setting("channels", "1 (grey), 3 (RGB) or 4 (RGB and opacity)", channels))
        }
        _ => Ok(()),
    }
}

/// The form that a set of pictures gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub size: Size,
    pub channels: usize,
    pub fit: Fit,
    pub background: Colour,
}

impl Target {
    /// The target of pictures whose own size and channels are given.
    pub fn of(form: &Form, size: Size, channels: usize) -> Self {
        Target {
            size: form.size.unwrap_or(size),
            channels: form.channels.unwrap_or(channels),
            fit: form.fit,
            background: form.background.unwrap_or(Colour::WHITE),
        }
    }

    /// [C, H, W].
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.size.height, self.size.width]
    }

    /// Bytes of a sample.
    pub fn sample(&self) -> usize {
        self.channels.saturating_mul(self.size.area())
    }

    /// The width and height that are cut out of the middle of a picture of `width` x `height`.
    pub fn cut(&self, [width, height]: [u32; 2]) -> [u32; 2] {
        if self.fit != Fit::Crop {
            return [width, height];
        }
        let [w, h, to_w, to_h] = [width, height, self.size.width as u32, self.size.height as u32].map(u64::from);
        if w * to_h > h * to_w {
            [rounded(h * to_w, to_h).min(width), height]
        } else {
            [width, rounded(w * to_h, to_w).min(height)]
        }
    }

    /// The width and height that a picture of `width` x `height` has in the frame.
    pub fn inside(&self, [width, height]: [u32; 2]) -> Size {
        let Size { width: to_w, height: to_h } = self.size;
        if self.fit != Fit::Pad {
            return self.size;
        }
        let [w, h, frame_w, frame_h] = [u64::from(width), u64::from(height), to_w as u64, to_h as u64];
        if w * frame_h > h * frame_w {
            Size { width: to_w, height: (rounded(h * frame_w, w) as usize).min(to_h) }
        } else {
            Size { width: (rounded(w * frame_h, h) as usize).min(to_w), height: to_h }
        }
    }
}

/// a / b to the nearest whole number, and at least 1.
fn rounded(a: u64, b: u64) -> u32 {
    u32::try_from((a + b / 2) / b.max(1)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(size: &str, fit: Fit) -> Target {
        Target { size: size.parse().unwrap(), channels: 3, fit, background: Colour::WHITE }
    }

    #[test]
    fn a_cut_has_the_frames_aspect_ratio_and_a_padded_picture_its_own() {
        assert_eq!(target("32", Fit::Crop).cut([60, 20]), [20, 20]);
        assert_eq!(target("48x32", Fit::Crop).cut([60, 60]), [60, 40]);
        assert_eq!(target("48x32", Fit::Crop).cut([100, 20]), [30, 20]);
        assert_eq!(target("48x32", Fit::Crop).cut([3, 2]), [3, 2]);
        assert_eq!(target("32", Fit::Crop).cut([1, 40_000]), [1, 1]);
        assert_eq!(target("48x32", Fit::Pad).cut([100, 20]), [100, 20]);
        assert_eq!(target("48x32", Fit::Pad).inside([100, 50]), Size { width: 48, height: 24 });
        assert_eq!(target("48x32", Fit::Pad).inside([50, 100]), Size { width: 16, height: 32 });
        assert_eq!(target("48x32", Fit::Pad).inside([40_000, 1]), Size { width: 48, height: 1 });
        assert_eq!(target("48x32", Fit::Stretch).inside([5, 5]), Size { width: 48, height: 32 });
    }

    #[test]
    fn a_form_that_nothing_can_have_is_refused() {
        let form = |channels, background| Form { channels, background, ..Form::default() };
        assert!(form(Some(2), None).check().is_err() && form(Some(4), Some(Colour::WHITE)).check().is_err());
        assert!(form(Some(4), None).check().is_ok() && form(Some(3), Some(Colour::WHITE)).check().is_ok());
    }
}
