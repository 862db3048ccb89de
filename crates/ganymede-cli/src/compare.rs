//! `ganymede compare`

mod plan;
mod printing;
mod view;

use std::{io, path::PathBuf};

use ganymede::{
    comparison::{self, Outcome},
    device,
};

use crate::{
    failure::Failure,
    interrupt, threads,
    train::{DataArguments, LengthArguments, NetworkArguments, OptimizerArguments, opening},
};
use view::View;

#[derive(Debug, clap::Args)]
#[command(after_help = "See `ganymede compare --help` for every setting and examples.", after_long_help = EXAMPLES)]
pub struct Arguments {
    /// What is compared, with commas: each an objective and what belongs to it, or a recipe by name; see --help
    /// [default: minimax,non-saturating,reverse-kl,least-squares,wasserstein+clip,wgan-gp,dragan,vae]
    #[arg(
        long,
        value_name = "LIST",
        long_help = "What is compared, with commas:\n\
            \x20 OBJECTIVE[+PENALTY[:WEIGHT][/EVERY]]...[+clip[:C]][+n-critic:N]\n\
            \x20 wgan, wgan-gp, dragan or r3gan, as `ganymede list` says, with more terms if need be\n\
            \x20 vae[+LIKELIHOOD[:SCALE]][+beta:BETA]\n\
            What a recipe does not name is left out, also where the preset has it \
            [default: minimax,non-saturating,reverse-kl,least-squares,wasserstein+clip,wgan-gp,dragan,vae]"
    )]
    objectives: Option<String>,

    /// How many seeds, or which: 3 is 0-2, and 0,4,8 or 5-9 are themselves
    #[arg(long, value_name = "N|LIST", default_value = "3")]
    seeds: String,

    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    networks: NetworkArguments,
    #[command(flatten)]
    optimizers: OptimizerArguments,
    #[command(flatten)]
    length: LengthArguments,
    #[command(flatten)]
    game: SharedGame,
    #[command(flatten)]
    measuring: Measuring,

    /// The directory of the comparison, which goes on where it was [default: runs/compare-<data>]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,

    /// Print the plan and how long it takes, write nothing
    #[arg(long, help_heading = "Output")]
    dry_run: bool,

    /// Print only the directory, at the end
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,

    /// Threads to compute on; the results are the same on any number [default: all processors]
    #[arg(long, value_name = "N", hide_short_help = true, help_heading = "Output")]
    threads: Option<usize>,

    /// The device to train on: cpu, cuda:N or wgpu; the last two in builds with the cargo feature of that name
    #[arg(long, value_name = "NAME", default_value = "cpu", hide_short_help = true, help_heading = "Output")]
    device: String,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The game")]
struct SharedGame {
    /// Samples a batch [default: 64]
    #[arg(long, value_name = "N")]
    batch: Option<usize>,

    /// Updates of the discriminator for one of the generator, where a recipe does not say it [default: 1]
    #[arg(long, value_name = "N", hide_short_help = true)]
    n_critic: Option<u64>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Metrics")]
struct Measuring {
    /// What every generator is measured by in the end, with commas, as in `evaluate` [default: fid,kid; modes for points]
    #[arg(long, value_name = "LIST")]
    metrics: Option<String>,

    /// What the metrics are computed on, as in `evaluate` [default: random-conv; pixels for points]
    #[arg(long, value_name = "NAME")]
    features: Option<String>,

    /// Samples of either side
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    n: usize,

    /// How often the first metric is taken on the way, for the plots; 0 for never
    #[arg(long, value_name = "POINTS", default_value_t = 5)]
    curve: u64,

    /// Samples of either side for that
    #[arg(long, value_name = "N", default_value_t = 2000, hide_short_help = true)]
    curve_n: usize,
}

const EXAMPLES: &str = "\
Examples:
  ganymede compare --data ring8 --steps 2000
      Eight settings with three seeds each: how many modes does each find?
  ganymede compare --data fashion-mnist --network infogan28 --steps 4000 --features inception-768
      Clothes, by the FID on the features that it is known for.
  ganymede compare --data fashion-mnist --objectives hinge,hinge+r1:1,relativistic+r1+r2 --seeds 5 --kimg 500
      A penalty or none, for the same number of images.
  ganymede compare --data fashion-mnist --dry-run
      The plan, and how long it takes.

Every run is an ordinary run, in DIR/<objective>/seed-<n>: sample it, evaluate it, resume it. The same command goes on where
it was stopped. The table is in DIR/compare.md and compare.json, the plots beside it.";

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let configs = plan::configs(arguments)?;
    threads::start(arguments.threads)?;
    let device = device::parse(&arguments.device)?;
    let (dataset, _) = opening::open(&configs.base, !arguments.quiet)?;
    let grid = plan::grid(arguments, configs, &*dataset)?;
    // what is wrong on the disk is better known before anything is measured
    let table = comparison::table_so_far(&grid)?;
    let estimate = comparison::estimate(&grid, &dataset, &device)?;
    if arguments.dry_run || !arguments.quiet {
        printing::plan(&mut io::stdout(), &grid, &*dataset, &estimate, &table)?;
    }
    if arguments.dry_run {
        return Ok(());
    }
    interrupt::watch();
    let mut view = View::new(!arguments.quiet);
    let outcome = comparison::run(&grid, &dataset, &device, &estimate, &mut view);
    view.finish();
    match outcome? {
        Outcome::Finished(table) => Ok(printing::end(&mut io::stdout(), &grid, &table, arguments.quiet)?),
        Outcome::Stopped => {
            printing::stopped(&mut io::stdout(), &grid)?;
            Err(Failure::Interrupted)
        }
    }
}
