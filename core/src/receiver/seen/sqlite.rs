use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Pool, Row, Sqlite};

use super::memory::expiry;
use super::{Claimed, SeenError, SeenKeys, SeenStore};

/// Remembers requests in a table of SQLite, `hookwright_seen`, so that they are known after a restart
/// and to other processes: for 72 hours, unless set.
///
/// # Examples
///
/// ```no_run
/// use hookwright::receiver::seen::SqliteSeenIds;
///
/// # async fn example(pool: sqlx::SqlitePool) -> Result<(), hookwright::receiver::seen::SeenError> {
/// let seen = SqliteSeenIds::open("receiver.db").await?;
/// // Or in the application's own database, where several senders share the table.
/// let seen = SqliteSeenIds::in_pool(pool).await?.sender("crm");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct SqliteSeenIds {
    pool: Pool<Sqlite>,
    sender: Arc<str>,
    keep_for: Duration,
    handling: Duration,
    clock: Option<Clock>,
}

type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// `token` is NULL of what was handled.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS hookwright_seen (key BLOB NOT NULL PRIMARY KEY, \
     expires_at INTEGER NOT NULL, token INTEGER) WITHOUT ROWID; \
     CREATE INDEX IF NOT EXISTS hookwright_seen_expires_at ON hookwright_seen (expires_at)";
/// How long a writer waits for another one.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// How many expired keys each claim deletes at most: more than it adds, so that the table shrinks.
const CLEAN: i64 = 16;

impl SqliteSeenIds {
    /// Opens a file of SQLite, which is made when it is not there.
    ///
    /// # Errors
    ///
    /// [`SeenError`] when the file cannot be used.
    pub async fn open(path: &str) -> Result<Self, SeenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_WAIT);
        // One connection: writers wait for each other in order.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        Self::in_pool(pool.map_err(SeenError::new)?).await
    }

    /// Remembers in the database that the application has a pool of.
    ///
    /// # Errors
    ///
    /// [`SeenError`] when the table cannot be made.
    pub async fn in_pool(pool: Pool<Sqlite>) -> Result<Self, SeenError> {
        sqlx::raw_sql(TABLE).execute(&pool).await.map_err(SeenError::new)?;
        Ok(Self {
            pool,
            sender: "".into(),
            keep_for: Duration::from_hours(72),
            handling: Duration::from_mins(1),
            clock: None,
        })
    }

    /// Names the sender whose requests these are, of several that share the table.
    pub fn sender(mut self, name: &str) -> Self {
        self.sender = name.into();
        self
    }

    /// Sets for how long a request is remembered that was handled: for twice the verifier's tolerance
    /// at least, while it could be verified again.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.keep_for = time;
        self
    }

    /// Sets for how long a request counts as under way whose process has died: a minute unless set.
    /// It must be longer than any request is handled.
    pub fn handling_limit(mut self, time: Duration) -> Self {
        self.handling = time;
        self
    }

    /// Reads the time from `clock`, for tests.
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    fn now(&self) -> i64 {
        self.clock.as_ref().map_or_else(Utc::now, |clock| clock()).timestamp_millis()
    }

    /// What stands in the table, of one sender.
    fn keys(&self, keys: &SeenKeys) -> Vec<Vec<u8>> {
        let key = |key: &[u8; 32]| {
            Sha256::new().chain_update(key).chain_update(&*self.sender).finalize().to_vec()
        };
        keys.iter().map(key).collect()
    }

    async fn try_claim(&self, keys: &[Vec<u8>], now: i64) -> Result<Claimed, sqlx::Error> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let mut is_under_way = false;
        for key in keys {
            let select = "SELECT token FROM hookwright_seen WHERE key = ? AND expires_at > ?";
            let found = sqlx::query(select).bind(key).bind(now);
            let Some(row) = found.fetch_optional(&mut *transaction).await? else { continue };
            if row.try_get::<Option<i64>, _>(0)?.is_none() {
                return Ok(Claimed::Handled);
            }
            is_under_way = true;
        }
        if is_under_way {
            return Ok(Claimed::UnderWay);
        }
        let clean = "DELETE FROM hookwright_seen WHERE key IN (SELECT key FROM hookwright_seen \
             WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)";
        sqlx::query(clean).bind(now).bind(CLEAN).execute(&mut *transaction).await?;
        let token = u64::from(rand::random::<u32>());
        let limit = i64::try_from(self.handling.as_millis()).unwrap_or(i64::MAX);
        for key in keys {
            let insert =
                "INSERT OR REPLACE INTO hookwright_seen (key, expires_at, token) VALUES (?, ?, ?)";
            sqlx::query(insert)
                .bind(key)
                .bind(now.saturating_add(limit))
                .bind(stored(token))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(Claimed::New(token))
    }

    async fn try_keep(&self, keys: &[Vec<u8>], expires_at: i64) -> Result<(), sqlx::Error> {
        // Also of a token that has expired: it was handled.
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for key in keys {
            let insert = "INSERT OR REPLACE INTO hookwright_seen (key, expires_at, token) VALUES (?, ?, NULL)";
            sqlx::query(insert).bind(key).bind(expires_at).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    async fn try_release(&self, keys: &[Vec<u8>], token: u64) -> Result<(), sqlx::Error> {
        for key in keys {
            let delete = "DELETE FROM hookwright_seen WHERE key = ? AND token = ?";
            sqlx::query(delete).bind(key).bind(stored(token)).execute(&self.pool).await?;
        }
        Ok(())
    }
}

/// A token has 32 bits.
fn stored(token: u64) -> i64 {
    i64::try_from(token).unwrap_or(i64::MAX)
}

impl SeenStore for SqliteSeenIds {
    async fn claim(&self, keys: &SeenKeys) -> Result<Claimed, SeenError> {
        self.try_claim(&self.keys(keys), self.now()).await.map_err(SeenError::new)
    }

    async fn keep(&self, keys: &SeenKeys, _token: u64) -> Result<(), SeenError> {
        let expires_at = expiry(self.now(), self.keep_for, keys);
        self.try_keep(&self.keys(keys), expires_at).await.map_err(SeenError::new)
    }

    async fn release(&self, keys: &SeenKeys, token: u64) -> Result<(), SeenError> {
        self.try_release(&self.keys(keys), token).await.map_err(SeenError::new)
    }

    fn abandon(&self, keys: &SeenKeys, token: u64) {
        let (store, keys) = (self.clone(), self.keys(keys));
        // Without a runtime it counts as under way until its time is over.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { store.try_release(&keys, token).await });
        }
    }
}

impl fmt::Debug for SqliteSeenIds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SqliteSeenIds")
            .field("sender", &self.sender)
            .field("keep_for", &self.keep_for)
            .finish_non_exhaustive()
    }
}
