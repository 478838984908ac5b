//! Reconciles what an application has committed with what has arrived, and with the database.
//!
//! It prints one line of JSON, and fails when an event is lost, or one that was rolled back is
//! there, or a repeat is not what it repeats.

mod arrival;
mod failure;

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;
use sqlx::any::{AnyRow, install_default_drivers};
use sqlx::{AnyConnection, Connection, Row};

use self::arrival::{Arrival, Verdict};

/// Tells what is missing, and what should not be there.
#[derive(Debug, Parser)]
struct Flags {
    /// The ledger that `load` has written.
    #[arg(long)]
    ledger: PathBuf,
    /// The log that `sink` has written.
    #[arg(long)]
    log: PathBuf,
    /// A path of `SQLite`, or a URL of `PostgreSQL`.
    #[arg(long)]
    outbox: String,
    /// How many repeats are no breach: any number unless said.
    #[arg(long)]
    max_repeats: Option<usize>,
}

/// What was found. Where nothing else is said, an event counts once for each endpoint that wants it.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// In the ledger, each counted once.
    events: usize,
    endpoints: usize,
    /// Acknowledged by the sink.
    arrived: usize,
    /// Neither arrived nor in the queue: lost.
    missing: usize,
    pending: usize,
    /// Pending for an endpoint that is disabled.
    held: usize,
    dead: usize,
    /// Events that were rolled back, or that nobody emitted, and arrived or are in the database.
    phantoms: usize,
    /// Rows of the application without their event, and the other way around.
    torn: usize,
    /// Arrivals of what the sink had acknowledged before.
    repeats: usize,
    /// Arrivals whose body is another than the one that was emitted.
    repeats_with_other_body: usize,
    /// Arrivals whose signature does not verify.
    wrong_signatures: usize,
    /// Attempts whose lease was lost before they ended.
    late: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let report = match reconcile(&flags).await {
        Ok(report) => report,
        Err(error) => return failure::fail(&*error),
    };
    match serde_json::to_string(&report) {
        Ok(text) => println!("{text}"),
        Err(error) => return failure::fail(&error),
    }
    let is_sound = report.missing == 0
        && report.phantoms == 0
        && report.torn == 0
        && report.repeats_with_other_body == 0
        && report.wrong_signatures == 0
        && flags.max_repeats.is_none_or(|most| report.repeats <= most);
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn reconcile(flags: &Flags) -> Result<Report, Box<dyn Error>> {
    let ledger = pairs(&lines(&flags.ledger)?);
    let rolled_back = first_words(&lines(&beside(&flags.ledger, "rolledback"))?);
    let unknown = first_words(&lines(&beside(&flags.ledger, "unknown"))?);
    let arrivals = lines(&flags.log)?
        .iter()
        .map(|line| serde_json::from_str(line))
        .collect::<Result<Vec<Arrival>, _>>()?;
    let stored = Stored::read(&flags.outbox).await?;

    let mut report =
        Report { events: ledger.len(), endpoints: stored.endpoints.len(), ..Report::default() };
    let mut acknowledged: HashSet<(&str, &str)> = HashSet::new();
    let mut phantoms: HashSet<&str> = HashSet::new();
    let mut bodies: HashMap<&str, &str> =
        ledger.iter().map(|(id, hash)| (id.as_str(), hash.as_str())).collect();
    for arrival in &arrivals {
        let (id, path) = (arrival.id.as_str(), arrival.path.as_str());
        if !ledger.contains_key(id) && !unknown.contains(id) {
            phantoms.insert(id);
        }
        let is_success = arrival.status.is_some_and(|status| (200..300).contains(&status));
        if is_success && !acknowledged.insert((id, path)) {
            report.repeats += 1;
        }
        // A sink that resets a connection may not have read the body.
        if *bodies.entry(id).or_insert(&arrival.sha256) != arrival.sha256
            && arrival.status.is_some()
        {
            report.repeats_with_other_body += 1;
        }
        if matches!(arrival.signature, Verdict::Wrong | Verdict::Unsigned)
            && arrival.status.is_some()
        {
            report.wrong_signatures += 1;
        }
    }
    for id in ledger.keys() {
        let emitted_at = stored.events.get(id).copied().unwrap_or(i64::MAX);
        let wanting = stored.endpoints.iter().filter(|endpoint| endpoint.wants);
        // One that was made after the event may have been there when it was fanned out, or not.
        for endpoint in wanting.filter(|endpoint| endpoint.created_at <= emitted_at) {
            let has_arrived = acknowledged.contains(&(id.as_str(), endpoint.path.as_str()));
            report.arrived += usize::from(has_arrived);
            match stored.deliveries.get(&(id.clone(), endpoint.number)) {
                Some(0) if endpoint.is_disabled => report.held += 1,
                Some(0) => report.pending += 1,
                Some(_) => report.dead += 1,
                None if stored.fresh.contains(id) => report.pending += 1,
                None if has_arrived => {}
                None => {
                    eprintln!("missing: {id} at {}", endpoint.path);
                    report.missing += 1;
                }
            }
        }
    }
    let in_database = stored.events.keys().filter(|id| rolled_back.contains(*id));
    phantoms.extend(in_database.map(String::as_str));
    report.phantoms = phantoms.len();
    for id in &phantoms {
        eprintln!("phantom: {id}");
    }
    report.torn = stored.torn;
    report.late = stored.late;
    Ok(report)
}

struct Endpoint {
    number: i64,
    path: String,
    created_at: i64,
    wants: bool,
    is_disabled: bool,
}

/// What is in the database.
struct Stored {
    endpoints: Vec<Endpoint>,
    /// All events by id, with the time of each, and those that are not fanned out yet.
    events: HashMap<String, i64>,
    fresh: HashSet<String>,
    /// The states of deliveries, by event and endpoint.
    deliveries: HashMap<(String, i64), i64>,
    torn: usize,
    late: usize,
}

impl Stored {
    async fn read(outbox: &str) -> Result<Self, Box<dyn Error>> {
        install_default_drivers();
        let url = if outbox.starts_with("postgres") {
            outbox.to_owned()
        } else {
            // A file that is not there is not made.
            format!("sqlite://{outbox}?mode=rw")
        };
        let mut connection = AnyConnection::connect(&url).await?;
        let mut stored = Self {
            endpoints: Vec::new(),
            events: HashMap::new(),
            fresh: HashSet::new(),
            deliveries: HashMap::new(),
            torn: 0,
            late: 0,
        };
        let endpoints = "SELECT id, url, settings, CASE WHEN disabled_at IS NULL THEN 0 ELSE 1 END, created_at \
             FROM hookwright_endpoint WHERE deleted_at IS NULL ORDER BY id";
        for row in rows(&mut connection, endpoints).await? {
            let url: String = row.try_get(1)?;
            let (_, path) = url.split_once("://").ok_or("an endpoint has no URL")?;
            stored.endpoints.push(Endpoint {
                number: row.try_get(0)?,
                path: path.find('/').map_or("/", |start| &path[start..]).to_owned(),
                wants: wants_persons(&row.try_get::<String, _>(2)?)?,
                is_disabled: row.try_get::<i64, _>(3)? == 1,
                created_at: row.try_get(4)?,
            });
        }
        for row in rows(
            &mut connection,
            "SELECT event_id, CAST(CASE WHEN id IN (SELECT id FROM hookwright_fresh) THEN 1 ELSE 0 END AS BIGINT), \
             emitted_at FROM hookwright_event WHERE object = 'person'",
        )
        .await?
        {
            let id: String = row.try_get(0)?;
            if row.try_get::<i64, _>(1)? == 1 {
                stored.fresh.insert(id.clone());
            }
            stored.events.insert(id, row.try_get(2)?);
        }
        let deliveries = "SELECT e.event_id, d.endpoint, d.state FROM hookwright_delivery AS d \
             JOIN hookwright_event AS e ON e.id = d.event";
        for row in rows(&mut connection, deliveries).await? {
            stored.deliveries.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
        }
        let torn = "SELECT (SELECT count(*) FROM load_person WHERE event_id IS NOT NULL \
             AND event_id NOT IN (SELECT event_id FROM hookwright_event)) \
             + (SELECT count(*) FROM hookwright_event WHERE object = 'person' \
             AND event_id NOT IN (SELECT event_id FROM load_person WHERE event_id IS NOT NULL))";
        stored.torn = count(&mut connection, torn).await?;
        let late = "SELECT count(*) FROM hookwright_attempt WHERE outcome = 2";
        stored.late = count(&mut connection, late).await?;
        Ok(stored)
    }
}

async fn rows(
    connection: &mut AnyConnection,
    sql: &'static str,
) -> Result<Vec<AnyRow>, sqlx::Error> {
    sqlx::query(sql).fetch_all(connection).await
}

async fn count(connection: &mut AnyConnection, sql: &'static str) -> Result<usize, Box<dyn Error>> {
    let count: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
    Ok(usize::try_from(count)?)
}

/// Whether an endpoint of these settings wants `person.created`.
fn wants_persons(settings: &str) -> Result<bool, serde_json::Error> {
    let settings: serde_json::Value = serde_json::from_str(settings)?;
    let wanted = settings["wanted"].as_array().map_or(&[][..], Vec::as_slice);
    let patterns = ["*", "*.*", "*.created", "person.*", "person.created"];
    let is_ours = |pattern: &serde_json::Value| {
        pattern.as_str().is_some_and(|pattern| patterns.contains(&pattern))
    };
    Ok(wanted.is_empty() || wanted.iter().any(is_ours))
}

/// The lines of a file; none when it is not there.
fn lines(path: &Path) -> io::Result<Vec<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn pairs(lines: &[String]) -> HashMap<String, String> {
    let pair = |line: &String| line.split_once(' ').map(|(id, hash)| (id.into(), hash.into()));
    lines.iter().filter_map(pair).collect()
}

fn first_words(lines: &[String]) -> HashSet<String> {
    lines.iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn beside(ledger: &Path, word: &str) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(".");
    name.push(word);
    name.into()
}
