//! `ganymede sample --interpolate`: walks between latents or between classes, as a grid or as an animation.

use std::{
    io::{self, Write},
    path::Path,
};

use console::style;
use ganymede::{
    Error,
    interpolation::Stop,
    picture,
    sampling::{Sampler, in_turn},
};

use super::{ALL, Arguments, MOST_IN_A_GRID, beside, first_seeds, is_points};
use crate::{
    failure::Failure,
    seeds::Seeds,
    style::{counted, rows},
};

/// How many seeds a walk passes through, or with classes is walked from, where none are named.
const SEEDS: u64 = 6;

pub fn run(arguments: &Arguments, sampler: &Sampler, steps: usize) -> Result<(), Failure> {
    if steps < 2 {
        return Err(Error::setting("interpolate", "a whole number from 2", steps).into());
    }
    if is_points(sampler) {
        return Err(Failure::usage("a point of the plane is no picture of its own", "walk through pictures"));
    }
    let name = if arguments.single { "walk" } else { "walk.png" };
    let path = arguments.out.clone().unwrap_or_else(|| beside(&arguments.model, name));
    let moves = arguments.single || path.extension().is_some_and(|extension| !extension.eq_ignore_ascii_case("png"));
    let walks = walks(arguments, sampler, moves)?;
    fits(walks.iter().map(|stops| stops.len() - 1).sum::<usize>().saturating_mul(steps))?;
    let written = if moves {
        animate(arguments, sampler, &walks, steps, &path)
    } else {
        draw(arguments, sampler, &walks, steps, &path)
    };
    let frames = written?;
    let mut out = io::stdout();
    writeln!(
        out,
        "{} a walk of {} after {}",
        style("done").green().bold(),
        counted(frames, "picture"),
        counted(sampler.step.0, "step")
    )?;
    rows(&mut out, [("written to", style(path.display()).bold())])?;
    Ok(())
}

/// # Errors
/// A wrong usage where a walk of that many images is too long to be of use.
fn fits(images: usize) -> Result<(), Failure> {
    if images <= MOST_IN_A_GRID {
        return Ok(());
    }
    let message = format!("{images} images are too many for one walk, which holds {MOST_IN_A_GRID}");
    Err(Failure::usage(message, "name fewer seeds, classes or steps"))
}

/// The walks side by side: one through all the seeds, or one a seed through all the classes. What moves comes back to where
/// it began.
fn walks(arguments: &Arguments, sampler: &Sampler, closed: bool) -> Result<Vec<Vec<Stop>>, Failure> {
    let seeds = match (&arguments.seeds, arguments.n) {
        (Some(Seeds(seeds)), _) => seeds.clone(),
        (None, n) => first_seeds(n.unwrap_or(SEEDS))?,
    };
    let classes = classes(arguments, sampler)?;
    fits(seeds.len().saturating_mul(classes.as_ref().map_or(1, Vec::len)))?;
    let mut walks: Vec<Vec<Stop>> = match &classes {
        Some(classes) if classes.len() > 1 => {
            let through = |seed: &u64| classes.iter().map(|class| Stop { seed: *seed, class: Some(*class) }).collect();
            seeds.iter().map(through).collect()
        }
        classes => {
            let class = match (classes, sampler.classes()) {
                (Some(classes), _) => classes.first().copied().map(|class| vec![class; seeds.len()]),
                (None, Some(classes)) => Some(in_turn(&seeds, classes)),
                (None, None) => None,
            };
            let stop = |(place, seed): (usize, &u64)| Stop { seed: *seed, class: class.as_ref().map(|c| c[place]) };
            vec![seeds.iter().enumerate().map(stop).collect()]
        }
    };
    if walks.iter().any(|stops| stops.len() < 2) {
        return Err(Failure::usage("a walk needs two stops", "name two seeds or more, as in --seeds 0-3"));
    }
    if closed {
        for stops in &mut walks {
            stops.extend(stops.first().copied());
        }
    }
    Ok(walks)
}

fn classes(arguments: &Arguments, sampler: &Sampler) -> Result<Option<Vec<usize>>, Failure> {
    match (arguments.class.as_deref(), sampler.classes()) {
        (None, _) => Ok(None),
        (Some(ALL), Some(classes)) => Ok(Some((0..classes).collect())),
        (Some(list), _) => {
            Ok(Some(list.split(',').map(|class| sampler.class(class.trim())).collect::<Result<_, _>>()?))
        }
    }
}

/// A row for each way from stop to stop, both ends on it; a walk between classes is one row.
fn draw(
    arguments: &Arguments,
    sampler: &Sampler,
    walks: &[Vec<Stop>],
    steps: usize,
    path: &Path,
) -> Result<u64, Failure> {
    let shares: Vec<f64> = (0..steps).map(|step| step as f64 / (steps - 1) as f64).collect();
    let mut grids = Vec::new();
    let mut images = 0;
    for stops in walks {
        let samples = sampler.walk(stops, &shares, arguments.trunc)?;
        images += samples.dims()[0];
        grids.push(samples);
    }
    let columns = if walks.len() > 1 { images / walks.len() } else { steps };
    let samples = picture::of_samples(&picture::together(grids), columns)?;
    picture::save_png(&samples, path)?;
    Ok(images as u64)
}

/// Frame by frame, all walks in each.
fn animate(
    arguments: &Arguments,
    sampler: &Sampler,
    walks: &[Vec<Stop>],
    steps: usize,
    path: &Path,
) -> Result<u64, Failure> {
    let shares: Vec<f64> = (0..steps).map(|step| step as f64 / steps as f64).collect();
    let samples: Vec<_> =
        walks.iter().map(|stops| sampler.walk(stops, &shares, arguments.trunc)).collect::<Result<_, _>>()?;
    let columns = (walks.len() as f64).sqrt().ceil() as usize;
    let count = samples.first().map_or(0, |samples| samples.dims()[0]);
    let frame = |index: usize| {
        let shown = samples.iter().map(|samples| samples.clone().narrow(0, index, 1)).collect();
        picture::of_samples(&picture::together(shown), columns)
    };
    if arguments.single {
        std::fs::create_dir_all(path).map_err(Error::io("create", path))?;
        for index in 0..count {
            picture::save_png(&frame(index)?, &path.join(format!("frame{index:04}.png")))?;
        }
    } else {
        picture::save_animation(&(0..count).map(frame).collect::<Result<Vec<_>, _>>()?, path)?;
    }
    Ok(count as u64)
}
