//! What pictures are to be like, as it is typed wherever pictures are read.

use clap::{Args, ValueEnum};
use ganymede::data::{Colour, Fit, Form, Size};

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct FormArguments {
    /// Size of the images: one side of a square, or width x height as 48x32 [default: as the data have them]
    #[arg(long, value_name = "PIXELS|WxH")]
    pub size: Option<Size>,

    /// How pictures of another aspect ratio come into that size [default: crop]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub fit: Option<FitName>,

    /// 1 for grey, 3 for RGB, 4 to keep what is transparent [default: as the data have them, opaque]
    #[arg(long, value_name = "1|3|4", hide_short_help = true)]
    pub channels: Option<usize>,

    /// What transparent pictures are laid on, and what is beside padded ones, as white, black or #20a0ff [default: white]
    #[arg(long, value_name = "COLOUR", hide_short_help = true)]
    pub background: Option<Colour>,
}

impl FormArguments {
    /// The form that was typed.
    pub fn form(&self) -> Form {
        let FormArguments { size, fit, channels, background } = *self;
        Form { size, channels, fit: fit.map(Into::into).unwrap_or_default(), background }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FitName {
    /// The middle of the picture
    Crop,
    /// The whole picture, with the background beside it
    Pad,
    /// The whole picture, pulled to the size
    Stretch,
}

impl From<FitName> for Fit {
    fn from(name: FitName) -> Self {
        match name {
            FitName::Crop => Fit::Crop,
            FitName::Pad => Fit::Pad,
            FitName::Stretch => Fit::Stretch,
        }
    }
}
