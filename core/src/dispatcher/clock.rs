//! The time of the store, told by this machine's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

#[cfg(feature = "testing")]
use chrono::{DateTime, Utc};

use crate::outbox::store::{Failure, Store};

/// A clock of dispatchers that can be set ahead, in tests: by [`Dispatcher::clock`].
///
/// Clones are the same clock. Requests are signed at the machine's own time all the same, so that
/// receivers take them.
///
/// [`Dispatcher::clock`]: crate::Dispatcher::clock
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// In milliseconds.
    ahead: Arc<AtomicI64>,
    /// The time that it stands at, but for what it is ahead.
    stands_at: Option<i64>,
}

impl Clock {
    /// A clock that stands at the time it is now, and moves by hand only.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn by_hand() -> Self {
        Self { ahead: Arc::default(), stands_at: Some(Utc::now().timestamp_millis()) }
    }

    /// Sets the clock ahead.
    pub fn advance(&self, time: Duration) {
        self.ahead.fetch_add(i64::try_from(time.as_millis()).unwrap_or(0), Ordering::SeqCst);
    }

    /// What time it is by this clock.
    #[cfg(feature = "testing")]
    pub fn now(&self) -> DateTime<Utc> {
        let now = self.stands_at.unwrap_or_else(|| Utc::now().timestamp_millis());
        let now = now.saturating_add(self.ahead());
        DateTime::from_timestamp_millis(now).unwrap_or(DateTime::<Utc>::MAX_UTC)
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
        let now = self.clock.stands_at.unwrap_or_else(|| {
            let since = i64::try_from(self.read_at.elapsed().as_millis()).unwrap_or(i64::MAX);
            self.read.saturating_add(since)
        });
        now.saturating_add(self.clock.ahead())
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock.clone()
    }
}
