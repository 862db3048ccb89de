//! The binary, used as its users do.

mod bad_input;
mod comparing;
mod data;
mod diagnosing;
mod evaluating;
mod help;
mod lab;
mod measuring;
mod place;
mod sampling;
mod surviving;
mod training;
