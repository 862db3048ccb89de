//! Which runs a comparison consists of, and that those on the disk are these.

use std::path::PathBuf;

use super::Protocol;
use crate::{
    config::Config,
    error::{Error, Result},
    random::Seed,
    training::RunDirectory,
};

/// One of the settings that are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its name in tables, and that of its directory.
    pub name: String,
    /// Everything but the seed and what is measured on the way.
    pub config: Config,
}

/// Settings by seeds, a protocol, and a directory.
#[derive(Debug, Clone)]
pub struct Grid {
    settings: Vec<Setting>,
    seeds: Vec<Seed>,
    protocol: Protocol,
    directory: PathBuf,
}

/// One run of a grid.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Which of the grid's settings.
    pub setting: usize,
    pub name: String,
    pub seed: Seed,
    pub config: Config,
    pub directory: PathBuf,
}

impl Grid {
    /// # Errors
    /// [`Error::Setting`] or [`Error::UnknownName`] for a grid without settings or seeds, for two settings or seeds that are
    /// one, for settings on different data, or any that makes no sense.
    pub fn new(settings: Vec<Setting>, seeds: Vec<Seed>, protocol: Protocol, directory: PathBuf) -> Result<Self> {
        protocol.validate()?;
        if settings.is_empty() || seeds.is_empty() {
            let what = if settings.is_empty() { "settings" } else { "seeds" };
            return Err(Error::setting(what, "one or more", "none"));
        }
        for (k, setting) in settings.iter().enumerate() {
            if settings[..k].iter().any(|other| folder(&other.name) == folder(&setting.name)) {
                return Err(Error::setting("settings", "names that differ", format!("'{}' twice", setting.name)));
            }
            // they are all measured against the same samples
            let data = |config: &Config| {
                let options = config.open_options();
                (config.data.clone(), options.form, options.mirror, options.tolerate)
            };
            if data(&setting.config) != data(&settings[0].config) {
                return Err(Error::setting(
                    "data",
                    "the same for every setting",
                    format!("others for '{}'", setting.name),
                ));
            }
            setting.config.validate()?;
        }
        if let Some((k, seed)) = seeds.iter().enumerate().find(|(k, seed)| seeds[..*k].contains(seed)) {
            return Err(Error::setting("seeds", "seeds that differ", format!("{} twice, at place {k}", seed.0)));
        }
        Ok(Grid { settings, seeds, protocol, directory })
    }

    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    pub fn seeds(&self) -> &[Seed] {
        &self.seeds
    }

    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    pub fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// Every run, all settings of one seed before the next, so that an early table has something of each.
    pub fn cells(&self) -> Vec<Cell> {
        let of = |seed: Seed| {
            self.settings.iter().enumerate().map(move |(setting, Setting { name, config })| Cell {
                setting,
                name: name.clone(),
                seed,
                config: Config { seed, ..self.protocol.monitored(config) },
                directory: self.directory.join(folder(name)).join(format!("seed-{}", seed.0)),
            })
        };
        self.seeds.iter().flat_map(|seed| of(*seed)).collect()
    }

    /// Checks that what lies in the directory already are runs of this grid.
    ///
    /// # Errors
    /// [`Error::Run`] naming the first run of other settings, with what differs.
    pub fn check(&self) -> Result<()> {
        if RunDirectory::at(&self.directory).config()?.is_some() {
            return Err(Error::Run {
                path: self.directory.clone(),
                reason: "it is a single run, and no directory of a comparison".into(),
                advice: "name another directory with --out".into(),
            });
        }
        for cell in self.cells() {
            let Some(known) = RunDirectory::at(&cell.directory).config()? else { continue };
            let changed: Vec<String> = cell.config.differences(&known).iter().map(ToString::to_string).collect();
            if !changed.is_empty() {
                return Err(Error::Run {
                    path: cell.directory,
                    reason: format!("this cell was trained with other settings ({})", changed.join("; ")),
                    advice: "ask for the same settings again to go on, or name another directory with --out".into(),
                });
            }
        }
        Ok(())
    }
}

/// A name as that of a directory.
fn folder(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "+-_.".contains(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, config: Config) -> Setting {
        Setting { name: name.to_owned(), config }
    }

    fn two() -> Vec<Setting> {
        vec![setting("hinge+r1:1/4", Config::default()), setting("b", Config { batch: 8, ..Config::default() })]
    }

    #[test]
    fn cells_take_every_setting_before_the_next_seed() {
        let grid = Grid::new(two(), vec![Seed(3), Seed(1)], Protocol::default(), "out".into()).unwrap();
        let names: Vec<String> = grid.cells().iter().map(|cell| cell.directory.display().to_string()).collect();
        assert_eq!(names, ["out/hinge+r1-1-4/seed-3", "out/b/seed-3", "out/hinge+r1-1-4/seed-1", "out/b/seed-1"]);
        assert_eq!(grid.cells()[3].config.seed, Seed(1));
    }

    #[test]
    fn a_grid_that_makes_no_sense_is_refused() {
        let seeds = || vec![Seed(0)];
        let of = |settings, seeds| Grid::new(settings, seeds, Protocol::default(), "out".into()).unwrap_err();
        let mut twice = two();
        twice[1].name = "hinge+r1-1/4".into();
        let mut data = two();
        data[1].config.data = "ring8".into();
        let mut bad = two();
        bad[1].config.batch = 0;
        for error in [
            of(Vec::new(), seeds()),
            of(two(), Vec::new()),
            of(two(), vec![Seed(1), Seed(1)]),
            of(twice, seeds()),
            of(data, seeds()),
            of(bad, seeds()),
        ] {
            assert!(error.is_usage(), "{error}");
        }
    }
}
