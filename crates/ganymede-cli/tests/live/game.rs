//! A live game in a process of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// Nothing here takes as long as this, however busy the machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Game {
    process: Child,
    pub port: u16,
    /// Kept open, for what else it has to say.
    _output: BufReader<ChildStdout>,
}

impl Game {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ganymede"))
            .args(["lab", "--live", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("live view: http://127.0.0.1:");
        let port = address.and_then(|rest| rest.trim_end_matches('/').parse().ok());
        Game { process, port: port.unwrap_or_else(|| panic!("no address in '{line}'")), _output: output }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The whole answer to a request for `path` with these headers.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> String {
        let mut stream = self.connect();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sends the signal of Ctrl-C and gives the exit code.
    pub fn interrupt(mut self) -> Option<i32> {
        assert!(Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it goes on {PATIENCE:?} after Ctrl-C");
    }
}

impl Drop for Game {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
