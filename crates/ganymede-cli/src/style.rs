//! The looks of everything that is printed.

use std::{
    fmt::Display,
    io::{self, Write},
    time::Duration,
};

use clap::builder::styling::{AnsiColor, Effects, Styles};
use console::style;

/// The colours of `--help`.
pub const HELP: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default());

/// Prints a name and what belongs to it on each line, the second column wrapped under itself.
pub fn rows<K: Display, V: Display>(out: &mut impl Write, entries: impl IntoIterator<Item = (K, V)>) -> io::Result<()> {
    const INDENT: usize = 2;
    const GAP: usize = 3;
    let entries: Vec<(String, String)> =
        entries.into_iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let names = entries.iter().map(|(name, _)| console::measure_text_width(name)).max().unwrap_or(0);
    let start = INDENT + names + GAP;
    for (name, text) in entries {
        let name = console::pad_str(&name, names, console::Alignment::Left, None);
        let lines = wrapped(&text, line_width().saturating_sub(start));
        let text = lines.join(&format!("\n{:start$}", ""));
        writeln!(out, "{:INDENT$}{}{:GAP$}{text}", "", style(name).cyan(), "")?;
    }
    Ok(())
}

/// How wide a line may be: that of the terminal up to a comfortable width, and without bound where nobody looks.
pub fn line_width() -> usize {
    const COMFORTABLE: usize = 110;
    let terminal = console::Term::stdout();
    if !terminal.is_term() {
        return usize::MAX;
    }
    usize::from(terminal.size().1).min(COMFORTABLE)
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    const NARROWEST: usize = 20;
    let width = width.max(NARROWEST);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let length = |text: &str| console::measure_text_width(text);
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if length(line) + 1 + length(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Says on standard error what somebody should know.
pub fn warn(message: &str) {
    eprintln!("{} {message}", style("warning:").for_stderr().yellow().bold());
}

/// `3,293,345`
pub fn count(n: u64) -> String {
    indicatif::HumanCount(n).to_string()
}

/// `1 step`, `3,000 steps`
pub fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n))
}

/// `12.56 MiB`
pub fn bytes(n: u64) -> String {
    indicatif::BinaryBytes(n).to_string()
}

/// `2h 05m`, `2m 51s`, `8s`
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m {s:02}s"),
        (h, m, _) => format!("{h}h {m:02}m"),
    }
}

/// `0.693`, and `1.2e-5` where that would show nothing.
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if (0.001..1000.0).contains(&size) => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

/// What samples of [C, H, W] are: `28×28 grey`, `points in the plane`.
pub fn shape([c, h, w]: [usize; 3]) -> String {
    match c {
        2 if (h, w) == (1, 1) => "points in the plane".to_owned(),
        1 => format!("{h}×{w} grey"),
        3 => format!("{h}×{w} RGB"),
        _ => format!("{c}×{h}×{w}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_shows_its_two_largest_units() {
        let shown = [0.4, 59.6, 171.0, 7512.0].map(|s| duration(Duration::from_secs_f64(s)));
        assert_eq!(shown, ["0s", "1m 00s", "2m 51s", "2h 05m"]);
    }

    #[test]
    fn a_number_never_shows_as_nothing() {
        assert_eq!([0.0, 0.5931, -12.5, 1.2e-5, 3e7].map(number), ["0", "0.593", "-12.500", "1.20e-5", "3.00e7"]);
    }

    #[test]
    fn text_wraps_between_words() {
        assert_eq!(wrapped("aaaaaaaaaa bbbbbbbbbb cc", 21), ["aaaaaaaaaa bbbbbbbbbb", "cc"]);
    }
}
