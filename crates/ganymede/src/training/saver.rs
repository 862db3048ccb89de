//! Saving in the background, so that training does not wait for the disk.

use std::{io, thread::JoinHandle};

use super::RunDirectory;
use crate::{
    checkpoint::Checkpoint,
    error::{Error, Result},
};

/// Saves checkpoints on a thread of its own, at most one at a time.
#[derive(Debug, Default)]
pub(crate) struct Saver(Option<JoinHandle<Result<()>>>);

impl Saver {
    /// Begins to save. Waits for a save that is still going on, whose failure is handed on.
    ///
    /// # Errors
    /// That of the save before; this one has begun all the same.
    pub fn start(&mut self, directory: RunDirectory, checkpoint: Checkpoint) -> Result<()> {
        let before = self.wait();
        let path = directory.path().to_owned();
        let save = move || directory.save_checkpoint(&checkpoint).map(drop);
        let thread = std::thread::Builder::new().name("save".into()).spawn(save);
        self.0 = Some(thread.map_err(Error::io("start a thread to save", &path))?);
        before
    }

    /// The failure of a save that has ended since this was last asked.
    pub fn failure(&mut self) -> Option<Error> {
        if self.0.as_ref().is_some_and(JoinHandle::is_finished) { self.wait().err() } else { None }
    }

    /// Waits until everything is saved.
    ///
    /// # Errors
    /// When it could not be.
    pub fn wait(&mut self) -> Result<()> {
        let Some(thread) = self.0.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|_| {
            Err(Error::io("save", "the checkpoint".as_ref())(io::Error::other("the thread that saves has died")))
        })
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        // whoever cares for the outcome has waited
        let _ = self.wait();
    }
}
