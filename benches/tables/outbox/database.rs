//! The databases of the tables.

use std::error::Error;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hookwright::{KeyError, MasterKey, Outbox, OutboxBuilder, Store};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, Connection, Pool, Postgres, Sqlite};
use xtask::postgres::{Server, find_binaries};

/// Where the files are: on the disk of the target directory.
pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-outbox")
}

/// An empty directory of this name.
pub(crate) fn empty_directory(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let directory = directory().join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// A new server of PostgreSQL, with PostgreSQL's own settings.
pub(crate) fn start_postgres() -> Result<Server, Box<dyn Error>> {
    let binaries = find_binaries().ok_or("PostgreSQL is not installed")?;
    Ok(Server::start_anew(&binaries, &directory().join("postgres"), &[])?)
}

/// The same in every process of the tables.
fn key() -> Result<MasterKey, KeyError> {
    MasterKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
}

/// What the tables ask of a store.
pub(crate) trait Database: Store + Sized {
    /// Opens an outbox in an empty database.
    fn open(address: &str) -> impl Future<Output = Result<Opened<Self>, Box<dyn Error>>>;

    /// The outbox that [`open`](Self::open) has made, as it is.
    fn reopen(address: &str) -> impl Future<Output = Result<Outbox<Self>, Box<dyn Error>>>;

    /// The one number that a query gives.
    fn number(
        pool: &Pool<Self>,
        sql: &str,
    ) -> impl Future<Output = Result<i64, sqlx::Error>> + Send;

    /// Runs statements.
    fn run(pool: &Pool<Self>, sql: &str) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// An outbox, and how many transactions that wrote something have committed in it.
pub(crate) struct Opened<S: Store> {
    pub(crate) outbox: Outbox<S>,
    /// Not counted in PostgreSQL.
    pub(crate) commits: Arc<AtomicU64>,
}

impl<S: Store> Opened<S> {
    #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
    pub(crate) fn commits(&self) -> f64 {
        self.commits.load(Ordering::Relaxed) as f64
    }
}

impl Database for Sqlite {
    async fn open(path: &str) -> Result<Opened<Self>, Box<dyn Error>> {
        let key = key()?;
        let outbox = OutboxBuilder::new().master_key(key.clone()).sqlite(path).await?;
        // The same options, and a hook that counts.
        let options = outbox.pool().connect_options().as_ref().clone();
        outbox.pool().close().await;
        let commits = Arc::new(AtomicU64::new(0));
        let counter = commits.clone();
        let pool = SqlitePoolOptions::new()
            .max_connections(10)
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                let counter = counter.clone();
                Box::pin(async move {
                    connection.lock_handle().await?.set_commit_hook(move || {
                        counter.fetch_add(1, Ordering::Relaxed);
                        true
                    });
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        let outbox = OutboxBuilder::new().master_key(key).sqlite_pool(pool).await?;
        Ok(Opened { outbox, commits })
    }

    async fn reopen(path: &str) -> Result<Outbox<Self>, Box<dyn Error>> {
        Ok(OutboxBuilder::new().master_key(key()?).sqlite(path).await?)
    }

    async fn number(pool: &Pool<Self>, sql: &str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(pool).await
    }

    async fn run(pool: &Pool<Self>, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.map(drop)
    }
}

impl Database for Postgres {
    /// The address is that of a database which is made.
    async fn open(address: &str) -> Result<Opened<Self>, Box<dyn Error>> {
        let (server, name) = address.rsplit_once('/').ok_or("an address has a database")?;
        let mut connection = sqlx::PgConnection::connect(&format!("{server}/postgres")).await?;
        for sql in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
        connection.close().await?;
        let key = key()?;
        let outbox = OutboxBuilder::new().master_key(key).postgres(address).await?;
        Ok(Opened { outbox, commits: Arc::default() })
    }

    async fn reopen(address: &str) -> Result<Outbox<Self>, Box<dyn Error>> {
        Ok(OutboxBuilder::new().master_key(key()?).postgres(address).await?)
    }

    async fn number(pool: &Pool<Self>, sql: &str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(pool).await
    }

    async fn run(pool: &Pool<Self>, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.map(drop)
    }
}
