//! The outbox that a command works on.

use hookwright::{Outbox, OutboxError};

use crate::outbox::AnyOutbox;

/// The file that is used when nothing else is said.
pub(super) const DEFAULT: &str = "hookwright.db";

/// Opens a path of SQLite, or a URL of PostgreSQL.
pub(super) async fn open(database: &str) -> Result<AnyOutbox, OutboxError> {
    if database.starts_with("postgres:") || database.starts_with("postgresql:") {
        Ok(Outbox::postgres(database).await?.into())
    } else {
        Ok(Outbox::sqlite(database).await?.into())
    }
}
