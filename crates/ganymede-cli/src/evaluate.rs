//! `ganymede evaluate WHAT [AGAINST]`

mod iwae;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use console::style;
use ganymede::{
    Config, Error, cache,
    data::{Dataset, OpenOptions, Split},
    evaluation::{Card, EvaluationOptions, Judge, Measured, Metric, Sides, Subject, evaluate},
    features::{self, Classifier, ExtractionProgress, Extractor, OpenFeatures, Samples},
    files, picture,
    prelude::{Device, RunDirectory},
    random::Seed,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    failure::Failure,
    style::{count, counted, duration, number, rows},
};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede evaluate runs/00000-fashion-mnist-non-saturating
  ganymede evaluate runs/00000-fashion-mnist-non-saturating --metrics fid,kid,prdc,ms-ssim,memorisation --json card.json
  ganymede evaluate fashion-mnist                  the test images against the training images: what is best possible
  ganymede evaluate runs/00000-fashion-mnist-vae --iwae 500 --n 1000
  ganymede evaluate my/samples/ my/images/ --features random-conv --n 5000

A generator is measured against the test images of its data, or against all of them where they have no such part.
Figures compare only at equal features, n and reference: the card of --json holds all of these.")]
pub struct Arguments {
    /// A run directory, a checkpoint file, a folder of pictures, or a data set by name
    #[arg(value_name = "WHAT")]
    subject: String,

    /// The data to measure against [default: those of the run; the training part of a data set]
    #[arg(value_name = "AGAINST")]
    reference: Option<String>,

    /// Which metrics, with commas: fid, kid, prdc, ms-ssim, memorisation, modes, accuracy, class-score,
    /// ratio [default: fid,kid,prdc; modes for points]
    #[arg(long, value_name = "LIST")]
    metrics: Option<String>,

    /// What the metrics are computed on: inception, inception-768 (or -64, -192, -2048), classifier, random-conv, pixels
    /// [default: inception, the deepest features of the weights; pixels for points]
    #[arg(long, value_name = "NAME")]
    features: Option<String>,

    /// The weights of the FID's Inception network [default: found in GANYMEDE_DATA or in the cache]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// Samples of either side
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    n: usize,

    /// The held-out log-likelihood of a VAE in nats a sample, bounded with K importance samples, instead of other metrics
    #[arg(long, value_name = "K", conflicts_with_all = ["metrics", "features", "weights", "reference", "allow_few", "extrapolate"])]
    iwae: Option<usize>,

    /// A picture of the generated samples that the ratio takes for least real; for --metrics ratio
    #[arg(long, value_name = "FILE", conflicts_with = "iwae")]
    worst: Option<PathBuf>,

    /// Seed of subsets, resamples and pairs
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Computes the FID also from fewer samples than the features have dimensions
    #[arg(long)]
    allow_few: bool,

    /// Extrapolates the FID to infinitely many samples
    #[arg(long)]
    extrapolate: bool,

    /// Writes the metric card: every figure with every choice that it depends on
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(k) = arguments.iwae {
        return iwae::run(arguments, k);
    }
    let device = Device::flex();
    // what is measured alone is compared with the rest of itself: the test part with the training part
    let test = OpenOptions { split: Split::Test, ..OpenOptions::default() };
    let subject = match &arguments.reference {
        None => Subject::open(&arguments.subject, &test, &device),
        Some(_) => Subject::open(&arguments.subject, &OpenOptions::default(), &device),
    }?;
    let reference = reference(arguments, &subject, &device)?;
    let options = options(arguments, &reference)?;
    let bar = ProgressBar::new(0).with_style(bar_style());
    let show = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    bar.set_message("training a classifier");
    let extractor = extractor(arguments, &options, &subject, &reference, &show)?;

    let cache = cache::directory();
    let train = |samples: &Samples| Classifier::train(samples, cache.as_deref(), &show);
    let judge = match options.metrics.iter().any(|metric| metric.needs_judge()) {
        true => Some(train(&labelled(arguments, &subject)?)?),
        false => None,
    };
    let channel_judge = match options.metrics.contains(&Metric::Modes) {
        true => channels(arguments, &subject)?.as_ref().map(train).transpose()?,
        false => None,
    };

    bar.set_message("drawing samples");
    let fake = subject.samples(options.n, options.seed)?;
    let real = reference.samples(options.n, options.seed)?;
    let training = match subject.config().filter(|_| options.metrics.contains(&Metric::Memorisation)) {
        Some(config) => Some(Subject::open(&config.data, &of_run(config, Split::Train), &device)?),
        None => None,
    };
    let seen = training.as_ref().map(|training| training.samples(options.n, options.seed)).transpose()?;
    bar.set_message(format!("extracting {}", extractor.name()));
    let sides = Sides {
        subject: (subject.name(), &fake),
        reference: (reference.name(), &real),
        training: training.as_ref().map(Subject::name).zip(seen.as_ref()),
        density: reference.dataset().and_then(Dataset::density),
        judge: judge.as_ref().map(|classifier| Judge { classifier, classes: subject.classes() }),
        channel_judge: channel_judge.as_ref(),
    };
    let card = evaluate(sides, &*extractor, &options, cache.as_deref(), &show);
    bar.finish_and_clear();
    let card = Card { step: subject.step(), ..card? };

    print(&card)?;
    if let Some(path) = &arguments.worst {
        save_worst(&card, &fake, path)?;
    }
    write(arguments, &card)
}

/// What to measure against where it is not named.
fn reference(arguments: &Arguments, subject: &Subject, device: &Device) -> Result<Subject, Failure> {
    let opened = match (&arguments.reference, subject.config()) {
        (Some(reference), config) => {
            let options = config.map_or_else(OpenOptions::default, |config| of_run(config, Split::Train));
            Subject::open(reference, &options, device)
        }
        (None, Some(config)) => held_out(config, device),
        (None, None) => Subject::open(&arguments.subject, &OpenOptions::default(), device),
    };
    let opened = opened?;
    match opened.dataset() {
        Some(_) => Ok(opened),
        None => Err(Failure::usage("a generator is no reference", "name data to measure against")),
    }
}

/// The part of the run's data that was kept from the training; all of them where there is none, as of a folder.
fn held_out(config: &Config, device: &Device) -> Result<Subject, Error> {
    Subject::open(&config.data, &of_run(config, Split::Test), device)
        .or_else(|_| Subject::open(&config.data, &of_run(config, Split::Train), device))
}

/// The data as the run had them.
fn of_run(config: &Config, split: Split) -> OpenOptions<'static> {
    OpenOptions { split, ..config.open_options() }
}

/// The samples of the lowest ratio, the least real first.
fn save_worst(card: &Card, fake: &Samples, path: &Path) -> Result<(), Failure> {
    const COLUMNS: usize = 8;
    let numbers = card.results.get("ratio").and_then(|measured| measured.details.get("least_real")?.as_array());
    let numbers = numbers.into_iter().flatten().filter_map(|number| usize::try_from(number.as_u64()?).ok());
    let worst = fake.select(&numbers.collect::<Vec<_>>())?;
    picture::save_png(&picture::of_samples(&worst.tensor(&Device::flex()), COLUMNS)?, path)?;
    Ok(writeln!(io::stdout(), "least real in {}", style(path.display()).bold())?)
}

fn are_points(subject: &Subject) -> bool {
    subject.dataset().is_some_and(|dataset| dataset.shape() == [2, 1, 1])
}

fn options(arguments: &Arguments, reference: &Subject) -> Result<EvaluationOptions, Failure> {
    let mut options = EvaluationOptions { n: arguments.n, seed: Seed(arguments.seed), ..EvaluationOptions::default() };
    match &arguments.metrics {
        Some(list) => options.metrics = Metric::parse_list(list)?,
        None if are_points(reference) => options.metrics = vec![Metric::Modes],
        None => {}
    }
    if arguments.worst.is_some() && !options.metrics.contains(&Metric::Ratio) {
        return Err(Failure::usage(
            "--worst shows what the ratio finds, and it is not asked for",
            "add --metrics ratio",
        ));
    }
    options.frechet.seed = options.seed;
    options.ratio.seed = options.seed;
    options.kernel.seed = options.seed;
    options.frechet.allow_few = arguments.allow_few;
    options.frechet.extrapolate = arguments.extrapolate;
    Ok(options)
}

fn extractor(
    arguments: &Arguments,
    options: &EvaluationOptions,
    subject: &Subject,
    reference: &Subject,
    progress: ExtractionProgress,
) -> Result<Box<dyn Extractor>, Failure> {
    let needed = options.metrics.iter().any(|metric| metric.needs_features());
    let name = match &arguments.features {
        Some(name) => name.as_str(),
        None if !needed || are_points(reference) => "pixels",
        None => "inception",
    };
    let labelled = if name == "classifier" { Some(labelled(arguments, subject)?) } else { None };
    let cache = cache::directory();
    let weights = arguments.weights.as_deref();
    let options =
        OpenFeatures { weights, labelled: labelled.as_ref(), cache: cache.as_deref(), progress: Some(progress) };
    Ok(features::open(name, &options)?)
}

/// The training part of the data that is measured against.
fn labelled(arguments: &Arguments, subject: &Subject) -> Result<Samples, Failure> {
    Ok(training(arguments, subject)?.samples(usize::MAX, Seed(arguments.seed))?)
}

/// What each channel of those data is a sample of, where that is known.
fn channels(arguments: &Arguments, subject: &Subject) -> Result<Option<Samples>, Failure> {
    let training = training(arguments, subject)?;
    let channels = training.dataset().and_then(Dataset::channels);
    let samples = channels.map(|channels| Samples::of_dataset(channels, usize::MAX, Seed(arguments.seed)));
    Ok(samples.transpose()?)
}

fn training(arguments: &Arguments, subject: &Subject) -> Result<Subject, Failure> {
    let (source, options) = match (&arguments.reference, subject.config()) {
        (Some(reference), Some(config)) => (reference, of_run(config, Split::Train)),
        (Some(reference), None) => (reference, OpenOptions::default()),
        (None, Some(config)) => (&config.data, of_run(config, Split::Train)),
        (None, None) => (&arguments.subject, OpenOptions::default()),
    };
    Ok(Subject::open(source, &options, &Device::flex())?)
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("  {msg}  {bar:32.magenta/dim} {pos}/{len}  {per_sec}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸━")
}

fn print(card: &Card) -> io::Result<()> {
    let mut out = io::stdout();
    let features = card.features.as_ref().map_or(String::new(), |features| format!(" on {}", features.name));
    writeln!(out, "{} against {}{features}", style(&card.subject.source).bold(), style(&card.reference.source).bold())?;
    let of = |count: usize| counted(count as u64, "sample");
    writeln!(out, "  {} against {}\n", of(card.subject.count), count(card.reference.count as u64))?;
    rows(&mut out, card.results.iter().map(|(name, measured)| (name, shown(measured))))?;
    let seconds = card.seconds.values().sum::<f64>();
    writeln!(out, "\n{}", style(format!("in {}", duration(std::time::Duration::from_secs_f64(seconds)))).dim())
}

/// `12.345   95 % 12.1 .. 12.6   mean_term 1.2`
fn shown(measured: &Measured) -> String {
    let mut text = number(measured.value);
    if let Some([low, high]) = measured.interval {
        text.push_str(&format!("   95 % {} .. {}", number(low), number(high)));
    }
    // a list is for the card
    for (name, value) in measured.details.iter().filter(|(_, value)| !value.is_array()) {
        let value = value.as_f64().filter(|_| value.is_f64()).map_or_else(|| value.to_string(), number);
        text.push_str(&format!("   {name} {value}"));
    }
    text
}

/// To the file that was asked for, and to the run that was measured.
fn write(arguments: &Arguments, card: &Card) -> Result<(), Failure> {
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(card).map_err(io::Error::from)?;
        files::write_atomically(path, format!("{text}\n").as_bytes())?;
        writeln!(io::stdout(), "card in {}", style(path.display()).bold())?;
    }
    let path = PathBuf::from(&arguments.subject);
    let run = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
    match run.map(RunDirectory::at).filter(|_| card.step.is_some()) {
        // a checkpoint may lie anywhere; only a run keeps a record
        Some(directory) if directory.config()?.is_some() => {
            directory.append_metrics(card)?;
            Ok(directory.sync()?)
        }
        _ => Ok(()),
    }
}
