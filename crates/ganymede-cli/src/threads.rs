//! The threads that a verb computes on.

use ganymede::Error;

use crate::failure::Failure;

/// Makes the calling thread one of `threads` that compute, all processors where no number is asked for.
///
/// A caller outside the pool would hand every small operator over to it and wait, which costs more than the operator.
pub fn start(threads: Option<usize>) -> Result<(), Failure> {
    if threads == Some(0) {
        return Err(Error::setting("threads", "a whole number from 1", 0).into());
    }
    // rayon reads 0 as RAYON_NUM_THREADS, or else all processors
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).use_current_thread().build_global();
    pool.map_err(|error| Failure::usage(format!("cannot start the threads: {error}"), "ask for fewer with --threads"))
}
