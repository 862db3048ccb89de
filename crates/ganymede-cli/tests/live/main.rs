//! `ganymede lab --live`, as its clients and a browser meet it.

mod browser;
mod client;
mod game;
mod page;
mod serving;
