//! Memory for results, used again instead of freed and faulted in again.
//!
//! A training step asks for the same sizes in every step. Handed back to the operating system, large blocks cost a page
//! fault and a cleared page for every 4 KiB each time; kept here, they cost a look into a short list. The pool is bounded:
//! beyond [`POOLED_FLOATS`] the blocks that were not asked for longest are freed.
//!
//! Blocks are always initialized memory, with left-over values: whoever takes one writes all of it.

use std::{
    collections::VecDeque,
    mem::MaybeUninit,
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard},
};

use burn::{
    backend::flex::{FlexTensor, Layout},
    tensor::{Bytes, DType, Shape},
};
use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty};

/// Blocks below this length are left to the allocator, which serves them from memory that it has.
const SMALLEST: usize = 1 << 12;

/// The pool holds at most this many floats that nobody uses: 128 MiB.
const POOLED_FLOATS: usize = 1 << 25;

struct Pool {
    /// The block that was handed back last is at the back.
    free: VecDeque<Vec<f32>>,
    floats: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool { free: VecDeque::new(), floats: 0 });

/// A panic elsewhere cannot leave the list half changed, so a poisoned lock still guards a good pool.
fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Pool {
    fn take(&mut self, length: usize) -> Option<Vec<f32>> {
        let found = self.free.iter().rposition(|block| block.len() == length)?;
        let block = self.free.remove(found)?;
        self.floats -= length;
        Some(block)
    }

    /// Takes `block`, and gives back what is now too much, to be freed outside the lock.
    fn put(&mut self, block: Vec<f32>) -> Vec<Vec<f32>> {
        self.floats += block.len();
        self.free.push_back(block);
        let mut surplus = Vec::new();
        while self.floats > POOLED_FLOATS {
            let Some(oldest) = self.free.pop_front() else { break };
            self.floats -= oldest.len();
            surplus.push(oldest);
        }
        surplus
    }
}

/// A block of floats that goes back to the pool when it, or the tensor made of it, is dropped.
pub(crate) struct Buffer(Vec<f32>);

impl Buffer {
    /// `length` floats of any values.
    pub fn take(length: usize) -> Self {
        let pooled = if length < SMALLEST { None } else { pool().take(length) };
        Buffer(pooled.unwrap_or_else(|| vec![0.0; length]))
    }

    /// The tensor of that shape whose elements lie at `strides`.
    pub fn into_tensor<const D: usize>(self, shape: [usize; D], strides: [usize; D]) -> FlexTensor {
        debug_assert_eq!(self.len(), shape.iter().product::<usize>());
        let layout = Layout::new(Shape::from(shape), strides.map(|stride| stride as isize).to_vec(), 0);
        FlexTensor::new(self.into_bytes(), layout, DType::F32)
    }

    fn into_bytes(mut self) -> Bytes {
        if self.len() < SMALLEST {
            return Bytes::from_elems(std::mem::take(&mut self.0));
        }
        let size = size_of::<f32>() * self.len();
        // SAFETY: a buffer's `size` bytes are initialized (see `take`), and its memory neither moves nor changes its length.
        unsafe { Bytes::from_controller(Box::new(self), size) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.len() >= SMALLEST {
            let surplus = pool().put(std::mem::take(&mut self.0));
            drop(surplus);
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

/// A copy of `bytes` owns memory of its own: the defaults of the trait (no split, no view, no shared duplicate) hold.
impl AllocationController for Buffer {
    fn alloc_align(&self) -> usize {
        align_of::<f32>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(&mut self, _: AccessPolicy) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.0);
        // SAFETY: both slices have one layout, and the caller promises to write initialized bytes only.
        Ok(unsafe { &mut *(std::ptr::from_mut(bytes) as *mut [MaybeUninit<u8>]) })
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let bytes: &[u8] = bytemuck::cast_slice(&self.0);
        // SAFETY: both slices have one layout, and nothing can be written through a shared one.
        Ok(unsafe { &*(std::ptr::from_ref(bytes) as *const [MaybeUninit<u8>]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length that no other test asks for.
    const LENGTH: usize = SMALLEST + 4321;

    #[test]
    fn the_memory_of_a_dropped_tensor_is_used_again() {
        let mut buffer = Buffer::take(LENGTH);
        buffer.fill(3.0);
        let address = buffer.as_ptr();
        let tensor = buffer.into_tensor([LENGTH], [1]);
        assert!(tensor.storage::<f32>().iter().all(|x| *x == 3.0));
        drop(tensor);
        let again = Buffer::take(LENGTH);
        assert_eq!((again.as_ptr(), again.len()), (address, LENGTH));
        assert_ne!(Buffer::take(LENGTH).as_ptr(), address, "nobody else gets it while it is held");
    }

    #[test]
    fn a_shared_tensor_is_copied_before_it_changes() {
        for length in [7, LENGTH + 1] {
            let mut buffer = Buffer::take(length);
            buffer.fill(1.0);
            let tensor = buffer.into_tensor([length], [1]);
            let mut other = tensor.clone();
            other.storage_mut::<f32>().fill(2.0);
            assert!(tensor.storage::<f32>().iter().all(|x| *x == 1.0));
            assert!(other.storage::<f32>().iter().all(|x| *x == 2.0));
        }
    }

    #[test]
    fn the_pool_frees_what_was_not_asked_for_longest() {
        let mut pool = Pool { free: VecDeque::new(), floats: 0 };
        assert!(pool.put(vec![0.0; 5]).is_empty());
        assert!(pool.put(vec![0.0; POOLED_FLOATS - 5]).is_empty());
        assert_eq!(pool.put(vec![0.0; 3]).iter().map(Vec::len).collect::<Vec<_>>(), [5]);
        assert_eq!(pool.take(3).map(|block| block.len()), Some(3));
        assert_eq!((pool.take(3), pool.floats), (None, POOLED_FLOATS - 5));
    }
}
