//! `ganymede data`: look through pictures before training, and pack them.

mod check;
mod pack;

use clap::Subcommand;

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Say what is in a folder or ZIP of pictures, what is wrong with it, and what training would make of it
    Check(check::Arguments),
    /// Write a data set at training size as one ZIP, which opens at once and is read as fast as it can be
    Pack(pack::Arguments),
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Check(arguments) => check::run(arguments),
        Verb::Pack(arguments) => pack::run(arguments),
    }
}
