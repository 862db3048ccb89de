//! One client: it is sent the newest frame whenever it has drawn one, and its commands are passed on.
//!
//! ```text
//! credit 2     a frame sent takes one, {"do": "seen"} gives one back
//! ```
//! So at most two frames are under way to a client, however slow it is; what it misses is never kept. A client that has
//! stalled is sent nothing, and one that takes nothing off its connection for [`PATIENCE`] is let go.

use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use tokio::sync::oneshot;

use super::{
    messages::{Command, RefusedMessage, Request, text},
    server::Hub,
};

/// Frames on their way to a client, at most.
const CREDIT: usize = 2;
/// How long sending a message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Until either side ends it.
pub async fn attend(mut socket: WebSocket, mut hub: Hub) {
    let mut shown = hub.stage.shown.subscribe();
    shown.mark_changed();
    let (mut credit, mut scene) = (CREDIT, None);
    loop {
        tokio::select! {
            changed = shown.changed(), if credit > 0 => {
                if changed.is_err() {
                    return;
                }
                let newest = shown.borrow_and_update().clone();
                if scene != Some(newest.number) && !send(&mut socket, newest.scene).await {
                    return;
                }
                if !send(&mut socket, newest.frame).await {
                    return;
                }
                (credit, scene) = (credit - 1, Some(newest.number));
            }
            said = socket.recv() => {
                let refused = match said {
                    Some(Ok(Message::Text(said))) => match serde_json::from_str(&said) {
                        Ok(Command::Seen) => {
                            credit = (credit + 1).min(CREDIT);
                            None
                        }
                        Ok(command) => ask(&hub, command).await.err(),
                        Err(error) => Some(format!("not understood: {error}")),
                    },
                    Some(Ok(Message::Binary(_))) => Some("not understood: expected text".into()),
                    // the connection answers pings by itself
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => None,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                };
                if let Some(refused) = refused
                    && !send(&mut socket, text(&RefusedMessage { refused: &refused })).await
                {
                    return;
                }
            }
            _ = hub.ended.changed() => {
                // a client that is gone already needs no farewell
                let _ = tokio::time::timeout(PATIENCE, socket.send(Message::Close(None))).await;
                return;
            }
        }
    }
}

/// Has the conductor do it.
async fn ask(hub: &Hub, command: Command) -> Result<(), String> {
    let (answer, answered) = oneshot::channel();
    let busy = |_| "too many requests at once; try again".to_owned();
    hub.stage.requests.try_send(Request { command, answer }).map_err(busy)?;
    answered.await.unwrap_or_else(|_| Err("the game has ended".into()))
}

/// Whether the client took it in time.
async fn send(socket: &mut WebSocket, text: Utf8Bytes) -> bool {
    matches!(tokio::time::timeout(PATIENCE, socket.send(Message::Text(text))).await, Ok(Ok(())))
}
