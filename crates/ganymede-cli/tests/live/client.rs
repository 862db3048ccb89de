//! A client of the game that is no browser.

use std::{net::TcpStream, time::Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client::client};

use crate::game::{Game, PATIENCE};

pub struct Client(WebSocket<TcpStream>);

impl Client {
    pub fn join(game: &Game) -> Self {
        let (socket, _) = client(format!("ws://{}/play", game.host()), game.connect()).unwrap();
        Client(socket)
    }

    pub fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string());
    }

    pub fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    /// The next message, or nothing once the server has said goodbye.
    pub fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(tungstenite::Error::ConnectionClosed) => return None,
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The next message that has `part`; frames on the way are answered.
    pub fn until(&mut self, part: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "no {part} comes");
            let mut message = self.next().unwrap_or_else(|| panic!("the server left before a {part}"));
            if message.get("frame").is_some() {
                self.say(&json!({ "do": "seen" }));
            }
            if let Some(part) = message.get_mut(part) {
                return part.take();
            }
        }
    }

    /// The first frame from now on for which `holds`.
    pub fn until_frame(&mut self, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let frame = self.until("frame");
            assert!(Instant::now() < deadline, "no such frame comes; the last is of step {}", frame["step"]);
            if holds(&frame) {
                return frame;
            }
        }
    }

    /// Asks for these settings, the others being the usual ones.
    pub fn set(&mut self, settings: Value) {
        self.say(&json!({ "do": "set", "settings": settings }));
    }
}
