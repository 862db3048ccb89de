//! `ganymede sample --neighbours K`: samples, each with the training images that are nearest to it.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use console::style;
use ganymede::{
    data::{self, Dataset},
    features::Samples,
    neighbours::{Neighbour, nearest},
    picture,
    sampling::Sampler,
};

use super::{Arguments, beside, columns, with_classes};
use crate::{
    failure::Failure,
    style::{number, rows},
};

pub fn write(
    arguments: &Arguments,
    sampler: &Sampler,
    seeds: &[u64],
    classes: Option<&[usize]>,
) -> Result<PathBuf, Failure> {
    let path = arguments.out.clone().unwrap_or_else(|| beside(&arguments.model, "neighbours.png"));
    let count = arguments.neighbours.unwrap_or(1);
    let config = &sampler.config;
    let dataset = data::open(&config.data, &config.open_options())?;
    let (seeds, labels) = with_classes(seeds, classes);
    let samples = sampler.sample(&seeds, labels.as_deref(), arguments.trunc)?;
    let found = nearest(&Samples::of_tensor(samples.clone(), None)?, &*dataset, count)?;
    let company = read(&*dataset, &found)?.tensor(&samples.device());
    let square = (seeds.len() as f64 / (count + 1) as f64).sqrt().ceil() as usize;
    picture::save_png(&picture::in_company(&samples, &company, columns(arguments).unwrap_or(square))?, &path)?;
    print(&found, &seeds, &*dataset)?;
    Ok(path)
}

fn read(dataset: &dyn Dataset, found: &[Vec<Neighbour>]) -> Result<Samples, Failure> {
    let size = dataset.shape().iter().product();
    let mut values = vec![0.0; found.iter().map(Vec::len).sum::<usize>() * size];
    for (out, neighbour) in values.chunks_exact_mut(size).zip(found.iter().flatten()) {
        dataset.read(neighbour.index, out)?;
    }
    Ok(Samples::new(values, dataset.shape(), None)?)
}

fn print(found: &[Vec<Neighbour>], seeds: &[u64], dataset: &dyn Dataset) -> io::Result<()> {
    let first: Vec<(f64, u64)> =
        found.iter().zip(seeds).filter_map(|(found, seed)| Some((found.first()?.distance, *seed))).collect();
    let mean = first.iter().map(|(distance, _)| distance).sum::<f64>() / first.len().max(1) as f64;
    let mut out = io::stdout();
    let sentence = format!("of {} in '{}'", dataset.len(), dataset.name());
    writeln!(out, "{} {sentence}", style("nearest").bold())?;
    let by_distance = |a: &&(f64, u64), b: &&(f64, u64)| a.0.total_cmp(&b.0);
    let end = |end: Option<&(f64, u64)>| end.map_or(String::new(), |(d, seed)| format!("{}, seed {seed}", number(*d)));
    rows(
        &mut out,
        [
            ("on average", format!("{} away, where 0 is the same and 2 is black against white", number(mean))),
            ("least", end(first.iter().min_by(by_distance))),
            ("most", end(first.iter().max_by(by_distance))),
        ],
    )
}
