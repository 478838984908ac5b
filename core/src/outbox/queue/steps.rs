//! What a statement costs, whatever the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::sqlite::SqliteConnection;

/// What SQLite did since the connection was made, in steps of its machine.
pub(super) async fn count_steps(connection: &mut SqliteConnection) -> Arc<AtomicUsize> {
    let steps = Arc::new(AtomicUsize::new(0));
    let count = steps.clone();
    let mut handle = connection.lock_handle().await.expect("a handle");
    handle.set_progress_handler(1, move || {
        count.fetch_add(1, Ordering::Relaxed);
        true
    });
    steps
}
