//! The time of the store, told by this machine's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crate::outbox::store::{Failure, Store};

/// A clock that can be set ahead, in tests.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// In milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Sets the clock ahead.
    pub fn advance(&self, time: Duration) {
        self.ahead.fetch_add(i64::try_from(time.as_millis()).unwrap_or(0), Ordering::SeqCst);
    }

    fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }
}

/// The milliseconds since the epoch as the database counts them, so that dispatchers on machines
/// whose clocks differ agree. It is asked now and then, and in between this machine's monotonic
/// clock goes on from there.
#[derive(Debug)]
pub(super) struct StoreClock {
    clock: Clock,
    read_at: Instant,
    read: i64,
}

impl StoreClock {
    pub(super) async fn read<S: Store>(
        clock: Clock,
        connection: &mut S::Connection,
    ) -> Result<Self, Failure> {
        let read = S::now(connection).await?;
        Ok(Self { clock, read_at: Instant::now(), read })
    }

    pub(super) fn now(&self) -> i64 {
        let since = i64::try_from(self.read_at.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.read.saturating_add(since).saturating_add(self.clock.ahead())
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock.clone()
    }
}
