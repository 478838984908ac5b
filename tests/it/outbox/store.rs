//! What the contract asks of a store beyond its own calls: a place that is made and removed, and
//! plain SQL.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use hookwright::{Insert, Outbox, OutboxBuilder, OutboxError, Parameter, Postgres, Sqlite, Store};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row};

use super::fixture::until;

pub(super) trait TestStore: Store {
    /// Whether one dispatcher works on a database, and not several.
    const HAS_ONE_DISPATCHER: bool;
    /// Whether one transaction writes at a time, and only on what it has read last.
    const HAS_ONE_WRITER: bool;
    /// Makes a trigger that keeps the event of each delivery that is written again, in the table
    /// `written_again`.
    const NOTE_UPDATES: &'static str;

    /// Where a database is.
    type Place: Clone + Send + Sync + 'static;

    /// Makes an empty database.
    fn make_place() -> impl Future<Output = Self::Place> + Send;

    fn remove_place(place: Self::Place) -> impl Future<Output = ()> + Send;

    fn open(
        place: &Self::Place,
        builder: OutboxBuilder,
    ) -> impl Future<Output = Result<Outbox<Self>, OutboxError>> + Send;

    /// Runs SQL, and tells how many rows it changed.
    fn run_sql(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    /// The first number of the first row.
    fn read_number(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Option<i64>> + Send;

    /// The first text of every row.
    fn read_texts(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Vec<Option<String>>> + Send;

    /// The first bytes of the first row.
    fn read_bytes(
        connection: &mut Self::Connection,
        sql: &str,
    ) -> impl Future<Output = Option<Vec<u8>>> + Send;

    /// Runs an insert by plain sqlx.
    fn run_insert(
        connection: &mut Self::Connection,
        insert: Insert,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Everything that the database holds, as it lies there.
    fn dump(place: &Self::Place, outbox: &Outbox<Self>) -> impl Future<Output = Vec<u8>> + Send;

    /// How `bytes` may look in a dump.
    fn dumped(bytes: &[u8]) -> Vec<Vec<u8>>;
}

/// A name that no other test has, nor had.
fn unique_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("hookwright_it_{}_{}_{count}", process::id(), time.as_nanos())
}

impl TestStore for Sqlite {
    const HAS_ONE_DISPATCHER: bool = true;
    const HAS_ONE_WRITER: bool = true;
    const NOTE_UPDATES: &'static str = "CREATE TABLE written_again (event INTEGER); \
         CREATE TRIGGER note_update AFTER UPDATE ON hookwright_delivery BEGIN \
         INSERT INTO written_again VALUES (new.event); END";

    /// A file in a directory of its own.
    type Place = PathBuf;

    async fn make_place() -> PathBuf {
        let directory = env::temp_dir().join(unique_name());
        fs::create_dir(&directory).expect("a new directory");
        directory.join("crm.db")
    }

    async fn remove_place(place: PathBuf) {
        let directory = place.parent().expect("a directory of its own");
        // Connections that are being closed may write beside the database still.
        until("it is removed", || async {
            fs::remove_dir_all(directory).is_ok() || !directory.exists()
        })
        .await;
    }

    async fn open(place: &PathBuf, builder: OutboxBuilder) -> Result<Outbox<Self>, OutboxError> {
        builder.sqlite(place.to_str().expect("a path of ASCII")).await
    }

    async fn run_sql(connection: &mut SqliteConnection, sql: &str) -> Result<u64, sqlx::Error> {
        let done = connection.execute(AssertSqlSafe(sql.to_owned())).await?;
        Ok(done.rows_affected())
    }

    async fn read_number(connection: &mut SqliteConnection, sql: &str) -> Option<i64> {
        let row = connection.fetch_optional(AssertSqlSafe(sql.to_owned())).await.expect(sql)?;
        row.try_get(0).expect("a number")
    }

    async fn read_texts(connection: &mut SqliteConnection, sql: &str) -> Vec<Option<String>> {
        let rows = connection.fetch_all(AssertSqlSafe(sql.to_owned())).await.expect(sql);
        rows.iter().map(|row| row.try_get(0).expect("a text")).collect()
    }

    async fn read_bytes(connection: &mut SqliteConnection, sql: &str) -> Option<Vec<u8>> {
        let row = connection.fetch_optional(AssertSqlSafe(sql.to_owned())).await.expect(sql)?;
        row.try_get(0).expect("bytes")
    }

    async fn run_insert(
        connection: &mut SqliteConnection,
        insert: Insert,
    ) -> Result<(), sqlx::Error> {
        let mut query = sqlx::query(insert.sql());
        for parameter in insert.into_parameters() {
            query = match parameter {
                Parameter::Text(text) => query.bind(text),
                Parameter::Bytes(bytes) => query.bind(bytes),
                Parameter::Integer(number) => query.bind(number),
            };
        }
        query.execute(connection).await.map(drop)
    }

    async fn dump(place: &PathBuf, _outbox: &Outbox<Self>) -> Vec<u8> {
        let directory = place.parent().expect("a directory of its own");
        let mut dump = Vec::new();
        for entry in fs::read_dir(directory).expect("it is there") {
            let path = entry.expect("a file").path();
            let is_key = path.extension().is_some_and(|extension| extension == "key");
            if !is_key {
                dump.extend(fs::read(path).expect("a file that can be read"));
            }
        }
        dump
    }

    fn dumped(bytes: &[u8]) -> Vec<Vec<u8>> {
        vec![bytes.to_vec()]
    }
}

/// A database of a server, by URL.
#[derive(Clone)]
pub(super) struct Address {
    server: String,
    name: String,
}

impl Address {
    pub(super) fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').expect("a URL with a database");
        format!("{server}/{}", self.name)
    }
}

/// The variable that holds the URL of a server on which databases can be made.
const SERVER: &str = "HOOKWRIGHT_TEST_DATABASE_URL";

impl TestStore for Postgres {
    const HAS_ONE_DISPATCHER: bool = false;
    const HAS_ONE_WRITER: bool = false;
    const NOTE_UPDATES: &'static str = "CREATE TABLE written_again (event BIGINT); \
         CREATE FUNCTION note_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO written_again VALUES (new.event); RETURN NULL; END $$; \
         CREATE TRIGGER note_update AFTER UPDATE ON hookwright_delivery FOR EACH ROW \
         EXECUTE FUNCTION note_update()";

    type Place = Address;

    async fn make_place() -> Address {
        let server = env::var(SERVER).expect("HOOKWRIGHT_TEST_DATABASE_URL names a server");
        let place = Address { server, name: unique_name() };
        let mut connection = PgConnection::connect(&place.server).await.expect("the server");
        let create = format!("CREATE DATABASE {}", place.name);
        Self::run_sql(&mut connection, &create).await.expect("a new database");
        place
    }

    async fn remove_place(place: Address) {
        let mut connection = PgConnection::connect(&place.server).await.expect("the server");
        let remove = format!("DROP DATABASE {} WITH (FORCE)", place.name);
        Self::run_sql(&mut connection, &remove).await.expect("the database is there");
    }

    async fn open(place: &Address, builder: OutboxBuilder) -> Result<Outbox<Self>, OutboxError> {
        builder.postgres(&place.url()).await
    }

    async fn run_sql(connection: &mut PgConnection, sql: &str) -> Result<u64, sqlx::Error> {
        let done = connection.execute(AssertSqlSafe(sql.to_owned())).await?;
        Ok(done.rows_affected())
    }

    async fn read_number(connection: &mut PgConnection, sql: &str) -> Option<i64> {
        let row = connection.fetch_optional(AssertSqlSafe(sql.to_owned())).await.expect(sql)?;
        let small = || row.try_get::<Option<i16>, _>(0).map(|number| number.map(i64::from));
        let middle = || row.try_get::<Option<i32>, _>(0).map(|number| number.map(i64::from));
        row.try_get(0).or_else(|_| middle()).or_else(|_| small()).expect("a number")
    }

    async fn read_texts(connection: &mut PgConnection, sql: &str) -> Vec<Option<String>> {
        let rows = connection.fetch_all(AssertSqlSafe(sql.to_owned())).await.expect(sql);
        rows.iter().map(|row| row.try_get(0).expect("a text")).collect()
    }

    async fn read_bytes(connection: &mut PgConnection, sql: &str) -> Option<Vec<u8>> {
        let row = connection.fetch_optional(AssertSqlSafe(sql.to_owned())).await.expect(sql)?;
        row.try_get(0).expect("bytes")
    }

    async fn run_insert(connection: &mut PgConnection, insert: Insert) -> Result<(), sqlx::Error> {
        let mut query = sqlx::query(insert.sql());
        for parameter in insert.into_parameters() {
            query = match parameter {
                Parameter::Text(text) => query.bind(text),
                Parameter::Bytes(bytes) => query.bind(bytes),
                Parameter::Integer(number) => query.bind(number),
            };
        }
        query.execute(connection).await.map(drop)
    }

    async fn dump(_place: &Address, outbox: &Outbox<Self>) -> Vec<u8> {
        let mut connection = outbox.pool().acquire().await.expect("a connection");
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
        let mut dump = Vec::new();
        for table in Self::read_texts(&mut connection, tables).await.into_iter().flatten() {
            let rows = format!("SELECT t::text FROM {table} AS t");
            for row in Self::read_texts(&mut connection, &rows).await.into_iter().flatten() {
                dump.extend(row.into_bytes());
            }
        }
        dump
    }

    fn dumped(bytes: &[u8]) -> Vec<Vec<u8>> {
        vec![bytes.to_vec(), hex::encode(bytes).into_bytes()]
    }
}
