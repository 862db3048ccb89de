//! What a comparison leaves beside its runs: the numbers for programs, the table for people, the pictures.

use serde_json::json;

use super::{Grid, Record, Table, markdown, pictures, record};
use crate::{
    error::{Error, Result},
    files,
};

/// # Errors
/// When a file cannot be written, or a run cannot be read.
pub(super) fn write(grid: &Grid, records: &[Record], table: &Table) -> Result<()> {
    let directory = grid.directory();
    std::fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    let path = directory.join("compare.json");
    let text = serde_json::to_string_pretty(&numbers(grid, records, table));
    let text = text.map_err(|error| Error::io("encode", &path)(error.into()))?;
    files::write_atomically(&path, format!("{text}\n").as_bytes())?;
    files::write_atomically(&directory.join("compare.md"), markdown(grid, records, table).as_bytes())?;
    pictures::write(grid, records)
}

fn numbers(grid: &Grid, records: &[Record], table: &Table) -> serde_json::Value {
    let settings: Vec<_> =
        grid.settings().iter().map(|setting| json!({ "name": setting.name, "config": setting.config })).collect();
    let cells = grid.cells();
    let of = |cell: &super::Cell| records.iter().find(|r| (&r.setting, r.seed) == (&cell.name, cell.seed));
    let cells: Vec<_> = cells
        .iter()
        .map(|cell| {
            let mut entry = json!({ "setting": cell.name, "seed": cell.seed, "directory": cell.directory });
            match of(cell).map(|record| (record.seconds, &record.result)) {
                Some((seconds, record::Result::Measured { figures, .. })) => {
                    entry["seconds"] = seconds.into();
                    entry["figures"] = json!(figures);
                }
                Some((_, record::Result::Failed(reason))) => entry["failed"] = reason.as_str().into(),
                None => entry["open"] = true.into(),
            }
            entry
        })
        .collect();
    json!({
        "ganymede": env!("CARGO_PKG_VERSION"),
        "protocol": grid.protocol(),
        "seeds": grid.seeds(),
        "table": table,
        "cells": cells,
        "settings": settings,
    })
}
