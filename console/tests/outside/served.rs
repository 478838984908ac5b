//! `hookwright serve`, as it is installed, on a database of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, process};

use hookwright::MasterKey;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// A server, which ends with this.
pub(crate) struct Served {
    process: Child,
    place: Place,
    /// Where it is.
    pub(crate) url: String,
    /// A key that may do everything.
    pub(crate) key: String,
}

enum Place {
    /// The directory that the file is in.
    Sqlite(PathBuf),
    /// The URL of the database server, and the name of the database.
    Postgres(String, String),
}

/// A name that no other test has, nor had.
pub(crate) fn unique_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("hookwright_outside_{}_{}_{count}", process::id(), time.as_nanos())
}

/// Runs a statement on the database server.
fn run_sql(server: &str, sql: String) {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let mut connection = PgConnection::connect(server).await.expect("a server");
        connection.execute(AssertSqlSafe(sql)).await.expect("a database");
    });
}

impl Served {
    pub(crate) fn on_sqlite() -> Self {
        let directory = env::temp_dir().join(unique_name());
        fs::create_dir(&directory).expect("a new directory");
        let file = directory.join("console.db");
        Self::start(file.to_str().expect("a path of UTF-8"), Place::Sqlite(directory.clone()))
    }

    pub(crate) fn on_postgres() -> Self {
        let server = env::var("HOOKWRIGHT_TEST_DATABASE_URL").expect(
            "HOOKWRIGHT_TEST_DATABASE_URL: the URL of a PostgreSQL server; `cargo xtask test` sets it",
        );
        let name = unique_name();
        run_sql(&server, format!("CREATE DATABASE {name}"));
        let (base, _) = server.rsplit_once('/').expect("the path of a database");
        let database = format!("{base}/{name}");
        Self::start(&database, Place::Postgres(server, name))
    }

    fn start(database: &str, place: Place) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hookwright"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--allow", "127.0.0.0/8"])
            .args(["--database", database])
            // A database server is asked for one.
            .env("HOOKWRIGHT_MASTER_KEY", &*MasterKey::generate().to_base64())
            // The settings of whoever runs the tests are not theirs.
            .env_remove("HOOKWRIGHT_DATABASE")
            .env_remove("HOOKWRIGHT_LISTEN")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command was built");
        let mut line = String::new();
        let output = process.stdout.as_mut().expect("it is piped");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let told: Value = serde_json::from_str(&line).expect("the first line is JSON");
        let text = |name: &str| told[name].as_str().expect("it is told").to_owned();
        Self { url: text("url"), key: text("key"), process, place }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        match &self.place {
            Place::Sqlite(directory) => {
                let _ = fs::remove_dir_all(directory);
            }
            Place::Postgres(server, name) => {
                run_sql(server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            }
        }
    }
}
