//! A headless Chromium, driven by its own protocol over two pipes.
//!
//! ```text
//! descriptor 3     requests {"id", "method", "params", "sessionId"}, each ended by a zero byte
//! descriptor 4     answers {"id", "result"} and events {"method", "params"}, likewise
//! ```

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::game::PATIENCE;

pub struct Browser {
    process: Child,
    requests: ChildStdin,
    answers: Receiver<Value>,
    sent: u64,
    /// The one page, once it is open.
    session: Option<String>,
    /// What went wrong in the page, in the browser's words.
    pub complaints: Vec<String>,
    _profile: TempDir,
}

/// The browser of this machine; nothing, and a printed reason, where there is none.
pub fn installed() -> Option<PathBuf> {
    let places = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found =
        std::env::split_paths(&places).flat_map(|place| names.map(|name| place.join(name))).find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: there is no chromium on this machine");
    }
    found
}

impl Browser {
    /// Opens `address`.
    pub fn open(program: PathBuf, address: &str) -> Self {
        const FLAGS: [&str; 12] = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
            "about:blank",
        ];
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"#])
            .arg(program)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(FLAGS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, answers) = channel();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { break };
                if sender.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let requests = process.stdin.take().unwrap();
        let (session, complaints) = (None, Vec::new());
        let mut browser = Browser { process, requests, answers, sent: 0, session, complaints, _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached =
            browser.call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.look(1280, 900, false);
        browser.call("Page.navigate", json!({ "url": address }));
        browser
    }

    /// Does what the protocol names `method`.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let mut request = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.requests.write_all(format!("{request}\0").as_bytes()).unwrap();
        loop {
            let mut message = self.answers.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"] == self.sent {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
            let (event, params) = (message["method"].as_str().unwrap_or_default(), &message["params"]);
            let is_error = params["entry"]["level"] == "error" || params["type"] == "error";
            if event == "Runtime.exceptionThrown" || is_error {
                self.complaints.push(params.to_string());
            }
        }
    }

    /// The value of an expression in the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", params);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    pub fn text(&mut self, id: &str) -> String {
        let text = self.evaluate(&format!("document.getElementById('{id}').textContent"));
        text.as_str().unwrap_or_default().to_owned()
    }

    pub fn number(&mut self, id: &str) -> f64 {
        let text = self.text(id).replace(',', "");
        text.parse().unwrap_or_else(|_| panic!("#{id} is '{text}'"))
    }

    /// Until the expression is true.
    pub fn wait_for(&mut self, expression: &str) {
        let deadline = Instant::now() + 2 * PATIENCE;
        while self.evaluate(expression) != true {
            assert!(Instant::now() < deadline, "never came true: {expression}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A click of the mouse in the middle of an element.
    pub fn click(&mut self, id: &str) {
        let place = self.evaluate(&format!(
            "(() => {{ const e = document.getElementById('{id}'); e.scrollIntoView({{ block: 'nearest' }}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", params);
        }
    }

    /// A key, by the name that the page sees.
    pub fn press(&mut self, key: &str) {
        let text = if key == " " { " " } else { "" };
        let code = match key {
            " " => 32,
            "Tab" => 9,
            "ArrowRight" => 39,
            _ => 0,
        };
        for kind in ["keyDown", "keyUp"] {
            let params = json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    /// Types into a field and leaves it.
    pub fn fill(&mut self, id: &str, text: &str) {
        self.evaluate(&format!("document.getElementById('{id}').focus(); document.getElementById('{id}').select()"));
        self.call("Input.insertText", json!({ "text": text }));
        self.press("Tab");
    }

    /// Chooses from a list.
    pub fn choose(&mut self, id: &str, option: &str) {
        self.evaluate(&format!(
            "(() => {{ const e = document.getElementById('{id}'); e.focus(); e.value = '{option}'; \
             e.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ));
    }

    /// On a screen of that size, light or dark.
    pub fn look(&mut self, width: u32, height: u32, dark: bool) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", params);
        let scheme = if dark { "dark" } else { "light" };
        let params = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", params);
    }

    /// A picture of the whole page as PNG, kept under `name` where GANYMEDE_SCREENSHOTS says where.
    pub fn screenshot(&mut self, name: &str) -> Vec<u8> {
        // twice drawn: the change of size, and what the page does about it
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
        let answer = self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        let png = BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        if let Some(folder) = std::env::var_os("GANYMEDE_SCREENSHOTS") {
            std::fs::write(PathBuf::from(folder).join(name), &png).unwrap();
        }
        png
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
