//! `ganymede bench [step|sample|ops|health]`

mod health;

use std::io::{self, Write};

use clap::ValueEnum;
use console::style;
use ganymede::{
    Config, Error,
    bench::{self, Layer, LayerShapes, LayerTimes, Roofline, SamplingTimes, StepTimes, Times},
    data::Size,
    device,
    networks::{NETWORKS, Network},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    style::{bytes, counted, rows},
    threads,
    train::CapacityName,
};

/// The batch of `mlp`, whose samples are small, and of all others.
const BATCH_OF_POINTS: usize = 256;
const BATCH: usize = 64;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede bench
  ganymede bench step --network infogan28 --objective wasserstein --penalty wgan-gp --json
  ganymede bench sample --network infogan28 --images 10000
  ganymede bench ops --network dcgan32 --batch 128
  ganymede bench step --network r3gan --size 64 --objective relativistic --penalty r1+r2 --batch 32

The roofline is the rate of large matrix products on this machine, measured in the same run. Every number but the memory
suffers from whatever else the machine does: let it rest.")]
pub struct Arguments {
    /// What to measure
    #[arg(value_enum, default_value_t = What::Step)]
    what: What,

    /// The pair of networks; see `ganymede list`
    #[arg(long, value_name = "NAME", default_value = "infogan28")]
    network: String,

    /// Height and width of the samples, which are then RGB [default: as the network's paper has them]
    #[arg(long, value_name = "SIZE")]
    size: Option<Size>,

    /// How wide and deep, for the networks that have the choice
    #[arg(long, value_name = "NAME")]
    capacity: Option<CapacityName>,

    /// What generator and discriminator play for
    #[arg(long, value_name = "NAME", default_value = "non-saturating")]
    objective: String,

    /// Gradient penalties, as in `ganymede train`
    #[arg(long, value_name = "SUM", default_value = "none")]
    penalty: String,

    /// Samples a batch [default: 64, for mlp 256]
    #[arg(long, value_name = "N")]
    batch: Option<usize>,

    /// Steps that are timed; with ops, repetitions
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: u64,

    /// Steps before them
    #[arg(long, value_name = "N", default_value_t = 5)]
    warmup: u64,

    /// With sample: how many images
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    images: u64,

    /// With sample: how often they are all drawn
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: u64,

    /// The device: cpu, cuda:N or wgpu
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,

    #[command(flatten)]
    health: health::Arguments,

    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

/// What there is to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Training steps
    Step,
    /// Sampling from the generator: many images, and one
    Sample,
    /// The operators at the shapes of the network's layers
    Ops,
    /// Planted faults, and what the detectors say of them
    Health,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    for (name, count) in [("steps", arguments.steps), ("images", arguments.images), ("rounds", arguments.rounds)] {
        if count == 0 {
            return Err(Error::setting(name, "a whole number from 1", 0).into());
        }
    }
    threads::start(None)?;
    let device = device::parse(&arguments.device)?;
    let config = Config {
        network: arguments.network.clone(),
        size: arguments.size,
        capacity: arguments.capacity.map(Into::into),
        objective: arguments.objective.clone(),
        penalty: arguments.penalty.clone(),
        batch: arguments.batch.unwrap_or(if arguments.network == "mlp" { BATCH_OF_POINTS } else { BATCH }),
        steps: arguments.steps,
        ..Config::default()
    };
    config.validate()?;
    let mut out = io::stdout();
    match arguments.what {
        What::Step => {
            let measured = bench::step_times(&config, &device, arguments.warmup)?;
            if arguments.json {
                return write_json(&mut out, arguments, &config, json!(measured));
            }
            print_step(&mut out, &config, &measured)?;
        }
        What::Sample => {
            let measured = bench::sampling_times(&config, &device, arguments.images, arguments.rounds)?;
            if arguments.json {
                return write_json(&mut out, arguments, &config, json!(measured));
            }
            print_sampling(&mut out, &config, &measured)?;
        }
        What::Health => return health::run(&arguments.health, arguments.json),
        What::Ops => {
            let mut roofline = Roofline::new(&device);
            let layers = all_layers(&config)?;
            let measured: Vec<LayerTimes> = layers
                .into_iter()
                .map(|layer| bench::layer_times(layer, config.batch, arguments.steps, &device, &mut roofline))
                .collect::<Result<_, _>>()?;
            if arguments.json {
                let numbers = json!({ "layers": measured, "roofline": roofline.rate() });
                return write_json(&mut out, arguments, &config, numbers);
            }
            print_layers(&mut out, &config, &measured, roofline.rate())?;
        }
    }
    Ok(())
}

fn all_layers(config: &Config) -> Result<Vec<Layer>, Failure> {
    let [channels, ..] = bench::sample_shape(&config.network, config.size)?;
    let shapes_of = |network: &Network| LayerShapes::of(network.name, channels, network.latent_size);
    let shapes = NETWORKS.iter().find(|network| network.name == config.network).and_then(shapes_of);
    let shapes = shapes.ok_or_else(|| {
        let known: Vec<&str> = NETWORKS.iter().filter(|n| shapes_of(n).is_some()).map(|n| n.name).collect();
        Error::setting("network", format!("one of fixed layers ({})", known.join(", ")), &config.network)
    })?;
    Ok([shapes.generator, shapes.discriminator].concat())
}

/// One line: what was measured, and the numbers.
fn write_json(out: &mut impl Write, arguments: &Arguments, config: &Config, numbers: Value) -> Result<(), Failure> {
    let mut line = json!({
        "side": "ganymede",
        "task": arguments.what.to_possible_value().map(|value| value.get_name().to_owned()),
        "network": config.network,
        "objective": config.objective,
        "penalty": config.penalty,
        "batch": config.batch,
        "device": arguments.device,
        "threads": rayon::current_num_threads(),
        "version": env!("CARGO_PKG_VERSION"),
    });
    if let (Value::Object(line), Value::Object(numbers)) = (&mut line, numbers) {
        line.extend(numbers);
    }
    Ok(writeln!(out, "{line}")?)
}

fn print_step(out: &mut impl Write, config: &Config, measured: &StepTimes) -> io::Result<()> {
    let title = format!("one step of {} on {}, penalty {}", config.objective, config.network, config.penalty);
    headline(out, &title, config.batch)?;
    let unknown = || "unknown".to_owned();
    let share = match (measured.achieved, measured.roofline_share) {
        (Some(achieved), Some(share)) => {
            format!(
                "{} of {} that large matrix products reach: {:.0} %",
                rate(achieved),
                rate(measured.roofline),
                share * 100.0
            )
        }
        _ => unknown(),
    };
    rows(
        out,
        [
            ("time", spread(&measured.times)),
            ("images", format!("{:.0} a second", measured.images_per_second)),
            (
                "work",
                measured.multiply_adds.map_or_else(unknown, |count| format!("{:.2} G multiply-adds", count / 1e9)),
            ),
            ("roofline", share),
            ("memory", measured.peak_resident.map_or_else(unknown, |peak| format!("{} at most", bytes(peak)))),
        ],
    )
}

fn print_sampling(out: &mut impl Write, config: &Config, measured: &SamplingTimes) -> io::Result<()> {
    headline(out, &format!("samples of {}", config.network), measured.batch)?;
    rows(
        out,
        [
            (counted(measured.images, "image"), spread(&measured.times)),
            ("images".to_owned(), format!("{:.0} a second", measured.images_per_second)),
            ("one image".to_owned(), spread(&measured.one_image)),
        ],
    )
}

fn print_layers(out: &mut impl Write, config: &Config, measured: &[LayerTimes], roofline: f64) -> io::Result<()> {
    headline(out, &format!("the layers of {}", config.network), config.batch)?;
    let one = |layer: &LayerTimes, times: &Times| {
        let reached = 2.0 * layer.multiply_adds as f64 * times.per_second();
        format!("{:>9.3} ms {:>4.0} %", times.median, reached / roofline * 100.0)
    };
    writeln!(out, "  {:<36}{:>17}{:>19}{:>19}", "", "forward", "input gradient", "weight gradient")?;
    for layer in measured {
        let [forward, input, weight] =
            [&layer.forward, &layer.input_gradient, &layer.weight_gradient].map(|times| one(layer, times));
        writeln!(out, "  {:<36}{forward:>17}{input:>19}{weight:>19}", layer.layer.to_string())?;
    }
    writeln!(out, "\n  100 % is {}, the rate of large matrix products in the same run.", rate(roofline))
}

fn headline(out: &mut impl Write, what: &str, batch: usize) -> io::Result<()> {
    let threads = counted(rayon::current_num_threads() as u64, "thread");
    writeln!(out, "{} {}", style(what).bold(), style(format!("batch {batch}, {threads}")).dim())
}

fn spread(times: &Times) -> String {
    format!("{:.2} ms (median; quartiles {:.2} and {:.2})", times.median, times.low, times.high)
}

/// `163 GF/s`
fn rate(operations_a_second: f64) -> String {
    format!("{:.0} GF/s", operations_a_second / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_of_one_size_has_layers_to_measure_and_any_other_is_told_so() {
        for network in NETWORKS {
            let config = Config { network: network.name.into(), ..Config::default() };
            let count = all_layers(&config).map(|layers| layers.len());
            let expected = if network.name == "dcgan64" { 10 } else { 8 };
            assert_eq!(count.ok(), (!network.has_capacity).then_some(expected), "{}", network.name);
        }
    }
}
