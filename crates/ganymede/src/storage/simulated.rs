//! A disk in memory that fails where it is told to, and forgets in a crash all that it was not told to keep.
//!
//! ```text
//! live state        what the process sees
//! durable state     what was synced
//! process dies      live state survives                  (the operating system still writes it)
//! power fails       durable state + any part of the rest, in any order: bytes by sectors, names one change at a time
//! ```

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use super::{Storage, StoredFile, too_large};
use crate::{files, random::Draws};

/// Small, so that a file of a test has many.
const SECTOR: usize = 64;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    /// Nothing happens, and this is the error number.
    Fails(i32),
    /// A write takes half of its bytes; another call is done.
    Short,
    /// The process ends here: a write takes half of its bytes, and no later call does anything.
    Stops,
}

type Plan = Box<dyn Fn(usize) -> Verdict + Send>;

/// A disk of files without directories; clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct SimulatedDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// Changes of names since the directory was synced.
    renamed: Vec<NameChange>,
    locked: BTreeSet<PathBuf>,
    plan: Option<Plan>,
    calls: usize,
    stopped: bool,
}

#[derive(Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    written: Vec<ByteChange>,
}

/// One call's change of names, which happens as a whole.
#[derive(Clone)]
struct NameChange(Vec<(PathBuf, Option<usize>)>);

#[derive(Clone)]
enum ByteChange {
    Truncated,
    Written { at: usize, bytes: Vec<u8> },
}

impl SimulatedDisk {
    /// The verdict on the k-th call from now on is `plan(k)`.
    pub fn set_plan(&self, plan: impl Fn(usize) -> Verdict + Send + 'static) {
        let mut state = self.state();
        state.plan = Some(Box::new(plan));
        state.calls = 0;
    }

    /// All goes well from now on, and calls are counted from 0.
    pub fn clear_plan(&self) {
        self.set_plan(|_| Verdict::Done);
    }

    /// Calls since the plan was set.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// The next process starts after this one was killed.
    pub fn restart(&self) {
        let mut state = self.state();
        state.locked.clear();
        state.stopped = false;
        state.plan = None;
    }

    /// The machine starts again after a power cut.
    pub fn cut_power(&self, draws: &mut Draws) {
        let mut state = self.state();
        for content in &mut state.contents {
            let mut bytes = content.durable.clone();
            for change in some_in_any_order(&content.written, draws) {
                change.apply(&mut bytes, |_| draws.below(2) == 0);
            }
            *content = Content { live: bytes.clone(), durable: bytes, written: Vec::new() };
        }
        let mut names = state.durable_names.clone();
        for change in some_in_any_order(&state.renamed, draws) {
            change.apply(&mut names);
        }
        state.names = names.clone();
        state.durable_names = names;
        state.renamed.clear();
        drop(state);
        self.restart();
    }

    /// Every file and what it holds.
    pub fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        state.names.iter().map(|(path, id)| (path.clone(), state.contents[*id].live.clone())).collect()
    }

    /// Puts a file there as it is, durably.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let id = state.contents.len();
        state.contents.push(Content { live: bytes.to_vec(), durable: bytes.to_vec(), written: Vec::new() });
        state.names.insert(path.to_owned(), id);
        state.durable_names.insert(path.to_owned(), id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Counts a call: whether it is cut short, or the error that it ends in.
    fn call(&self) -> io::Result<(MutexGuard<'_, State>, bool)> {
        let mut state = self.state();
        if state.stopped {
            return Err(io::Error::other("the process has ended"));
        }
        let verdict = state.plan.as_ref().map_or(Verdict::Done, |plan| plan(state.calls));
        state.calls += 1;
        match verdict {
            Verdict::Done => Ok((state, false)),
            Verdict::Short => Ok((state, true)),
            Verdict::Fails(number) => Err(io::Error::from_raw_os_error(number)),
            Verdict::Stops => {
                state.stopped = true;
                Ok((state, true))
            }
        }
    }

    /// As [`SimulatedDisk::call`], for calls that happen whole or not at all.
    fn whole_call(&self) -> io::Result<MutexGuard<'_, State>> {
        let (state, _) = self.call()?;
        if state.stopped { Err(io::Error::other("the process has ended")) } else { Ok(state) }
    }
}

impl State {
    fn id(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change_names(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.renamed.push(change);
    }

    fn open(&mut self, path: &Path) -> usize {
        self.id(path).unwrap_or_else(|_| {
            self.contents.push(Content::default());
            let id = self.contents.len() - 1;
            self.change_names(NameChange(vec![(path.to_owned(), Some(id))]));
            id
        })
    }
}

impl Content {
    fn change(&mut self, change: ByteChange) {
        change.apply(&mut self.live, |_| true);
        self.written.push(change);
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        for (path, id) in &self.0 {
            match id {
                Some(id) => names.insert(path.clone(), *id),
                None => names.remove(path),
            };
        }
    }
}

impl ByteChange {
    /// Applies the sectors that `keeps` wants; what is left out of a file that grew reads as zeros.
    fn apply(&self, bytes: &mut Vec<u8>, mut keeps: impl FnMut(usize) -> bool) {
        match self {
            ByteChange::Truncated => bytes.clear(),
            ByteChange::Written { at, bytes: new } => {
                for (sector, part) in new.chunks(SECTOR).enumerate().filter(|(sector, _)| keeps(*sector)) {
                    let start = at + sector * SECTOR;
                    bytes.resize(bytes.len().max(start + part.len()), 0);
                    bytes[start..start + part.len()].copy_from_slice(part);
                }
            }
        }
    }
}

fn some_in_any_order<T: Clone>(all: &[T], draws: &mut Draws) -> Vec<T> {
    let order = draws.permutation(all.len());
    order.into_iter().filter(|_| draws.below(2) == 0).map(|i| all[i as usize].clone()).collect()
}

impl Storage for SimulatedDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let mut state = self.whole_call()?;
        let id = state.open(path);
        state.contents[id].change(ByteChange::Truncated);
        Ok(Box::new(SimulatedFile { disk: self.clone(), id }))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn StoredFile>> {
        let id = self.whole_call()?.open(path);
        Ok(Box::new(SimulatedFile { disk: self.clone(), id }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.whole_call()?;
        let id = state.id(from)?;
        state.change_names(NameChange(vec![(from.to_owned(), None), (to.to_owned(), Some(id))]));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.whole_call()?;
        state.id(path)?;
        state.change_names(NameChange(vec![(path.to_owned(), None)]));
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.whole_call()?;
        let State { renamed, durable_names, .. } = &mut *state;
        renamed.retain(|change| {
            let here = change.0.iter().any(|(name, _)| files::parent(name) == path);
            if here {
                change.apply(durable_names);
            }
            !here
        });
        Ok(())
    }

    fn create_directory(&self, _: &Path) -> io::Result<()> {
        self.whole_call().map(drop)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let state = self.whole_call()?;
        Ok(state.names.keys().filter(|name| files::parent(name) == path).cloned().collect())
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let state = self.whole_call()?;
        let bytes = &state.contents[state.id(path)?].live;
        if bytes.len() as u64 > limit { Err(too_large(bytes.len() as u64, limit)) } else { Ok(bytes.clone()) }
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send>>> {
        let mut state = self.whole_call()?;
        state.open(path);
        let free = state.locked.insert(path.to_owned());
        Ok(free.then(|| Box::new(SimulatedLock { disk: self.clone(), path: path.to_owned() }) as Box<dyn Any + Send>))
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    id: usize,
}

impl StoredFile for SimulatedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut state, short) = self.disk.call()?;
        let bytes = if short { &bytes[..bytes.len().div_ceil(2)] } else { bytes };
        let content = &mut state.contents[self.id];
        let at = content.live.len();
        content.change(ByteChange::Written { at, bytes: bytes.to_vec() });
        if state.stopped { Err(io::Error::other("the process has ended")) } else { Ok(bytes.len()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.whole_call()?;
        let content = &mut state.contents[self.id];
        content.durable.clone_from(&content.live);
        content.written.clear();
        Ok(())
    }
}

struct SimulatedLock {
    disk: SimulatedDisk,
    path: PathBuf,
}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.path);
    }
}

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "SimulatedDisk")
    }
}
