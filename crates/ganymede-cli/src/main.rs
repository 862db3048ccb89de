//! The `ganymede` binary: one verb a file. What was typed becomes the library's settings; the library does the work; what
//! it says is printed here.

mod bench;
mod best;
mod compare;
mod completions;
mod data;
mod diagnose;
mod evaluate;
mod failure;
mod form;
mod info;
mod interrupt;
mod lab;
mod list;
mod progress_bar;
mod sample;
mod seeds;
mod style;
mod terminal_picture;
mod threads;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Training allocates and frees large tensors all the time, which the system's allocator gives back to the kernel.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Train generative adversarial networks and sample from them.
#[derive(Debug, Parser)]
#[command(name = "ganymede", version, styles = style::HELP, after_help = EXAMPLES, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  ganymede train                             ten kinds of shapes, no files needed, minutes
  ganymede train --data fashion-mnist        clothes, fetched once
  ganymede sample runs/00000-shapes-non-saturating
  ganymede list                              every preset, network, objective and penalty

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 stopped by a health rule or by numbers that are not finite, 130 interrupted (everything saved)";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Train a generator on images or points
    Train(Box<train::Arguments>),
    /// Draw samples from a trained generator
    Sample(sample::Arguments),
    /// Measure a generator or a data set against data: FID, KID, precision and recall, ...
    Evaluate(Box<evaluate::Arguments>),
    /// Train and measure several objectives under one budget, and say whether they differ
    Compare(Box<compare::Arguments>),
    /// Look through pictures before training, or pack them
    Data(data::Arguments),
    /// Say what a run or a checkpoint holds
    Info(info::Arguments),
    /// Say what went wrong with a run, and when; also with one that died
    Diagnose(diagnose::Arguments),
    /// Check the theory by experiment, with a report to look at
    Lab(lab::Arguments),
    /// Measure the speed of training and sampling on this machine
    Bench(bench::Arguments),
    /// List presets, networks, objectives and penalties, a sentence each
    List,
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    let ended = match Cli::parse().verb {
        Verb::Train(arguments) => train::run(&arguments),
        Verb::Sample(arguments) => sample::run(&arguments),
        Verb::Evaluate(arguments) => evaluate::run(&arguments),
        Verb::Compare(arguments) => compare::run(&arguments),
        Verb::Data(arguments) => data::run(&arguments),
        Verb::Info(arguments) => info::run(&arguments),
        Verb::Diagnose(arguments) => diagnose::run(&arguments),
        Verb::Lab(arguments) => lab::run(&arguments),
        Verb::Bench(arguments) => bench::run(&arguments),
        Verb::List => list::run(),
        Verb::Completions(arguments) => completions::run(&arguments),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
