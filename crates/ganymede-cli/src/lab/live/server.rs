//! The server: three files and a stream, on loopback, for pages of its own alone.
//!
//! A page from elsewhere cannot reach it: its requests bear another origin, and one that makes its own name resolve to this
//! machine (DNS rebinding) bears that name as host. Both are turned away.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State, WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use tokio::sync::{Semaphore, watch};

use super::{client, conductor::Stage, page};

/// Clients at once. Each is a task and at most two frames under way.
const SEATS: usize = 64;
/// A command is some hundred bytes.
const LARGEST_MESSAGE: usize = 1 << 14;
/// How long clients may take to leave after Ctrl-C.
const FAREWELL: Duration = Duration::from_millis(500);

/// What every connection shares.
#[derive(Debug, Clone)]
pub struct Hub {
    pub stage: Stage,
    /// True once the program ends.
    pub ended: watch::Receiver<bool>,
    seats: Arc<Semaphore>,
}

impl Hub {
    pub fn new(stage: Stage, ended: watch::Receiver<bool>) -> Self {
        Hub { stage, ended, seats: Arc::new(Semaphore::new(SEATS)) }
    }
}

/// Serves until the hub has ended.
pub fn run(listener: TcpListener, hub: Hub) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut ended = hub.ended.clone();
        let serving = axum::serve(listener, router(hub));
        tokio::select! {
            served = serving => served,
            _ = ended.changed() => {
                tokio::time::sleep(FAREWELL / 5).await;
                Ok(())
            }
        }
    });
    runtime.shutdown_timeout(FAREWELL);
    served
}

fn router(hub: Hub) -> Router {
    let files = page::FILES.iter().fold(Router::new(), |router, file| router.route(file.path, get(async move || file)));
    files.route("/play", any(play)).layer(middleware::from_fn(guard)).with_state(hub)
}

async fn play(State(hub): State<Hub>, upgrade: WebSocketUpgrade) -> Response {
    let Ok(seat) = Arc::clone(&hub.seats).try_acquire_owned() else {
        let all_taken = format!("all {SEATS} seats are taken; close a page of the live view");
        return (StatusCode::SERVICE_UNAVAILABLE, all_taken).into_response();
    };
    upgrade.max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE).on_upgrade(async move |socket| {
        client::attend(socket, hub).await;
        drop(seat);
    })
}

/// Lets pages of this server in, and no other.
async fn guard(request: Request, next: Next) -> Response {
    if !is_from_here(request.headers()) {
        let refused = "this page is served to 127.0.0.1 and localhost alone";
        return (StatusCode::FORBIDDEN, refused).into_response();
    }
    let mut response = next.run(request).await;
    let ours = [
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    ours.into_iter()
        .for_each(|(name, value)| drop(response.headers_mut().insert(name, HeaderValue::from_static(value))));
    response
}

/// Whether the host is a name of this machine (a port that is forwarded to it may be another), and the origin, where there
/// is one, a page of that host.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(host) = text(header::HOST) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    let local = ["127.0.0.1", "localhost", "[::1]"].contains(&name);
    local && text(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: Option<&'static str>, origin: Option<&'static str>) -> HeaderMap {
        let named = [(header::HOST, host), (header::ORIGIN, origin)];
        named.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_static(value?)))).collect()
    }

    #[test]
    fn pages_of_this_machine_are_let_in_and_others_are_not() {
        for host in ["127.0.0.1:8017", "localhost:8017", "localhost", "[::1]:9000"] {
            assert!(is_from_here(&headers(Some(host), None)), "{host}");
        }
        assert!(is_from_here(&headers(Some("localhost:1"), Some("http://localhost:1"))));
        for host in ["evil.example", "evil.example:8017", "127.0.0.1.evil.example", "localhost:x", "", "10.0.0.1:8017"]
        {
            assert!(!is_from_here(&headers(Some(host), None)), "{host}");
        }
        assert!(!is_from_here(&headers(None, None)));
        for origin in ["http://evil.example", "http://localhost:2", "https://localhost:1", "null", ""] {
            assert!(!is_from_here(&headers(Some("localhost:1"), Some(origin))), "{origin}");
        }
    }
}
