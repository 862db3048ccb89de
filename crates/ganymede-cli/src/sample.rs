//! `ganymede sample RUN_OR_FILE`

mod array;
mod grid_size;
mod interpolate;
mod neighbours;
mod refine;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use console::style;
use ganymede::{
    Error,
    density_ratio::Method,
    device, picture,
    sampling::{self, Sampler},
};

use self::grid_size::GridSize;
use crate::{
    failure::Failure,
    seeds::Seeds,
    style::{counted, rows, shape},
    threads,
};

/// One picture of more images than this is of no use to anyone.
const MOST_IN_A_GRID: usize = 10_000;
const IMAGES: u64 = 64;
const POINTS: u64 = 2000;
/// How many with their neighbours beside them.
const IN_COMPANY: u64 = 16;
/// How many of each class, where all are asked for.
const A_CLASS: u64 = 10;
/// What stands for every class.
const ALL: &str = "all";
/// Single images are generated and written this many at a time.
const CHUNK: usize = 256;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ganymede sample runs/00000-shapes-non-saturating
  ganymede sample runs/00000-shapes-non-saturating --seeds 0-15,20 --trunc 0.7 --out some.png
  ganymede sample runs/00000-shapes-non-saturating --grid 12x8 --out sheet.png
  ganymede sample runs/00000-shapes-non-saturating --neighbours 5    the training images that are nearest, beside each sample
  ganymede sample runs/00000-shapes-non-saturating --n 10000 --out samples.npy
  ganymede sample runs/00000-fashion-mnist-non-saturating --best     of a run that was trained with --metrics
  ganymede sample runs/00000-shapes-non-saturating/checkpoint-003000.safetensors --n 1000 --single --out samples/
  ganymede sample runs/00000-fashion-mnist-non-saturating --class all --seeds 0-9
  ganymede sample runs/00000-fashion-mnist-non-saturating --refine reject --n 64
  ganymede sample runs/00000-fashion-mnist-non-saturating --seeds 0-5 --interpolate 24 --out walk.gif
  ganymede sample runs/00000-fashion-mnist-non-saturating --seeds 0-5 --interpolate 24 --single --out frames/

The same seed is the same latent in every model with as many latent dimensions.")]
pub struct Arguments {
    /// A run directory (its newest checkpoint) or a checkpoint file
    #[arg(value_name = "RUN_OR_FILE")]
    model: PathBuf,

    /// From the best checkpoint of the run instead of its newest, by the metrics that it was trained with
    #[arg(long)]
    best: bool,

    /// How many: seeds 0 to N-1 [default: 64, 16 with --neighbours, or 2000 points]
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    n: Option<u64>,

    /// Which seeds, for example 0-15,20
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    seeds: Option<Seeds>,

    /// A class by name or number, or all for each of them, one class a row; for models trained with --conditional
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,

    /// Takes the latents towards their mean, which is 0, by this factor: below 1 samples are more alike and more typical
    #[arg(
        long,
        visible_alias = "truncation",
        value_name = "PSI",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    trunc: f64,

    /// The picture, or with --single the directory; a name that ends in .npy takes the samples as numpy.load reads them, 32-bit
    /// floats [N, C, H, W] as the generator gives them: images in [-1, 1], of r3gan about so [default: samples.png, or samples/,
    /// in the run]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,

    /// One file an image at its own size, seed0000.png and on, instead of a grid; with --interpolate one file a frame,
    /// frame0000.png and on, as an animation would show it
    #[arg(long)]
    single: bool,

    /// Walks between the seeds, or with several classes (--class 3,5 or all) between these, in N steps: a grid, or an
    /// animation where --out ends in .gif or .apng
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "8", conflicts_with_all = ["columns", "grid"])]
    interpolate: Option<usize>,

    /// Only samples that a discriminator, trained afresh against this generator, accepts: reject (by rejection), or mh[:STEPS]
    /// (the end of a chain of STEPS proposals, 100). It is trained once, for minutes, and kept beside the run
    #[arg(long, value_name = "HOW", conflicts_with_all = ["seeds", "class", "interpolate"])]
    refine: Option<String>,

    /// Samples a row [default: as many as make the grid square]
    #[arg(long, value_name = "N", conflicts_with = "single")]
    columns: Option<usize>,

    /// Samples a row and rows, as 12x8, or one number for both: as many samples as that, or the seeds named
    #[arg(long, value_name = "COLUMNSxROWS", conflicts_with_all = ["single", "columns"])]
    grid: Option<GridSize>,

    /// To the right of each sample the K images of the training data that are nearest to it, by the root of the mean squared
    /// difference of their pixels: does the generator make something of its own, or what it was shown?
    #[arg(long, value_name = "K", conflicts_with_all = ["single", "interpolate"])]
    neighbours: Option<usize>,

    /// The device: cpu, cuda:N or wgpu; the last two in builds with the cargo feature of that name
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if !(arguments.trunc.is_finite() && arguments.trunc >= 0.0) {
        return Err(Error::setting("trunc", "a number from 0", arguments.trunc).into());
    }
    let whole = |count: Option<usize>| count.map(|count| count as u64);
    for (name, count) in
        [("n", arguments.n), ("columns", whole(arguments.columns)), ("neighbours", whole(arguments.neighbours))]
    {
        if count == Some(0) {
            return Err(Error::setting(name, "a whole number from 1", 0).into());
        }
    }
    let method = arguments.refine.as_deref().map(str::parse::<Method>).transpose()?;
    threads::start(None)?;
    let model = if arguments.best { sampling::best_checkpoint(&arguments.model)?.0 } else { arguments.model.clone() };
    let sampler = Sampler::open(&model, &device::parse(&arguments.device)?)?;
    if let Some(steps) = arguments.interpolate {
        return interpolate::run(arguments, &sampler, steps);
    }
    let classes = classes(arguments, &sampler)?;
    check_form(arguments, &sampler, classes.as_deref())?;
    let seeds = seeds(arguments, &sampler, classes.as_deref())?;
    let seeds = match method {
        Some(method) => refine::seeds(arguments, method, &model, &sampler, seeds.len() as u64)?,
        None => seeds,
    };
    let write = match arguments {
        Arguments { single: true, .. } => write_single,
        Arguments { neighbours: Some(_), .. } => neighbours::write,
        Arguments { out: Some(out), .. } if array::is_asked_for(out) => array::write,
        _ => write_grid,
    };
    let written = write(arguments, &sampler, &seeds, classes.as_deref())?;
    let count = seeds.len() * classes.as_ref().map_or(1, Vec::len);
    let what = format!("{} of {}", counted(count as u64, "sample"), shape(sampler.data.shape));
    let mut out = io::stdout();
    writeln!(out, "{} {what} after {}", style("done").green().bold(), counted(sampler.step.0, "step"))?;
    rows(&mut out, [("written to", style(written.display()).bold())])?;
    Ok(())
}

/// # Errors
/// A wrong usage where the form of what is to be written does not go together with what it is.
fn check_form(arguments: &Arguments, sampler: &Sampler, classes: Option<&[usize]>) -> Result<(), Failure> {
    let Arguments { grid, neighbours, columns, single, .. } = arguments;
    let is_array = !single && arguments.out.as_deref().is_some_and(array::is_asked_for);
    if is_array && (grid.is_some() || neighbours.is_some() || columns.is_some()) {
        return Err(Failure::usage("numbers in a .npy file have no rows and no company", "give --n or --seeds alone"));
    }
    if is_points(sampler) && (grid.is_some() || neighbours.is_some()) {
        return Err(Failure::usage("points of the plane are one plot, without rows or neighbours", "leave these out"));
    }
    if grid.is_some() && classes.is_some_and(|classes| classes.len() > 1) {
        return Err(Failure::usage("each class begins a row of its own", "say with --n how many of each, not --grid"));
    }
    Ok(())
}

/// The classes that were asked for.
fn classes(arguments: &Arguments, sampler: &Sampler) -> Result<Option<Vec<usize>>, Failure> {
    match (arguments.class.as_deref(), sampler.classes()) {
        (None, _) => Ok(None),
        (Some(ALL), Some(classes)) => Ok(Some((0..classes).collect())),
        (Some(class), _) => Ok(Some(vec![sampler.class(class)?])),
    }
}

fn seeds(arguments: &Arguments, sampler: &Sampler, classes: Option<&[usize]>) -> Result<Vec<u64>, Failure> {
    let seeds = match (&arguments.seeds, arguments.n) {
        (Some(Seeds(seeds)), _) => seeds.clone(),
        (None, Some(n)) => first_seeds(n)?,
        (None, None) if arguments.grid.is_some() => (0..arguments.grid.map_or(0, GridSize::cells)).collect(),
        (None, None) if is_points(sampler) => (0..POINTS).collect(),
        (None, None) if classes.is_some_and(|classes| classes.len() > 1) => (0..A_CLASS).collect(),
        (None, None) if arguments.neighbours.is_some() => (0..IN_COMPANY).collect(),
        (None, None) => (0..IMAGES).collect(),
    };
    if let Some(grid) = arguments.grid.filter(|grid| grid.cells() != seeds.len() as u64) {
        let message = format!("a grid of {grid} holds {} samples, and {} are asked for", grid.cells(), seeds.len());
        return Err(Failure::usage(message, "make the two agree, or leave --n and --seeds out"));
    }
    let each = arguments.neighbours.map_or(1, |count| count.saturating_add(1));
    let images = (seeds.len() * classes.map_or(1, <[usize]>::len)).saturating_mul(each);
    let is_picture = !arguments.single && !arguments.out.as_deref().is_some_and(array::is_asked_for);
    if is_picture && !is_points(sampler) && images > MOST_IN_A_GRID {
        let message = format!("{images} images are too many for one picture, which holds {MOST_IN_A_GRID}");
        return Err(Failure::usage(message, "add --single for a file each, or name fewer"));
    }
    Ok(seeds)
}

/// The seeds 0 to n - 1; as many as a list may name.
fn first_seeds(n: u64) -> Result<Vec<u64>, Failure> {
    let Seeds(seeds) =
        format!("0-{}", n.saturating_sub(1)).parse().map_err(|error: String| Failure::usage(error, "lower --n"))?;
    Ok(seeds)
}

/// Each of the seeds in each of the classes.
fn in_classes(seeds: &[u64], classes: &[usize]) -> (Vec<u64>, Vec<usize>) {
    classes.iter().flat_map(|class| seeds.iter().map(move |seed| (*seed, *class))).unzip()
}

/// As [`in_classes`], or the seeds alone where no classes are asked for.
fn with_classes(seeds: &[u64], classes: Option<&[usize]>) -> (Vec<u64>, Option<Vec<usize>>) {
    match classes {
        Some(classes) => {
            let (seeds, labels) = in_classes(seeds, classes);
            (seeds, Some(labels))
        }
        None => (seeds.to_vec(), None),
    }
}

fn write_grid(
    arguments: &Arguments,
    sampler: &Sampler,
    seeds: &[u64],
    classes: Option<&[usize]>,
) -> Result<PathBuf, Failure> {
    let path = arguments.out.clone().unwrap_or_else(|| beside(&arguments.model, "samples.png"));
    let grid = match classes {
        Some(classes) if classes.len() > 1 && !is_points(sampler) => {
            let (seeds, labels) = in_classes(seeds, classes);
            let columns = arguments.columns.unwrap_or(seeds.len() / classes.len());
            let samples = sampler.sample(&seeds, Some(&labels), arguments.trunc)?;
            let names: Vec<&str> = classes.iter().map(|class| sampler.data.classes[*class].as_str()).collect();
            picture::named_rows(&picture::of_groups(&samples, classes.len(), columns)?, &names)
        }
        classes => {
            let labels = classes.and_then(<[usize]>::first).map(|class| vec![*class; seeds.len()]);
            let samples = sampler.sample(seeds, labels.as_deref(), arguments.trunc)?;
            let square = (seeds.len() as f64).sqrt().ceil() as usize;
            picture::of_samples(&samples, columns(arguments).unwrap_or(square))?
        }
    };
    picture::save_png(&grid, &path)?;
    Ok(path)
}

/// How many samples a row were asked for.
fn columns(arguments: &Arguments) -> Option<usize> {
    arguments.columns.or(arguments.grid.map(|grid| grid.columns))
}

fn write_single(
    arguments: &Arguments,
    sampler: &Sampler,
    seeds: &[u64],
    classes: Option<&[usize]>,
) -> Result<PathBuf, Failure> {
    if is_points(sampler) {
        return Err(Failure::usage("a point of the plane is no picture of its own", "leave --single out for a plot"));
    }
    let directory = arguments.out.clone().unwrap_or_else(|| beside(&arguments.model, "samples"));
    std::fs::create_dir_all(&directory).map_err(Error::io("create", &directory))?;
    let (seeds, labels) = with_classes(seeds, classes);
    let several = classes.is_some_and(|classes| classes.len() > 1);
    for start in (0..seeds.len()).step_by(CHUNK) {
        let chunk = start..seeds.len().min(start + CHUNK);
        let labels = labels.as_ref().map(|labels| &labels[chunk.clone()]);
        let samples = sampler.sample(&seeds[chunk.clone()], labels, arguments.trunc)?;
        for (index, seed) in seeds[chunk].iter().enumerate() {
            let class = labels.filter(|_| several).map_or(String::new(), |labels| format!("class{}-", labels[index]));
            let path = directory.join(format!("{class}seed{seed:04}.png"));
            picture::save_png(&picture::of_one(&samples, index)?, &path)?;
        }
    }
    Ok(directory)
}

fn is_points(sampler: &Sampler) -> bool {
    sampler.data.shape == [2, 1, 1]
}

/// In the run directory, or in that of the checkpoint.
fn beside(model: &Path, name: &str) -> PathBuf {
    if model.is_dir() { model.join(name) } else { model.with_file_name(name) }
}
