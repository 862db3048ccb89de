//! Plays the game, and shows it thirty times a second while anyone looks.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use ganymede::{Error, live::Session};
use tokio::sync::watch;

use super::messages::{Command, FrameMessage, Request, SceneMessage, Shown, text};
use crate::{failure::Failure, interrupt};

/// From one frame to the next.
const FRAME_TIME: Duration = Duration::from_micros(32_000);
/// How long a pause may last before Ctrl-C is looked for.
const IDLE: Duration = Duration::from_millis(100);
/// Requests that may wait at once, over all clients.
const WAITING: usize = 64;

/// What the server needs to know of the conductor.
#[derive(Debug, Clone)]
pub struct Stage {
    pub shown: Arc<watch::Sender<Shown>>,
    pub requests: SyncSender<Request>,
}

#[derive(Debug)]
pub struct Conductor {
    session: Session,
    requests: Receiver<Request>,
    shown: Arc<watch::Sender<Shown>>,
    /// When the frames of the last second were shown.
    times: VecDeque<Instant>,
}

impl Conductor {
    pub fn new(mut session: Session) -> Result<(Self, Stage), Error> {
        let scene = text(&SceneMessage { scene: &session.scene()? });
        let frame = text(&FrameMessage { frame: &session.frame()?, per_second: 0.0, clients: 0 });
        let (requests, to_answer) = sync_channel(WAITING);
        let shown = Arc::new(watch::Sender::new(Shown { number: 0, scene, frame }));
        let stage = Stage { shown: Arc::clone(&shown), requests };
        Ok((Conductor { session, requests: to_answer, shown, times: VecDeque::new() }, stage))
    }

    /// Until Ctrl-C, or until the server is gone.
    pub fn run(mut self) -> Result<(), Failure> {
        let mut next = Instant::now();
        while !interrupt::requested() {
            let plays = self.session.is_playing() && self.shown.receiver_count() > 0;
            let wait = if plays { next.saturating_duration_since(Instant::now()) } else { IDLE };
            match self.requests.recv_timeout(wait) {
                Ok(request) => self.answer(request)?,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) if plays => {
                    self.session.play();
                    self.times.push_back(Instant::now());
                    self.show(false)?;
                    // late frames are not made up for
                    next = (next + FRAME_TIME).max(Instant::now());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        Ok(())
    }

    fn answer(&mut self, Request { command, answer }: Request) -> Result<(), Failure> {
        let mut done = Ok(());
        let sets = matches!(command, Command::Set { .. });
        match command {
            Command::Start => self.session.start(),
            Command::Pause => self.session.pause(),
            Command::Step => self.session.step(),
            Command::Reset => done = self.session.reset(),
            Command::Set { settings } => done = self.session.change(settings),
            Command::Seen => {}
        }
        let changed = done.is_ok();
        // a client that left needs no answer
        let _ = answer.send(done.map_err(|error| error.to_string()));
        if changed {
            self.show(sets)?;
        }
        Ok(())
    }

    /// Publishes the game as it is. Whoever has not looked in the meantime sees this frame instead of the last.
    /// The scene is sent again where settings were taken, be they the same: whoever asked waits for it.
    fn show(&mut self, sets: bool) -> Result<(), Failure> {
        let now = Instant::now();
        while self.times.front().is_some_and(|time| now - *time > Duration::from_secs(1)) {
            self.times.pop_front();
        }
        let since = self.times.front().map_or(0.0, |first| (now - *first).as_secs_f64());
        let per_second = if since > 0.1 { (self.times.len() - 1) as f64 / since } else { 0.0 };
        let (scene, frame) = (self.session.scene()?, self.session.frame()?);
        let clients = self.shown.receiver_count();
        let frame = text(&FrameMessage { frame: &frame, per_second: (10.0 * per_second).round() / 10.0, clients });
        let scene = text(&SceneMessage { scene: &scene });
        self.shown.send_modify(|shown| {
            if sets || shown.scene != scene {
                (shown.number, shown.scene) = (shown.number + 1, scene);
            }
            shown.frame = frame;
        });
        Ok(())
    }
}
