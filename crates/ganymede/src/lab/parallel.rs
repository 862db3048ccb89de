//! Independent pieces of work at the same time, each on a thread of its own.
//!
//! The tensors of an experiment are too small to be cut up, so whole cases are what runs in parallel. Each thread is a rayon
//! pool of its own: operators inside run in place, and none is handed to another case's thread. Draws are pure functions
//! of their seed, so neither the number of threads nor their order changes a result.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use super::Progress;
use crate::error::{Error, Result};

/// `work` on every item; the results in the order of the items.
pub(crate) fn map<I: Sync, T: Send>(
    items: &[I],
    progress: &Progress,
    work: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    progress.expect(items.len());
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<T>>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let worker = || {
        // the thread is the pool's only one, for as long as it lives
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
        while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < items.len()) {
            let result = match &pool {
                Ok(_) => work(&items[at]),
                Err(error) => Err(Error::setting("threads", "a thread to compute on", error)),
            };
            *results[at].lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(result);
            progress.advance();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(items.len()) {
            scope.spawn(worker);
        }
    });
    let taken = results.into_iter().map(|result| result.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()));
    taken.map(|result| result.unwrap_or_else(|| Err(Error::setting("threads", "a thread to compute on", 0)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_and_progress_ends_at_one() {
        let shares = Mutex::new(Vec::new());
        let watch = |share| shares.lock().unwrap().push(share);
        let items: Vec<u64> = (0..50).collect();
        let squares = map(&items, &Progress::new(&watch), |n| Ok(n * n)).unwrap();
        assert_eq!(squares, items.iter().map(|n| n * n).collect::<Vec<_>>());
        let shares = shares.into_inner().unwrap();
        assert_eq!(shares.len(), 50);
        assert_eq!(shares.iter().copied().fold(0.0, f64::max), 1.0);
    }

    #[test]
    fn a_piece_that_fails_fails_the_whole() {
        let failing = |n: &u64| if *n == 7 { Err(Error::setting("n", "no seven", n)) } else { Ok(*n) };
        let items: Vec<u64> = (0..20).collect();
        assert!(map(&items, &Progress::new(&|_| ()), failing).is_err());
    }
}
