//! `ganymede lab --live`: a page on this machine where a game is played in front of one.
//!
//! ```text
//! this thread     the conductor: the library's Session, the only one there is; takes requests, publishes frames
//! a second one    the server: tokio and axum, on loopback alone; a task a client
//! ```
//! All clients look at one game, and each may change it: the game is what there is to see, computing it costs the same for
//! one client as for sixty, and a page that is loaded again finds it where it was.

mod client;
mod conductor;
mod messages;
mod page;
mod server;

use std::{
    io::{self, Write},
    net::{Ipv4Addr, TcpListener},
};

use ganymede::live::{Session, Settings};

use self::{conductor::Conductor, server::Hub};
use crate::{failure::Failure, interrupt, threads};

/// Where the page is when nobody asks for another port and none has it yet.
const PORT: u16 = 8017;

/// Serves the page until Ctrl-C, on `port` or on one of its own choice.
pub fn run(port: Option<u16>) -> Result<(), Failure> {
    threads::start(None)?;
    interrupt::watch();
    let listener = listen(port)?;
    let address = listener.local_addr()?;
    let (conductor, stage) = Conductor::new(Session::new(Settings::default())?)?;
    let (end, ended) = tokio::sync::watch::channel(false);
    let hub = Hub::new(stage, ended);
    let server = std::thread::Builder::new().name("live-server".into()).spawn(move || server::run(listener, hub))?;
    let mut out = io::stdout();
    writeln!(out, "live view: http://{address}/\nopen it in a browser on this machine; Ctrl-C ends it")?;
    out.flush()?;
    let played = conductor.run();
    // nobody to tell where the server has gone first
    let _ = end.send(true);
    match server.join() {
        Ok(served) => played.and(served.map_err(Failure::from)),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// The port that was asked for, or else the usual one, or else any that is free.
fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = match port {
        Some(port) => bind(port),
        None => bind(PORT).or_else(|_| bind(0)),
    };
    let refused = |error| {
        let message = format!("cannot listen on 127.0.0.1:{}: {error}", port.unwrap_or(PORT));
        Failure::usage(message, "choose another port with --port, or 0 for any that is free")
    };
    listener.and_then(|listener| listener.set_nonblocking(true).map(|()| listener)).map_err(refused)
}
