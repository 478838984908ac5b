//! Where a scenario takes place: an outbox of its own, and a directory.

use std::cell::Cell;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::OnceLock;

use serde_json::Value;
use sqlx::any::{AnyRow, install_default_drivers};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tokio::sync::{Mutex, MutexGuard};
use xtask::postgres::{Server, find_binaries};

use crate::clock::{now, until};
use crate::process::{LIMIT, Process};
use crate::sink::Sink;

/// One scenario at a time, since they measure.
static TURN: Mutex<()> = Mutex::const_new(());

/// What every endpoint here signs with, unless a scenario says more.
pub(crate) const SECRET: &str = "whsec_dGhlIHNlY3JldCBvZiBldmVyeSBlbmRwb2ludCE=";

/// An outbox, and the files of those who use it.
pub(crate) struct Place {
    directory: PathBuf,
    /// As the programs are told it.
    pub(crate) outbox: String,
    random: Cell<u64>,
    started: Cell<usize>,
    /// Whose database is removed at the end.
    database: Option<(String, String)>,
    _turn: MutexGuard<'static, ()>,
}

impl Place {
    /// On a file of SQLite.
    pub(crate) async fn sqlite(name: &str) -> Self {
        let turn = TURN.lock().await;
        let mut place = Self::new(name, turn);
        place.outbox = place.path("crm.db").display().to_string();
        place
    }

    /// On a database of its own in PostgreSQL.
    pub(crate) async fn postgres(name: &str) -> Self {
        let turn = TURN.lock().await;
        let mut place = Self::new(name, turn);
        let server = server_url();
        let database = format!("hookwright_scenario_{name}_{}_{}", process::id(), now());
        run(&server, &format!("CREATE DATABASE {database}")).await;
        place.outbox = with_database(&server, &database);
        place.database = Some((server, database));
        place
    }

    /// On a server of its own, which may be killed.
    pub(crate) async fn postgres_server(name: &str) -> (Self, Server) {
        let turn = TURN.lock().await;
        let mut place = Self::new(name, turn);
        let directory = place.path("postgres");
        let server = Server::start_anew(&binaries(), &directory, &[]).expect("a server starts");
        place.outbox = server.url();
        (place, server)
    }

    fn new(name: &str, turn: MutexGuard<'static, ()>) -> Self {
        install_default_drivers();
        let seed = now();
        let directory = env::temp_dir().join(format!("hookwright-{name}-{}-{seed}", process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        println!("seed {seed}, in {}", directory.display());
        let (random, started) = (Cell::new(seed), Cell::new(0));
        Self { directory, outbox: String::new(), random, started, database: None, _turn: turn }
    }

    /// Removes what the scenario has made.
    pub(crate) async fn close(mut self) {
        if let Some((server, database)) = self.database.take() {
            run(&server, &format!("DROP DATABASE {database} WITH (FORCE)")).await;
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        !self.outbox.starts_with("postgres")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    /// A number of a range, by the seed that is printed (splitmix64).
    pub(crate) fn random(&self, range: std::ops::Range<usize>) -> usize {
        let state = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.set(state);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let width = u64::try_from(range.len()).expect("a small range");
        let offset = (mixed ^ (mixed >> 31)) % width;
        range.start + usize::try_from(offset).expect("within the range")
    }

    /// Starts a program.
    pub(crate) fn start_command(&self, command: Command) -> Process {
        let number = self.started.replace(self.started.get() + 1);
        let program = Path::new(command.get_program()).file_name().expect("a program has a name");
        let stderr = self.path(&format!("{number}-{}.stderr", program.display()));
        Process::start(command, stderr)
    }

    /// Starts receivers, which accept [`SECRET`].
    pub(crate) fn sink(&self, arguments: &[&str]) -> Sink {
        let log = self.path(&format!("arrivals-{}", self.started.get()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_sink"));
        command.args(["--port", "0", "--secret", SECRET, "--log"]).arg(&log).args(arguments);
        Sink::of(self.start_command(command), log)
    }

    /// The command of a dispatcher with leases of 2 seconds, which may dial loopback.
    pub(crate) fn dispatch(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dispatch"));
        command.args(["--outbox", &self.outbox, "--lease", "2", "--allow", "127.0.0.0/8"]);
        command
    }

    /// Starts a dispatcher, and waits until it works.
    pub(crate) fn dispatcher(&self, arguments: &[&str]) -> Process {
        let mut command = self.dispatch();
        command.args(arguments);
        let process = self.start_command(command);
        let line = process.line();
        assert_eq!(line.as_deref(), Some("ready"), "{}", process.complaints());
        process
    }

    /// Starts a load of so many events to these endpoints, which are made before, and waits until
    /// they are.
    pub(crate) async fn load(
        &self,
        events: usize,
        endpoints: &[String],
        arguments: &[&str],
    ) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_load"));
        command.args(["--outbox", &self.outbox, "--events", &events.to_string(), "--ledger"]);
        command.arg(self.path("ledger"));
        for endpoint in endpoints {
            command.args(["--endpoint", endpoint, "--secret", SECRET]);
        }
        command.args(arguments);
        let mut process = self.start_command(command);
        until("a load begins", LIMIT, async || self.path("ledger").exists() || process.has_ended())
            .await;
        process
    }

    /// Reconciles everything: the report of `check`, which must find it sound.
    pub(crate) async fn check(&self, sink: &Sink, max_repeats: usize) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_check"));
        command.args(["--outbox", &self.outbox, "--max-repeats", &max_repeats.to_string()]);
        command.arg("--ledger").arg(self.path("ledger")).arg("--log").arg(&sink.log);
        let mut process = self.start_command(command);
        let report = process.line().unwrap_or_default();
        println!("{report}");
        process.success().await;
        serde_json::from_str(&report).expect("a report of JSON")
    }

    /// A number from the tables.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.connect().await;
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number")
    }

    /// Rows of the tables.
    pub(crate) async fn rows(&self, sql: &'static str) -> Vec<AnyRow> {
        let mut connection = self.connect().await;
        sqlx::query(sql).fetch_all(&mut connection).await.expect("rows")
    }

    async fn connect(&self) -> AnyConnection {
        let url = if self.is_sqlite() {
            format!("sqlite://{}?mode=rw", self.outbox)
        } else {
            self.outbox.clone()
        };
        AnyConnection::connect(&url).await.expect("the database can be reached")
    }

    /// How much is to be delivered still; an event that is not fanned out yet counts as one.
    pub(crate) async fn backlog(&self) -> i64 {
        self.number(
            "SELECT (SELECT count(*) FROM hookwright_fresh) \
             + (SELECT count(*) FROM hookwright_delivery WHERE state = 0)",
        )
        .await
    }

    /// Waits until nothing is to be delivered any more.
    pub(crate) async fn until_delivered(&self) {
        let limit = LIMIT * 2;
        until("everything is delivered", limit, async || self.backlog().await == 0).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("kept for you to look at: {}", self.directory.display());
        } else {
            // What stays is in a directory for what is temporary.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// The address of the server that is given, or of one that is started for all tests here, and
/// stopped at their end by a process of its own.
fn server_url() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    if let Ok(url) = env::var("HOOKWRIGHT_TEST_DATABASE_URL") {
        return url;
    }
    let server = SERVER.get_or_init(|| {
        let directory = env::temp_dir().join(format!("hookwright-scenarios-{}", process::id()));
        Server::start_anew(&binaries(), &directory, &[]).expect("a server starts")
    });
    server.url()
}

fn binaries() -> PathBuf {
    let given = env::var_os("HOOKWRIGHT_POSTGRES_BIN").map(PathBuf::from);
    given.or_else(find_binaries).expect("PostgreSQL is installed")
}

/// The same server with another database.
fn with_database(url: &str, database: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = address.rsplit_once('/').expect("a URL has a path");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{server}/{database}{mark}{query}")
}

async fn run(url: &str, sql: &str) {
    let mut connection = AnyConnection::connect(url).await.expect("the server can be reached");
    let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
    done.expect("the server does it");
}
