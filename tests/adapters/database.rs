//! A database of one test's own, and what is in it.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::Utc;
use hookwright::{MasterKey, Outbox, OutboxBuilder, Postgres, Sqlite};
use reqwest::Url;
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, FromRow};

/// Names the database that may be used to make others.
const SERVER: &str = "HOOKWRIGHT_TEST_DATABASE_URL";

/// A database with the application's table `note`.
pub(crate) struct Database {
    connection: AnyConnection,
    url: Url,
    place: Place,
}

enum Place {
    Directory(PathBuf),
    Server(Url),
}

/// A row of the table of events.
#[derive(Debug, FromRow)]
pub(crate) struct StoredEvent {
    #[sqlx(flatten)]
    pub(crate) row: Row,
    pub(crate) emitted_at: i64,
}

/// What is the same whoever emits.
#[derive(Debug, PartialEq, Eq, FromRow)]
pub(crate) struct Row {
    pub(crate) event_id: String,
    tenant: Option<String>,
    object: String,
    operation: String,
    pub(crate) object_id: String,
    time: i64,
    changed: Option<String>,
    previous: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
    fresh: i64,
    /// The types of the values, which SQLite does not take from the columns.
    types: String,
}

const COLUMNS: [&str; 10] = [
    "event_id",
    "tenant",
    "object",
    "operation",
    "object_id",
    "time",
    "changed",
    "previous",
    "data",
    "emitted_at",
];

impl Database {
    /// A new file of SQLite. A test that fails leaves it there.
    pub(crate) async fn sqlite() -> (Self, Outbox<Sqlite>) {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(new_name());
        fs::create_dir_all(&directory).expect("a new directory");
        let path = directory.join("crm.db");
        let url = Url::parse(&format!("sqlite:{}", path.display())).expect("a URL");
        let outbox = builder().sqlite(url.as_str()).await.expect("an outbox");
        (Self::open(url, Place::Directory(directory)).await, outbox)
    }

    /// A new database of the server. A test that fails leaves it there.
    pub(crate) async fn postgres() -> (Self, Outbox<Postgres>) {
        let server = env::var(SERVER).unwrap_or_else(|_| panic!("{SERVER} is not set"));
        let server = Url::parse(&server).expect("a URL");
        let (name, mut url) = (new_name(), server.clone());
        url.set_path(&name);
        execute(&mut connect(&server).await, format!("CREATE DATABASE {name}")).await;
        let outbox = builder().postgres(url.as_str()).await.expect("an outbox");
        (Self::open(url, Place::Server(server)).await, outbox)
    }

    async fn open(url: Url, place: Place) -> Self {
        let mut connection = connect(&url).await;
        execute(&mut connection, "CREATE TABLE note (id TEXT NOT NULL)").await;
        Self { connection, url, place }
    }

    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Every event, in the order of their insertion.
    pub(crate) async fn events(&mut self) -> Vec<StoredEvent> {
        let types = match self.place {
            Place::Directory(_) => COLUMNS.map(|column| format!("typeof({column})")),
            Place::Server(_) => COLUMNS.map(|column| format!("pg_typeof({column})::text")),
        };
        let select = format!(
            "SELECT {}, CAST(CASE WHEN id IN (SELECT id FROM hookwright_fresh) THEN 1 ELSE 0 END AS BIGINT) AS fresh, {} AS types FROM hookwright_event ORDER BY id",
            COLUMNS.join(", "),
            types.join(" || ' ' || "),
        );
        sqlx::query_as(AssertSqlSafe(select))
            .fetch_all(&mut self.connection)
            .await
            .expect("the events")
    }

    /// Every event, after which there is none.
    pub(crate) async fn take_events(&mut self) -> Vec<StoredEvent> {
        let events = self.events().await;
        execute(&mut self.connection, "DELETE FROM hookwright_event").await;
        events
    }

    /// How many notes the application has saved.
    pub(crate) async fn notes(&mut self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM note");
        count.fetch_one(&mut self.connection).await.expect("the notes")
    }

    /// Removes it.
    pub(crate) async fn remove(self) {
        let Self { connection, url, place } = self;
        drop(connection.close().await);
        match place {
            Place::Directory(directory) => {
                fs::remove_dir_all(directory).expect("a directory that is there");
            }
            Place::Server(server) => {
                let name = url.path().trim_start_matches('/');
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                execute(&mut connect(&server).await, drop).await;
            }
        }
    }
}

fn builder() -> OutboxBuilder {
    OutboxBuilder::new().master_key(MasterKey::generate())
}

/// A name that no other test has, of this run or another one.
fn new_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (process, next) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    format!("adapters_{}_{process}_{next}", Utc::now().timestamp_millis())
}

async fn connect(url: &Url) -> AnyConnection {
    install_default_drivers();
    AnyConnection::connect(url.as_str()).await.expect("a database that can be reached")
}

async fn execute(connection: &mut AnyConnection, sql: impl Into<String>) {
    sqlx::query(AssertSqlSafe(sql.into())).execute(connection).await.expect("SQL that runs");
}
