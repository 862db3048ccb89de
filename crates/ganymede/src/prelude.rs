//! What a program that trains needs in scope.

pub use burn::tensor::Device;

pub use crate::{
    Config, Signal,
    networks::{Discriminator, Generator, Mode, Pass},
    sampling::Sampler,
    training::{Game, GameSettings, Learner, Observer, Outcome, Progress, RunDirectory, Trainer},
};
