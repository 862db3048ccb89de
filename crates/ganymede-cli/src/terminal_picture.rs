//! Pictures in the terminal itself, where it can show them: by the protocols of kitty and iTerm, else as coloured half blocks.

use std::path::Path;

use image::{DynamicImage, GenericImageView};

/// What a picture shows, which decides how much of it fits.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// A grid of images with this many columns.
    Grid { columns: u32 },
    /// One plot.
    Plot,
}

/// How the terminal at standard output shows pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    None,
    /// One picture element above another in each character.
    Blocks,
    /// True pixels.
    Graphics,
}

/// What the environment says of the terminal. It is not asked itself: some never answer.
pub fn support() -> Support {
    let terminal = std::env::var("TERM").unwrap_or_default();
    if !console::Term::stdout().is_term() || terminal == "dumb" || !console::colors_enabled() {
        Support::None
    } else if is_kitty(&terminal) || viuer::is_iterm_supported() {
        Support::Graphics
    } else if viuer::Config::default().truecolor {
        Support::Blocks
    } else {
        Support::None
    }
}

/// Shows the picture at `path`, or as much of it as can be made out.
///
/// # Errors
/// When the file cannot be read, or the terminal does not take it.
pub fn show(path: &Path, content: Content, support: Support) -> Result<(), Box<dyn std::error::Error>> {
    if support == Support::None {
        return Ok(());
    }
    let picture = image::open(path)?;
    let (_, width) = console::Term::stdout().size();
    let (picture, width) = fitted(&picture, content, support, u32::from(width));
    let config = viuer::Config {
        absolute_offset: false,
        x: MARGIN as u16,
        width: Some(width),
        use_kitty: is_kitty(&std::env::var("TERM").unwrap_or_default()),
        ..viuer::Config::default()
    };
    viuer::print(&picture, &config)?;
    Ok(())
}

/// Characters free to the left and to the right.
const MARGIN: u32 = 2;

/// The part of the picture to show, and how many characters wide.
fn fitted(picture: &DynamicImage, content: Content, support: Support, terminal: u32) -> (DynamicImage, u32) {
    const PLOT_WIDTH: u32 = 44;
    const GRAPHICS_WIDTH: u32 = 64;
    /// Below this many half blocks nothing can be recognised.
    const SMALLEST_IMAGE: u32 = 14;
    const LARGEST_IMAGE: u32 = 16;
    let room = terminal.saturating_sub(2 * MARGIN).max(1);
    let Content::Grid { columns } = content else {
        return (picture.clone(), room.min(PLOT_WIDTH));
    };
    let cell = (picture.width() / columns.max(1)).max(1);
    let (shown, rows, width) = match support {
        Support::Graphics => (columns, 4, room.min(GRAPHICS_WIDTH)),
        _ => {
            let shown = (room / SMALLEST_IMAGE).clamp(1, columns);
            (shown, 2, room.min(shown * LARGEST_IMAGE.min(cell)))
        }
    };
    let part = picture.view(0, 0, (cell * shown).min(picture.width()), (cell * rows).min(picture.height()));
    (DynamicImage::ImageRgba8(part.to_image()), width)
}

fn is_kitty(terminal: &str) -> bool {
    ["kitty", "ghostty"].iter().any(|name| terminal.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_shows_fewer_images_rather_than_smaller_ones() {
        let picture = DynamicImage::new_rgb8(448, 448);
        let shown = |terminal| {
            let (part, width) = fitted(&picture, Content::Grid { columns: 8 }, Support::Blocks, terminal);
            (part.width() / 56, part.height() / 56, width)
        };
        assert_eq!(shown(200), (8, 2, 128));
        assert_eq!(shown(80), (5, 2, 76));
        assert_eq!(shown(10), (1, 2, 6));
    }

    #[test]
    fn a_plot_is_shown_whole() {
        let picture = DynamicImage::new_rgb8(512, 512);
        let (part, width) = fitted(&picture, Content::Plot, Support::Blocks, 100);
        assert_eq!((part.width(), part.height(), width), (512, 512, 44));
    }
}
