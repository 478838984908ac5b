//! An application that emits: each event in the transaction of a row of its own table.
//!
//! What has committed is in the ledger, `event-id sha256-of-body` a line, which is synced to the
//! disk; what was rolled back is in `LEDGER.rolledback`, and what may have committed, since the
//! database did not say, in `LEDGER.unknown`.

mod failure;
mod key;
mod ledger;

use std::error::Error;
use std::future::Future;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Parser;
use hookwright::{
    EmitError, EndpointSettings, Event, EventId, Outbox, OutboxBuilder, Postgres, Secret, Sqlite,
    Store, WebhookObject,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::Connection;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use self::ledger::Ledger;

/// Writes rows, and emits an event with each.
#[derive(Debug, Parser)]
struct Flags {
    /// A path of `SQLite`, or a URL of `PostgreSQL`.
    #[arg(long)]
    outbox: String,
    /// How many transactions.
    #[arg(long)]
    events: u64,
    /// How many a second; 0 for as many as can be.
    #[arg(long, default_value_t = 0.0)]
    rate: f64,
    /// How many of a hundred are rolled back, in five ways in turn.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=100))]
    rollback: u64,
    /// The file for the ids of what has committed.
    #[arg(long)]
    ledger: PathBuf,
    /// An endpoint that is made before the first event.
    #[arg(long = "endpoint")]
    endpoints: Vec<String>,
    /// The secret of the endpoint at the same position.
    #[arg(long = "secret")]
    secrets: Vec<String>,
    /// How many requests may be under way to each endpoint.
    #[arg(long)]
    concurrency: Option<usize>,
    /// The deadline of each endpoint, in seconds.
    #[arg(long)]
    deadline: Option<u64>,
    /// How many transactions are open at once.
    #[arg(long, default_value_t = 8)]
    writers: usize,
}

#[derive(Debug, Clone, Serialize, WebhookObject)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: String,
    first_name: &'static str,
    last_name: &'static str,
    email: String,
    phone: &'static str,
    company: &'static str,
    position: &'static str,
    city: &'static str,
}

impl Person {
    /// The body of its event has about 300 bytes.
    fn of_number(number: u64) -> Self {
        Self {
            id: format!("person-{number:08}"),
            first_name: "Alice",
            last_name: "Ærøskøbing",
            email: format!("alice.{number}@example.com"),
            phone: "+45 62 52 13 00",
            company: "Example and Daughters",
            position: "Head of the Harbour",
            city: "Ærøskøbing",
        }
    }
}

/// An event that is made in a transaction, with the same body each time.
#[derive(Debug, Clone)]
struct Emission {
    person: Person,
    id: EventId,
    time: DateTime<Utc>,
}

impl Emission {
    fn of_number(number: u64) -> Self {
        let person = Person::of_number(number);
        let (id, time) = {
            let event = person.created();
            (event.id().expect("a new event has an id").clone(), event.timestamp())
        };
        Self { person, id, time }
    }

    fn event(&self) -> Event<&Person> {
        self.person.created().with_id(self.id.clone()).at(self.time)
    }
}

/// What becomes of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Commit,
    /// Rolled back by name.
    RolledBack,
    /// Dropped by an error that comes after the event was emitted.
    Error,
    /// Dropped by a panic.
    Panic,
    /// The connection is closed, and nobody says anything.
    ConnectionLost,
    /// Rolled back in part: the transaction around it commits.
    Savepoint,
}

impl Fate {
    const ROLLED_BACK: [Self; 5] =
        [Self::RolledBack, Self::Error, Self::Panic, Self::ConnectionLost, Self::Savepoint];

    /// Spreads those that are rolled back evenly, each way in turn.
    fn of_number(number: u64, percent: u64) -> Self {
        let before = number * percent / 100;
        if (number + 1) * percent / 100 == before {
            return Self::Commit;
        }
        let way = usize::try_from(before % 5).expect("less than five");
        Self::ROLLED_BACK[way]
    }
}

/// A store, and how the application writes to it.
trait Database: Store {
    const BEGIN: &'static str;

    fn write(
        connection: &mut Self::Connection,
        sql: &'static str,
        values: &[&str],
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

macro_rules! database {
    ($database:ty, $begin:literal) => {
        impl Database for $database {
            const BEGIN: &'static str = $begin;

            async fn write(
                connection: &mut Self::Connection,
                sql: &'static str,
                values: &[&str],
            ) -> Result<(), sqlx::Error> {
                let query = values.iter().fold(sqlx::query(sql), |query, value| query.bind(*value));
                query.execute(connection).await.map(drop)
            }
        }
    };
}

database!(Sqlite, "BEGIN IMMEDIATE");
database!(Postgres, "BEGIN");

const TABLE: &str = "CREATE TABLE IF NOT EXISTS load_person (id TEXT NOT NULL, event_id TEXT)";
const ROW: &str = "INSERT INTO load_person (id, event_id) VALUES ($1, $2)";
/// A row of which nobody is told.
const ROW_ALONE: &str = "INSERT INTO load_person (id) VALUES ($1)";
/// How long a transaction that can be run again is run again.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::main]
async fn main() -> ExitCode {
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::fail(&*error),
    }
}

async fn run(flags: Flags) -> Result<(), Box<dyn Error>> {
    let builder = OutboxBuilder::new().master_key(key::master_key()?);
    if flags.outbox.starts_with("postgres") {
        load(builder.postgres(&flags.outbox).await?, flags).await
    } else {
        load(builder.sqlite(&flags.outbox).await?, flags).await
    }
}

async fn load<S: Database>(outbox: Outbox<S>, flags: Flags) -> Result<(), Box<dyn Error>> {
    make_endpoints(&outbox, &flags).await?;
    let mut transaction = outbox.begin().await?;
    S::write(&mut transaction, TABLE, &[]).await?;
    transaction.commit().await?;

    let start = Instant::now();
    let work = Arc::new(Work {
        ledger: Ledger::synced(&flags.ledger)?,
        rolled_back: Ledger::beside(&flags.ledger, "rolledback")?,
        unknown: Ledger::beside(&flags.ledger, "unknown")?,
        next: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        start,
        outbox,
        flags,
    });
    let mut writers = JoinSet::new();
    for _ in 0..work.flags.writers.max(1) {
        writers.spawn(Arc::clone(&work).run());
    }
    let mut failed = None;
    while let Some(ended) = writers.join_next().await {
        // The others end their transactions first, so that the ledger has all that committed.
        failed = failed.or(ended?.err());
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let said = serde_json::json!({
        "committed": work.ledger.lines(),
        "rolledback": work.rolled_back.lines(),
        "unknown": work.unknown.lines(),
        "seconds": start.elapsed().as_secs_f64(),
    });
    println!("{said}");
    Ok(())
}

async fn make_endpoints<S: Store>(outbox: &Outbox<S>, flags: &Flags) -> Result<(), Box<dyn Error>> {
    if !flags.secrets.is_empty() && flags.secrets.len() != flags.endpoints.len() {
        return Err("as many secrets as endpoints are needed, or none".into());
    }
    for (index, url) in flags.endpoints.iter().enumerate() {
        let mut settings = EndpointSettings::new(url)?;
        if let Some(secret) = flags.secrets.get(index) {
            settings = settings.secret(Secret::new(secret.as_str())?);
        }
        if let Some(requests) = flags.concurrency {
            settings = settings.concurrency(requests);
        }
        if let Some(seconds) = flags.deadline {
            settings = settings.deadline(Duration::from_secs(seconds))?;
        }
        outbox.endpoints().create(settings).await?;
    }
    Ok(())
}

struct Work<S: Store> {
    outbox: Outbox<S>,
    flags: Flags,
    ledger: Ledger,
    rolled_back: Ledger,
    unknown: Ledger,
    next: AtomicU64,
    /// A writer has failed.
    is_over: AtomicBool,
    start: Instant,
}

/// Why a transaction came to nothing, or may have.
enum Failure {
    /// The application decided so.
    Refused,
    /// It was not committed.
    Before(EmitError),
    /// It may have been.
    AtCommit(EmitError),
}

impl<S: Database> Work<S> {
    /// Runs transactions until there are enough.
    async fn run(self: Arc<Self>) -> Result<(), Box<dyn Error + Send + Sync>> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.flags.events || self.is_over.load(Ordering::Relaxed) {
                return Ok(());
            }
            if self.flags.rate > 0.0 {
                #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
                let wait = number as f64 / self.flags.rate;
                sleep_until(self.start + Duration::from_secs_f64(wait)).await;
            }
            if let Err(error) = self.write(number).await {
                self.is_over.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
    }

    /// Runs one transaction, again under a new id while that may help.
    async fn write(self: &Arc<Self>, number: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
        let fate = Fate::of_number(number, self.flags.rollback);
        let give_up = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(20);
        loop {
            let emission = Emission::of_number(number);
            let id = emission.id.clone();
            let error = match self.transact(emission.clone(), fate).await {
                Ok(()) if fate == Fate::Commit => {
                    let hash = hex::encode(Sha256::digest(emission.event().body()?.as_bytes()));
                    return Ok(self.ledger.append(format!("{id} {hash}\n")).await?);
                }
                Ok(()) | Err(Failure::Refused) => {
                    return Ok(self.rolled_back.append(format!("{id}\n")).await?);
                }
                Err(Failure::AtCommit(error)) if fate == Fate::Commit => {
                    self.unknown.append(format!("{id}\n")).await?;
                    error
                }
                Err(Failure::Before(error) | Failure::AtCommit(error)) => {
                    self.rolled_back.append(format!("{id}\n")).await?;
                    error
                }
            };
            if !error.is_retryable() || Instant::now() > give_up {
                return Err(error.into());
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// One transaction, up to its end.
    async fn transact(self: &Arc<Self>, emission: Emission, fate: Fate) -> Result<(), Failure> {
        match fate {
            Fate::Commit => {
                let mut transaction = self.outbox.begin().await.map_err(before)?;
                self.emit(&mut transaction, &emission).await?;
                transaction.commit().await.map_err(|error| Failure::AtCommit(error.into()))
            }
            Fate::RolledBack => {
                let mut transaction = self.outbox.begin().await.map_err(before)?;
                self.emit(&mut transaction, &emission).await?;
                transaction.rollback().await.map_err(before)
            }
            Fate::Error => self.begin_and_fail(&emission).await,
            Fate::Panic => {
                let work = Arc::clone(self);
                let doomed = tokio::spawn(async move {
                    let mut transaction = work.outbox.begin().await.map_err(before)?;
                    work.emit(&mut transaction, &emission).await?;
                    // As by `panic!`, but without a word on stderr.
                    resume_unwind(Box::new("the application has a bug"))
                });
                match doomed.await {
                    Ok(ended) => ended,
                    Err(_panic) => Ok(()),
                }
            }
            Fate::ConnectionLost => {
                let connection = self.outbox.pool().acquire().await.map_err(before)?;
                let mut connection = connection.detach();
                S::write(&mut connection, S::BEGIN, &[]).await.map_err(before)?;
                self.emit(&mut connection, &emission).await
            }
            Fate::Savepoint => {
                let mut transaction = self.outbox.begin().await.map_err(before)?;
                S::write(&mut transaction, ROW_ALONE, &[&emission.person.id])
                    .await
                    .map_err(before)?;
                let mut savepoint = transaction.begin().await.map_err(before)?;
                self.emit(&mut savepoint, &emission).await?;
                savepoint.rollback().await.map_err(before)?;
                transaction.commit().await.map_err(|error| Failure::AtCommit(error.into()))
            }
        }
    }

    /// As an application that finds out too late that it cannot do what it was asked for.
    async fn begin_and_fail(&self, emission: &Emission) -> Result<(), Failure> {
        let mut transaction = self.outbox.begin().await.map_err(before)?;
        self.emit(&mut transaction, emission).await?;
        "not a number".parse::<u64>().map_err(|_error| Failure::Refused)?;
        transaction.commit().await.map_err(|error| Failure::AtCommit(error.into()))
    }

    /// Writes the row, and emits its event.
    async fn emit(
        &self,
        connection: &mut S::Connection,
        emission: &Emission,
    ) -> Result<(), Failure> {
        let (person, id) = (&emission.person, emission.id.to_string());
        S::write(connection, ROW, &[&person.id, &id]).await.map_err(before)?;
        self.outbox.emit(connection, &emission.event()).await.map_err(Failure::Before)?;
        Ok(())
    }
}

fn before(error: impl Into<EmitError>) -> Failure {
    Failure::Before(error.into())
}
