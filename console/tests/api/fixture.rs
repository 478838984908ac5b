//! A console of an outbox of its own, and a client of it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, process};

use axum::Router;
use axum::body::Body;
use hookwright::{Dispatcher, MasterKey, Outbox, OutboxBuilder, Postgres, Sender, Sqlite};
use hookwright_console::{AnyOutbox, Console};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tokio::sync::watch;
use tower::ServiceExt;

/// A console, its first key, and where its database is.
pub(crate) struct Fixture {
    pub(crate) outbox: AnyOutbox,
    pub(crate) router: Router,
    /// A key that may do everything.
    pub(crate) key: String,
    place: Place,
}

enum Place {
    /// The directory that the file is in.
    Sqlite(PathBuf),
    /// The URL of the server, and the name of the database.
    Postgres(String, String),
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The answer, which has this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The members that are wrong, and what is wrong with them.
    #[track_caller]
    pub(crate) fn errors(&self) -> Vec<(String, String)> {
        let problem = self.expect(422);
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        errors.iter().map(|error| (text(&error["field"]), text(&error["detail"]))).collect()
    }
}

/// A name that no other test has, nor had.
fn unique_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("hookwright_console_{}_{}_{count}", process::id(), time.as_nanos())
}

/// A sender that dials this machine.
pub(crate) fn sender() -> Sender {
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    sender.build().expect("a sender")
}

fn console(outbox: &AnyOutbox) -> Console {
    let console = Console::new(outbox.clone()).expect("a console");
    console.sender(sender()).metrics(|| "a_metric 1\n".to_owned())
}

impl Fixture {
    pub(crate) async fn sqlite() -> Self {
        let directory = env::temp_dir().join(unique_name());
        fs::create_dir(&directory).expect("a new directory");
        let file = directory.join("crm.db");
        let outbox: Outbox<Sqlite> =
            Outbox::sqlite(file.to_str().expect("a path of ASCII")).await.expect("an outbox");
        Self::of(outbox.into(), Place::Sqlite(directory)).await
    }

    pub(crate) async fn postgres() -> Self {
        let server = env::var("HOOKWRIGHT_TEST_DATABASE_URL").expect(
            "HOOKWRIGHT_TEST_DATABASE_URL: the URL of a PostgreSQL server; `cargo xtask test` sets it",
        );
        let name = unique_name();
        let mut connection = PgConnection::connect(&server).await.expect("a server");
        let create = format!("CREATE DATABASE {name}");
        connection.execute(AssertSqlSafe(create)).await.expect("a database");
        let (base, _) = server.rsplit_once('/').expect("the path of a database");
        let outbox: Outbox<Postgres> = OutboxBuilder::new()
            .master_key(MasterKey::generate())
            .postgres(&format!("{base}/{name}"))
            .await
            .expect("an outbox");
        Self::of(outbox.into(), Place::Postgres(server, name)).await
    }

    async fn of(outbox: AnyOutbox, place: Place) -> Self {
        let console = console(&outbox);
        let key = console.first_key().await.expect("a database").expect("the first");
        let key = key.token().to_owned();
        Self { outbox, router: console.router(), key, place }
    }

    /// Another console of the same outbox.
    pub(crate) fn console(&self) -> Console {
        console(&self.outbox)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_as(Some(&self.key), method, path, body).await
    }

    pub(crate) async fn call_as(
        &self,
        key: Option<&str>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.expect("a request")).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// Makes a key.
    pub(crate) async fn make_key(&self, scopes: &[&str], tenant: Option<&str>) -> String {
        let new = serde_json::json!({"name": "a key", "scopes": scopes, "tenant": tenant});
        let made = self.post("/api/keys", new).await.expect(201);
        made["token"].as_str().expect("a token").to_owned()
    }

    /// A key that was good once.
    pub(crate) async fn make_expired_key(&self, tenant: &str) -> String {
        let new = serde_json::json!({"name": "expired", "scopes": ["admin"], "tenant": tenant});
        let made = self.post("/api/keys", new).await.expect(201);
        self.execute("UPDATE hookwright_api_key SET expires_at = 1 WHERE name = 'expired'").await;
        made["token"].as_str().expect("a token").to_owned()
    }

    /// Delivers until this is dropped.
    pub(crate) fn dispatch(&self) -> watch::Sender<()> {
        let (stop, mut stopped) = watch::channel(());
        let until = async move {
            let _ = stopped.changed().await;
        };
        match self.outbox.clone() {
            AnyOutbox::Sqlite(outbox) => {
                tokio::spawn(Dispatcher::new(outbox).sender(sender()).run(until));
            }
            AnyOutbox::Postgres(outbox) => {
                tokio::spawn(Dispatcher::new(outbox).sender(sender()).run(until));
            }
        }
        stop
    }

    /// Asks until what is asked for is as expected.
    pub(crate) async fn until(&self, path: &str, is_expected: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            let answer = self.get(path).await.expect(200);
            if is_expected(&answer) {
                return answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("{path} stays {}", self.get(path).await.text);
    }

    /// Every text of a table of the console's, as it lies there.
    pub(crate) async fn dump(&self, table: &str) -> String {
        let sql = match table {
            "hookwright_api_key" => {
                "SELECT id || ' ' || name || ' ' || digest || ' ' || hint FROM hookwright_api_key"
            }
            _ => {
                "SELECT digest || ' ' || request || ' ' || COALESCE(answer, '') FROM hookwright_idempotency"
            }
        };
        let texts: Vec<String> = match &self.outbox {
            AnyOutbox::Sqlite(outbox) => {
                let rows = sqlx::query(sql).fetch_all(outbox.pool()).await.expect("rows");
                rows.iter().map(|row| row.get(0)).collect()
            }
            AnyOutbox::Postgres(outbox) => {
                let rows = sqlx::query(sql).fetch_all(outbox.pool()).await.expect("rows");
                rows.iter().map(|row| row.get(0)).collect()
            }
        };
        assert!(!texts.is_empty(), "{table} has no rows");
        texts.join("\n")
    }

    /// Runs SQL that both stores know.
    pub(crate) async fn execute(&self, sql: &'static str) {
        match &self.outbox {
            AnyOutbox::Sqlite(outbox) => drop(outbox.pool().execute(sql).await.expect(sql)),
            AnyOutbox::Postgres(outbox) => drop(outbox.pool().execute(sql).await.expect(sql)),
        }
    }

    pub(crate) async fn remove(self) {
        match &self.outbox {
            AnyOutbox::Sqlite(outbox) => outbox.pool().close().await,
            AnyOutbox::Postgres(outbox) => outbox.pool().close().await,
        }
        match self.place {
            Place::Sqlite(directory) => fs::remove_dir_all(directory).expect("it is there"),
            Place::Postgres(server, name) => {
                let mut connection = PgConnection::connect(&server).await.expect("a server");
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                connection.execute(AssertSqlSafe(drop)).await.expect("a database");
            }
        }
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let answer = router.clone().oneshot(request).await.expect("a router does not fail");
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let text = String::from_utf8(body.to_vec()).expect("UTF-8");
    Answer { status: parts.status, headers: parts.headers, text }
}
