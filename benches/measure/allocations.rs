//! Counts allocations.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts what each thread asks of it.
#[derive(Debug)]
pub struct CountingAllocator;

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// How often this thread allocates in `work`. To grow an allocation counts too.
pub fn during<R>(work: impl FnOnce() -> R) -> u32 {
    let before = COUNT.get();
    let result = work();
    let count = COUNT.get().wrapping_sub(before);
    drop(result);
    count
}

fn count_one() {
    // A thread that is ending has no count any more.
    let _ = COUNT.try_with(|count| count.set(count.get().wrapping_add(1)));
}

// SAFETY: every call is handed on as it came to the system's allocator, which keeps the contract.
// To count neither allocates nor panics.
#[expect(unsafe_code, reason = "the trait of allocators is unsafe to implement")]
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: the caller's promise is the one that is asked for here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_one();
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, size) }
    }
}
