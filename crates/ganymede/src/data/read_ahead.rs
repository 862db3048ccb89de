//! Results of a pure function of a number, worked out by other threads before they are asked for.
//!
//! ```text
//! asked for k, then for k + 1 -> k + 2 .. k + 1 + AHEAD are made meanwhile, by number
//! ```
//! What is asked for out of turn is made on the spot and disturbs nothing. That something was made ahead changes nothing but
//! the time.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

type Make<T> = Box<dyn Fn(u64) -> T + Send + Sync>;

/// Makes results ahead of whoever takes them.
pub(super) struct ReadAhead<T> {
    shared: Arc<Shared<T>>,
    threads: usize,
    /// Started when the second result is asked for.
    workers: Mutex<Vec<JoinHandle<()>>>,
    waited: AtomicU64,
}

struct Shared<T> {
    make: Make<T>,
    ahead: u64,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    /// The numbers that are made ahead.
    window: Range<u64>,
    /// The number that was asked for last, out of turn.
    out_of_turn: Option<u64>,
    slots: BTreeMap<u64, Slot<T>>,
    is_closed: bool,
}

enum Slot<T> {
    /// A thread is at it.
    Begun,
    Made(T),
}

impl<T> State<T> {
    /// Notes that `number` was asked for; whether that moves the window.
    fn turn_to(&mut self, number: u64, ahead: u64) -> bool {
        let is_in_turn = self.window.contains(&number) || self.out_of_turn.is_some_and(|last| last + 1 == number);
        if !is_in_turn {
            self.out_of_turn = Some(number);
            return false;
        }
        self.out_of_turn = None;
        self.window = number + 1..(number + 1).saturating_add(ahead);
        let window = self.window.clone();
        self.slots.retain(|at, slot| window.contains(at) || *at == number || matches!(slot, Slot::Begun));
        true
    }

    /// The next number to be made ahead.
    fn next(&self) -> Option<u64> {
        self.window.clone().find(|number| !self.slots.contains_key(number))
    }
}

impl<T> Shared<T> {
    /// A panic cannot leave the state half changed.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Makes what is wanted until nobody wants anything any more.
    fn work(&self) {
        let mut state = self.lock();
        while !state.is_closed {
            let Some(number) = state.next() else {
                state = self.wait(state);
                continue;
            };
            state.slots.insert(number, Slot::Begun);
            drop(state);
            // whoever asks for what ended in a panic makes it again, and panics where that is seen
            let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (self.make)(number))).ok();
            state = self.lock();
            state.slots.remove(&number);
            match made {
                Some(made) if state.window.contains(&number) || state.window.start == number + 1 => {
                    state.slots.insert(number, Slot::Made(made));
                }
                Some(_) => {}
                None => state.window = 0..0,
            }
            self.changed.notify_all();
        }
    }
}

impl<T: Send + 'static> ReadAhead<T> {
    /// Makes up to `ahead` results ahead, in `threads` threads.
    pub fn new(threads: usize, ahead: usize, make: Make<T>) -> Self {
        let state = State { window: 0..0, out_of_turn: None, slots: BTreeMap::new(), is_closed: false };
        let shared = Shared { make, ahead: ahead as u64, state: Mutex::new(state), changed: Condvar::new() };
        ReadAhead { shared: Arc::new(shared), threads, workers: Mutex::default(), waited: AtomicU64::new(0) }
    }

    /// Result `number`.
    pub fn take(&self, number: u64) -> T {
        let asked = Instant::now();
        let result = self.made(number).unwrap_or_else(|| (self.shared.make)(number));
        let waited = u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.waited.fetch_add(waited, Ordering::Relaxed);
        result
    }

    /// How long results were waited for since this was last asked.
    pub fn waited(&self) -> Duration {
        Duration::from_nanos(self.waited.swap(0, Ordering::Relaxed))
    }

    /// The result that another thread has made or is about to finish.
    fn made(&self, number: u64) -> Option<T> {
        let mut state = self.shared.lock();
        if state.turn_to(number, self.shared.ahead) {
            self.start();
            self.shared.changed.notify_all();
        }
        while matches!(state.slots.get(&number), Some(Slot::Begun)) {
            state = self.shared.wait(state);
        }
        match state.slots.remove(&number) {
            Some(Slot::Made(made)) => Some(made),
            _ => None,
        }
    }

    /// Starts the threads, where they do not run yet. Without any, everything is made when it is asked for.
    fn start(&self) {
        let mut workers = self.workers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        while workers.len() < self.threads {
            let shared = Arc::clone(&self.shared);
            match thread::Builder::new().name("read-ahead".into()).spawn(move || shared.work()) {
                Ok(worker) => workers.push(worker),
                Err(_) => break,
            }
        }
    }
}

impl<T> Drop for ReadAhead<T> {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        for worker in workers {
            // it has caught what it could panic of
            let _ = worker.join();
        }
    }
}

impl<T> std::fmt::Debug for ReadAhead<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReadAhead({} in {} threads)", self.shared.ahead, self.threads)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Squares, and how often each was made, and how many were alive at most.
    fn squares(threads: usize, ahead: usize) -> (ReadAhead<u64>, Arc<Mutex<BTreeMap<u64, usize>>>) {
        let made = Arc::new(Mutex::new(BTreeMap::new()));
        let counted = Arc::clone(&made);
        let make = Box::new(move |number: u64| {
            *counted.lock().unwrap().entry(number).or_insert(0) += 1;
            number * number
        });
        (ReadAhead::new(threads, ahead, make), made)
    }

    #[test]
    fn results_are_those_of_the_function_in_any_order_and_made_once_in_turn() {
        let (ahead, made) = squares(3, 4);
        for number in 0..200 {
            assert_eq!(ahead.take(number), number * number);
            if number % 50 == 7 {
                // out of turn, as pictures of a run are
                assert_eq!(ahead.take(0), 0);
            }
        }
        let counts = made.lock().unwrap().clone();
        assert!((1..200).all(|number| counts[&number] == 1), "{counts:?}");
        for number in [500, 501, 502, 3, 4, 5, 9, 1] {
            assert_eq!(ahead.take(number), number * number);
        }
    }

    #[test]
    fn no_more_is_made_ahead_than_was_asked_for() {
        let (ahead, made) = squares(2, 3);
        ahead.take(0);
        ahead.take(1);
        let begun = Instant::now();
        while made.lock().unwrap().len() < 5 && begun.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(20));
        assert_eq!(made.lock().unwrap().keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn what_panics_ahead_panics_where_it_is_asked_for_and_nowhere_else() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let make = Box::new(move |number: u64| {
            counted.fetch_add(1, Ordering::Relaxed);
            assert!(number != 3, "the third");
            number
        });
        let ahead = ReadAhead::new(1, 2, make);
        assert_eq!([0, 1, 2].map(|number| ahead.take(number)), [0, 1, 2]);
        let third = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ahead.take(3)));
        assert!(third.is_err());
        assert_eq!([4, 5, 6].map(|number| ahead.take(number)), [4, 5, 6]);
    }

    #[test]
    fn the_time_that_was_waited_is_counted_once() {
        let ahead = ReadAhead::new(1, 1, Box::new(|_| thread::sleep(Duration::from_millis(20))));
        ahead.take(0);
        assert!(ahead.waited() >= Duration::from_millis(20));
        assert_eq!(ahead.waited(), Duration::ZERO);
    }
}
