use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
#[cfg(feature = "sqlite")]
use std::time::Instant;

use sqlx::Pool;
use tokio::sync::Mutex;

use super::error::OutboxError;
use super::formats::Formats;
use super::master_key::{KeyError, MasterKey};
#[cfg(feature = "sqlite")]
use super::sqlite::{DatabaseFile, FileError, Sidecar};
use super::store::Store;
use super::wake::Wake;
use super::{Outbox, Shared, schema};
use crate::event::Body;

/// Sets up an [`Outbox`].
///
/// # Examples
///
/// ```no_run
/// use hookwright::{MasterKey, OutboxBuilder};
///
/// # #[cfg(feature = "postgres")]
/// # async fn example(key: MasterKey) -> Result<(), Box<dyn std::error::Error>> {
/// let outbox = OutboxBuilder::new()
///     .master_key(key)
///     .body_limit(1024 * 1024)
///     .postgres("postgres://crm@db.example.com/crm")
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct OutboxBuilder {
    key: Option<MasterKey>,
    body_limit: usize,
    #[cfg(feature = "schema")]
    catalog: Option<crate::Catalog>,
}

/// How many connections an outbox opens at most.
const CONNECTIONS: u32 = 10;
/// How long a connection is waited for.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);
/// How long another process's transaction is waited for in SQLite.
#[cfg(feature = "sqlite")]
const BUSY_WAIT: Duration = Duration::from_secs(10);

impl OutboxBuilder {
    /// An outbox as it is unless set up otherwise.
    pub fn new() -> Self {
        Self {
            key: None,
            body_limit: Body::DEFAULT_LIMIT,
            #[cfg(feature = "schema")]
            catalog: None,
        }
    }

    /// Sets the key that secrets are encrypted with, in place of the environment's.
    pub fn master_key(mut self, key: MasterKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets the largest body, in bytes: [`Body::DEFAULT_LIMIT`] unless set, and
    /// [`Body::MAX_LIMIT`] when it is more.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes.min(Body::MAX_LIMIT);
        self
    }

    /// Sets the events that there are: an endpoint that wants others, or updates of fields that no
    /// such object has, is refused when it is saved, with the name that was probably meant. Endpoints
    /// that are stored already are left as they are.
    #[cfg(feature = "schema")]
    pub fn catalog(mut self, catalog: crate::Catalog) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// Opens the outbox in a file of SQLite.
    ///
    /// # Errors
    ///
    /// As [`Outbox::sqlite`].
    #[cfg(feature = "sqlite")]
    pub async fn sqlite(self, path: &str) -> Result<Outbox<sqlx::Sqlite>, OutboxError> {
        use sqlx::sqlite::{
            SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
        };

        let options = if path.starts_with("sqlite:") {
            path.parse::<SqliteConnectOptions>()?
        } else {
            SqliteConnectOptions::new().filename(path)
        };
        let file = DatabaseFile::new(options.get_filename())?;
        let is_there = std::fs::metadata(file.path()).is_ok_and(|metadata| metadata.len() > 0);
        refuse_emptied(&file, is_there)?;
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_WAIT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_WAIT)
            .test_before_acquire(false);
        let start = Instant::now();
        let pool = loop {
            match pool.clone().connect_with(options.clone()).await.map_err(OutboxError::from) {
                // The time-out of a busy database does not cover the switch of a new one to WAL,
                // which another process may be making.
                Err(error) if error.is_busy() && start.elapsed() < BUSY_WAIT => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                connected => break connected?,
            }
        };
        // Each connection has its own cache of pages, which a commit through another one makes worth
        // nothing: so those who write take turns on one.
        let writers = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_WAIT)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        self.sqlite_pools(pool, writers).await
    }

    /// The outbox in the database that the application has a pool of.
    ///
    /// # Errors
    ///
    /// As [`Outbox::sqlite`].
    #[cfg(feature = "sqlite")]
    pub async fn sqlite_pool(
        self,
        pool: Pool<sqlx::Sqlite>,
    ) -> Result<Outbox<sqlx::Sqlite>, OutboxError> {
        self.sqlite_pools(pool.clone(), pool).await
    }

    #[cfg(feature = "sqlite")]
    async fn sqlite_pools(
        self,
        pool: Pool<sqlx::Sqlite>,
        writers: Pool<sqlx::Sqlite>,
    ) -> Result<Outbox<sqlx::Sqlite>, OutboxError> {
        use super::store::Backend;

        let file = DatabaseFile::of_pool(&pool)?;
        let has_tables = sqlx::Sqlite::has_tables(&mut *pool.acquire().await?).await?;
        refuse_emptied(&file, has_tables)?;
        let chosen = match self.key.clone() {
            Some(key) => Some(key),
            None => MasterKey::from_environment()?,
        };
        let key = match chosen {
            Some(key) => key,
            None if has_tables => file
                .read_key()?
                .ok_or_else(|| KeyError::Lost { path: file.sidecar(Sidecar::Key) })?,
            None => file.make_key()?,
        };
        let outbox = self.open(pool, writers, key, Some(Arc::default())).await?;
        file.keep_key()?;
        Ok(outbox)
    }

    /// Opens the outbox in PostgreSQL.
    ///
    /// # Errors
    ///
    /// As [`Outbox::postgres`].
    #[cfg(feature = "postgres")]
    pub async fn postgres(self, url: &str) -> Result<Outbox<sqlx::Postgres>, OutboxError> {
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_WAIT)
            .connect(url)
            .await?;
        self.postgres_pool(pool).await
    }

    /// The outbox in the database that the application has a pool of.
    ///
    /// # Errors
    ///
    /// As [`Outbox::postgres`].
    #[cfg(feature = "postgres")]
    pub async fn postgres_pool(
        self,
        pool: Pool<sqlx::Postgres>,
    ) -> Result<Outbox<sqlx::Postgres>, OutboxError> {
        let key = match self.key.clone() {
            Some(key) => Some(key),
            None => MasterKey::from_environment()?,
        };
        let key = key.ok_or(KeyError::Missing)?;
        self.open(pool.clone(), pool, key, None).await
    }

    async fn open<S: Store>(
        self,
        pool: Pool<S>,
        writers: Pool<S>,
        key: MasterKey,
        writer: Option<Arc<Mutex<()>>>,
    ) -> Result<Outbox<S>, OutboxError> {
        let version = schema::version::<S>(&mut *pool.acquire().await?).await?;
        if version == 0 {
            schema::migrate(&pool, &key).await?;
        }
        let mut connection = pool.acquire().await?;
        let is_current = schema::check_not_newer::<S>(&mut connection).await?;
        schema::check_key::<S>(&mut connection, &key).await?;
        drop(connection);
        let shared = Shared {
            pool,
            key,
            body_limit: self.body_limit,
            #[cfg(feature = "schema")]
            known: self.catalog.map(crate::catalog::KnownEvents::new),
            formats: Formats::new(),
            wake: Wake::default(),
            is_current: AtomicBool::new(is_current),
            writers,
            writer,
        };
        Ok(Outbox { shared: Arc::new(shared), tenant: None })
    }
}

/// A database that was there before is never taken for a new one.
#[cfg(feature = "sqlite")]
fn refuse_emptied(file: &DatabaseFile, is_there: bool) -> Result<(), OutboxError> {
    match file.witness() {
        Some(witness) if !is_there => {
            Err(FileError::Emptied { database: file.path().to_owned(), witness }.into())
        }
        _ => Ok(()),
    }
}

impl Default for OutboxBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for OutboxBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OutboxBuilder")
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}
