//! How a dispatcher learns of what was committed, before its poll finds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::Pool;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::store::Store;

/// How often other processes are told at most.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(super) struct Wake {
    /// Of a dispatcher in this process.
    here: Notify,
    /// Whether other processes are being told, or were within the pause.
    elsewhere: Arc<Telling>,
}

#[derive(Default)]
struct Telling {
    is_under_way: AtomicBool,
    again: AtomicBool,
}

impl Wake {
    pub(super) fn notified(&self) -> &Notify {
        &self.here
    }

    pub(super) fn wake_here(&self) {
        self.here.notify_one();
    }

    /// Wakes the dispatcher of this process at once, and those of others soon.
    pub(super) fn wake<S: Store>(&self, pool: &Pool<S>) {
        self.here.notify_one();
        if S::IS_EXCLUSIVE {
            return;
        }
        let telling = self.elsewhere.clone();
        telling.again.store(true, Ordering::SeqCst);
        if telling.is_under_way.swap(true, Ordering::SeqCst) {
            return;
        }
        // Without a runtime the poll finds it.
        let Ok(runtime) = Handle::try_current() else {
            telling.is_under_way.store(false, Ordering::SeqCst);
            return;
        };
        let pool = pool.clone();
        runtime.spawn(async move {
            loop {
                while telling.again.swap(false, Ordering::SeqCst) {
                    // A hint: when it does not arrive, the poll finds what there is.
                    let _ = S::notify(&pool).await;
                    tokio::time::sleep(PAUSE).await;
                }
                telling.is_under_way.store(false, Ordering::SeqCst);
                // What came in between is told here, unless a later wake-up has begun to.
                let is_told = !telling.again.load(Ordering::SeqCst);
                if is_told || telling.is_under_way.swap(true, Ordering::SeqCst) {
                    return;
                }
            }
        });
    }
}
