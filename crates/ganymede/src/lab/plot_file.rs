//! A plot as files: SVG, which follows the reader's system to dark ground, and PNG on white.

use std::path::Path;

use super::{Plot, draw};
use crate::{
    error::{Error, Result},
    files, picture,
};

/// Writes `<stem>.svg` and `<stem>.png` into the directory; the SVG element, for a page.
///
/// # Errors
/// [`Error::Io`] when it cannot be drawn or written.
pub fn save_plot(plot: &Plot, directory: &Path, stem: &str) -> Result<String> {
    let failed = |said: String| Error::io("draw", &directory.join(stem))(std::io::Error::other(said));
    let svg = draw::svg(plot).map_err(failed)?;
    picture::save_png(&draw::picture(plot).map_err(failed)?, &directory.join(format!("{stem}.png")))?;
    files::write_atomically(&directory.join(format!("{stem}.svg")), alone(&svg).as_bytes())?;
    Ok(svg)
}

/// The SVG as a file of its own.
fn alone(svg: &str) -> String {
    match svg.split_once('>') {
        Some((head, rest)) => format!("{head}><style>{}</style>{rest}", draw::DARK_STYLE),
        None => svg.to_owned(),
    }
}
