//! The page's files, which are part of the program: it asks nothing of any other place.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// What a browser may load for the page: what comes from this server, and nothing else.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file and where it is.
#[derive(Debug)]
pub struct File {
    pub path: &'static str,
    kind: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// All of them.
pub static FILES: &[File] = &[
    File { path: "/", kind: HTML, text: include_str!("page/index.html") },
    File { path: "/style.css", kind: CSS, text: include_str!("page/style.css") },
    File { path: "/live.js", kind: SCRIPT, text: include_str!("page/live.js") },
    File { path: "/controls.js", kind: SCRIPT, text: include_str!("page/controls.js") },
    File { path: "/panels.js", kind: SCRIPT, text: include_str!("page/panels.js") },
    File { path: "/plot.js", kind: SCRIPT, text: include_str!("page/plot.js") },
];

impl IntoResponse for &'static File {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, self.kind)], self.text).into_response()
    }
}
