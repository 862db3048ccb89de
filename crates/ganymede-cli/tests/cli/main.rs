//! The binary, used as its users do.

mod bad_input;
mod evaluating;
mod help;
mod place;
mod sampling;
mod training;
