//! Time, and waiting for what comes.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The milliseconds since the epoch, as in the sink's log.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(since.as_millis()).expect("it is not the end of time")
}

/// Waits for a condition, and fails when it does not come.
pub(crate) async fn until(what: &str, limit: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
