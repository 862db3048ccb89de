//! What clients say, and what they are told.
//!
//! ```text
//! client -> {"do": "start" | "pause" | "step" | "reset"}   {"do": "set", "settings": {...}}   {"do": "seen"}
//! client <- {"scene": {...}}   {"frame": {...}, "per_second": 30.2, "clients": 3}   {"refused": "..."}
//! ```

use axum::extract::ws::Utf8Bytes;
use ganymede::live::{Frame, Scene, Settings};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// What a client asks for.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    Start,
    Pause,
    Step,
    Reset,
    Set {
        settings: Settings,
    },
    /// A frame has been drawn, so that another may come. It goes no further than the client's own task.
    Seen,
}

/// A command on its way to the conductor, and where its answer goes.
#[derive(Debug)]
pub struct Request {
    pub command: Command,
    pub answer: oneshot::Sender<Result<(), String>>,
}

/// The newest state of the game, as text for every client.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Which scene it is: a client that has another needs this one first.
    pub number: u64,
    pub scene: Utf8Bytes,
    pub frame: Utf8Bytes,
}

#[derive(Serialize)]
pub struct SceneMessage<'a> {
    pub scene: &'a Scene,
}

#[derive(Serialize)]
pub struct FrameMessage<'a> {
    pub frame: &'a Frame,
    /// Frames a second of late.
    pub per_second: f64,
    pub clients: usize,
}

#[derive(Serialize)]
pub struct RefusedMessage<'a> {
    pub refused: &'a str,
}

/// JSON of a message; these hold no map whose keys could fail.
pub fn text(message: &impl Serialize) -> Utf8Bytes {
    serde_json::to_string(message).unwrap_or_default().into()
}
