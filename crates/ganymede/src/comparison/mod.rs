//! Settings compared under one budget and one protocol: a grid of runs, trained and measured one after the other.
//!
//! ```text
//! DIR/<setting>/seed-<s>/               an ordinary run, with the time that its steps took (times.jsonl)
//! DIR/<setting>/seed-<s>/cell.json      its figures, once it is trained and measured
//! DIR/compare.json, compare.md          the table so far
//! DIR/<figure>-steps.svg, -time.svg     the course of the training, as .png as well
//! DIR/samples.png                       a row a setting
//! ```
//! Whatever ends the program, the same comparison goes on where it was: a cell that has its record is done, a run without
//! one resumes as runs do, and nothing else is remembered. A cell that was trained with other settings is never taken over.

mod cell;
mod clock;
mod figures;
mod grid;
mod markdown;
mod pace;
mod pictures;
mod protocol;
mod recipe;
mod record;
mod report;
mod run;
mod statistics;
mod table;

pub use figures::{Better, Figure};
pub use grid::{Cell, Grid, Setting};
pub use markdown::markdown;
pub use pace::Estimate;
pub use protocol::{Curve, Protocol};
pub use recipe::{NAMED, Recipe};
pub use record::{Record, Result as CellResult};
pub use run::{Outcome, Standing, Watcher, estimate, run, table_so_far};
pub use statistics::{holm, welch};
pub use table::{Column, Row, Summary, Table};
