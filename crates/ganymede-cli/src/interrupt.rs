//! Ctrl-C and termination: the first asks for an orderly end, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// What the shell is told after an interrupt, 128 + SIGINT.
pub const EXIT_CODE: u8 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on a first signal only sets [`requested`]. Where no handler can be set, a signal ends the process as always.
pub fn watch() {
    let handler = || {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            std::process::exit(EXIT_CODE.into());
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        crate::style::warn(&format!("cannot watch for Ctrl-C, which will end the run without saving: {error}"));
    }
}

/// Whether someone wants the program to end.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
