//! The console's own tables, beside those of the outbox.

use tokio::sync::OnceCell;

use crate::outbox::{AnyOutbox, on_store};

/// In words that both stores know. Times are milliseconds since the epoch; of keys and cookies there
/// are digests only.
const TABLES: [(&str, &[&str]); 4] = [
    (
        "SELECT 1 FROM hookwright_api_key LIMIT 0",
        &["CREATE TABLE IF NOT EXISTS hookwright_api_key (\
         id TEXT NOT NULL PRIMARY KEY, tenant TEXT, name TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, \
         hint TEXT NOT NULL, scopes TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT, \
         used_at BIGINT, revoked_at BIGINT)"],
    ),
    (
        "SELECT 1 FROM hookwright_session LIMIT 0",
        &["CREATE TABLE IF NOT EXISTS hookwright_session (\
         digest TEXT NOT NULL PRIMARY KEY, api_key TEXT NOT NULL, csrf TEXT NOT NULL, \
         expires_at BIGINT NOT NULL)"],
    ),
    (
        "SELECT 1 FROM hookwright_idempotency LIMIT 0",
        &[
            "CREATE TABLE IF NOT EXISTS hookwright_idempotency (\
         digest TEXT NOT NULL PRIMARY KEY, request TEXT NOT NULL, answer TEXT, \
         created_at BIGINT NOT NULL)",
            "CREATE INDEX IF NOT EXISTS hookwright_idempotency_time ON hookwright_idempotency (created_at)",
            "CREATE INDEX IF NOT EXISTS hookwright_idempotency_open ON hookwright_idempotency (created_at) \
             WHERE answer IS NULL",
        ],
    ),
    (
        "SELECT 1 FROM hookwright_setting LIMIT 0",
        &["CREATE TABLE IF NOT EXISTS hookwright_setting (\
         name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)"],
    ),
];

/// The tables of an outbox, which are there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables<'a>(&'a AnyOutbox);

impl<'a> Tables<'a> {
    /// The tables of an outbox, which are made when they are not there.
    pub(crate) async fn of(outbox: &'a AnyOutbox) -> Result<Self, sqlx::Error> {
        make(outbox).await?;
        Ok(Self(outbox))
    }

    pub(crate) fn outbox(self) -> &'a AnyOutbox {
        self.0
    }
}

/// Whether the tables were made, or found.
#[derive(Debug, Default)]
pub(crate) struct Made(OnceCell<()>);

impl Made {
    /// The tables of an outbox, which are looked for at the first call.
    pub(crate) async fn tables<'a>(
        &self,
        outbox: &'a AnyOutbox,
    ) -> Result<Tables<'a>, sqlx::Error> {
        self.0.get_or_try_init(async || Tables::of(outbox).await.map(drop)).await?;
        Ok(Tables(outbox))
    }
}

/// Makes the tables that are not there. Several processes may do so at once; where all are there, no
/// right to make any is needed.
async fn make(outbox: &AnyOutbox) -> Result<(), sqlx::Error> {
    for (look, make) in TABLES {
        if execute(outbox, look).await.is_ok() {
            continue;
        }
        for sql in make {
            // PostgreSQL can refuse one of two that make the same table at the same time.
            if execute(outbox, sql).await.is_err() {
                execute(outbox, sql).await?;
            }
        }
    }
    Ok(())
}

async fn execute(outbox: &AnyOutbox, sql: &'static str) -> Result<(), sqlx::Error> {
    on_store!(outbox, outbox => sqlx::query(sql).execute(outbox.pool()).await.map(drop))
}
