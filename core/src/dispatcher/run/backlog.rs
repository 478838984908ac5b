//! What is counted beside the turns, on a connection of the application's pool, so that no turn waits
//! for it.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::dispatcher::telemetry;
use crate::outbox::Outbox;
use crate::outbox::queue;
use crate::outbox::store::{Failure, Store};

/// How often backlogs are counted.
const COUNT: Duration = Duration::from_secs(15);
/// From how old on a snapshot is warned of, in milliseconds.
const OLD: i64 = 30_000;

/// Counts what waits now and then, for ever.
pub(super) async fn count<S: Store>(outbox: Outbox<S>) {
    // Endpoints that had something waiting.
    let mut told = HashSet::new();
    loop {
        let start = Instant::now();
        // What cannot be counted now is counted later: the turns tell of a database that is gone.
        let _ = count_once(&outbox, &mut told).await;
        // A large backlog takes long to count, which is then done more rarely.
        sleep(COUNT.max(start.elapsed() * 200)).await;
    }
}

async fn count_once<S: Store>(
    outbox: &Outbox<S>,
    told: &mut HashSet<String>,
) -> Result<(), Failure> {
    let mut connection = outbox.pool().acquire().await?;
    let waiting = queue::backlog::<S>(&mut connection).await?;
    let ended: Vec<String> =
        told.iter().filter(|endpoint| !waiting.contains_key(*endpoint)).cloned().collect();
    for endpoint in ended {
        told.remove(&endpoint);
        telemetry::backlog(endpoint, 0);
    }
    for (endpoint, deliveries) in waiting {
        told.insert(endpoint.clone());
        telemetry::backlog(endpoint, deliveries);
    }
    if let Some(age) = S::snapshot_age(&mut connection).await? {
        telemetry::snapshot_age(age);
        if age > OLD {
            tracing::warn!(
                seconds = age / 1000,
                "a transaction is open for long, and slows claims down"
            );
        }
    }
    Ok(())
}
