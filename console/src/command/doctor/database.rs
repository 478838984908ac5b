//! The database, its master key and its clock.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use hookwright::{
    AddressPolicy, AttemptOutcome, OutboxError, Postgres, Query, Sqlite, StoredEndpoint,
};
use sqlx::Pool;

use super::{Findings, network};
use crate::command::database::{self, Missing};
use crate::command::dispatch::waiting;
use crate::command::failure::Failure;
use crate::command::networks;
use crate::command::settings::Settings;
use crate::outbox::{AnyOutbox, on_store};
use crate::problem::with_sources;

/// How many webhooks are looked at.
const MOST: usize = 20;
/// How long an acknowledgement shows that whatever delivers may dial the webhook.
const LATELY: TimeDelta = TimeDelta::days(1);

pub(super) async fn look(
    path: &str,
    settings: &Settings,
    findings: &mut Findings,
) -> Result<(), Failure> {
    if database::is_postgres(path)
        && std::env::var_os("HOOKWRIGHT_MASTER_KEY").is_none()
        && std::env::var_os("HOOKWRIGHT_MASTER_KEY_FILE").is_none()
    {
        return findings.fail(
            "master key",
            "there is none: set HOOKWRIGHT_MASTER_KEY or HOOKWRIGHT_MASTER_KEY_FILE",
        );
    }
    let shown = database::without_password(path);
    let outbox = match open(path).await {
        Ok(outbox) => outbox,
        Err(Opening::Missing(failure)) => return Err(failure),
        Err(Opening::Refused(error)) if error.is_master_key() => {
            return findings.fail("master key", &with_sources(&error));
        }
        Err(Opening::Refused(error)) => {
            return findings.fail("database", &format!("{shown}: {}", with_sources(&error)));
        }
    };
    findings.ok("master key", "it is that of the database")?;
    let version = on_store!(&outbox, outbox => outbox.endpoints().count().await);
    match version {
        Ok(_) => findings
            .ok("database", &format!("{shown} is there, and its tables are of this version"))?,
        Err(error) if error.is_version() => {
            return findings
                .fail("database", &format!("{}; `hookwright migrate` does", with_sources(&error)));
        }
        Err(error) => return findings.fail("database", &with_sources(&error)),
    }
    match &outbox {
        AnyOutbox::Sqlite(outbox) => sqlite(outbox.pool(), findings).await?,
        AnyOutbox::Postgres(outbox) => postgres(outbox.pool(), findings).await?,
    }
    let events = on_store!(&outbox, outbox => outbox.history().undispatched().await?);
    if events > 0 {
        let text = format!(
            "{}: does your application's dispatcher run, or `hookwright serve` or `dispatch`?",
            waiting(events),
        );
        findings.warn("dispatcher", &text)?;
    } else {
        findings.ok("dispatcher", "no event waits for one")?;
    }
    webhooks(&outbox, settings, findings).await
}

enum Opening {
    Missing(Failure),
    Refused(OutboxError),
}

async fn open(path: &str) -> Result<AnyOutbox, Opening> {
    database::check_there(path, Missing::Refuse).map_err(Opening::Missing)?;
    database::open_there(path).await.map_err(Opening::Refused)
}

async fn sqlite(pool: &Pool<Sqlite>, findings: &mut Findings) -> Result<(), Failure> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await?;
    if mode.eq_ignore_ascii_case("wal") {
        findings.ok("settings", &format!("SQLite {version}, journal_mode wal"))?;
    } else {
        let text = format!(
            "journal_mode is {mode}, with which readers and writers wait for each other: a program has changed it; let it be wal"
        );
        findings.warn("settings", &text)?;
    }
    findings.ok("clock", "the database is a file, and has this machine's")
}

async fn postgres(pool: &Pool<Postgres>, findings: &mut Findings) -> Result<(), Failure> {
    let show = async |name: &'static str| -> Result<String, sqlx::Error> {
        sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(pool).await
    };
    let version = show("server_version").await?;
    findings.ok("settings", &format!("PostgreSQL {version}"))?;
    for (name, text) in [
        ("fsync", "fsync is off: a crash can damage the database; switch it on"),
        (
            "synchronous_commit",
            "synchronous_commit is off: what was committed last can be lost in a crash; switch it on",
        ),
    ] {
        if show(name).await? == "off" {
            findings.warn("settings", text)?;
        }
    }
    let before = Utc::now();
    let now: i64 =
        sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
            .fetch_one(pool)
            .await?;
    let after = Utc::now();
    let middle = before.timestamp_millis().midpoint(after.timestamp_millis());
    network::judge_clock("the database", now - middle, findings)
}

/// The names of the webhooks, and the way to them.
async fn webhooks(
    outbox: &AnyOutbox,
    settings: &Settings,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let allowed = networks::allowed(settings, outbox).await?.unwrap_or_default();
    let policy = allowed.into_iter().fold(AddressPolicy::default(), AddressPolicy::allow);
    let query = Query::new().limit(Query::MAX_LIMIT);
    let page = on_store!(outbox, outbox => outbox.endpoints().page(&query).await?);
    let mut places: BTreeMap<_, Vec<&StoredEndpoint>> = BTreeMap::new();
    for webhook in page.items() {
        let url = webhook.settings().url();
        places.entry((url.host_str(), url.port_or_known_default())).or_default().push(webhook);
    }
    if places.is_empty() {
        return findings.ok("webhooks", "there are none yet");
    }
    for webhooks in places.values().take(MOST) {
        // An application may deliver by a sender of its own, of which nothing is noted here.
        let policy = if have_acknowledged(outbox, webhooks).await? { None } else { Some(&policy) };
        network::reach(webhooks[0].settings().url(), policy, findings).await?;
    }
    Ok(())
}

/// Whether one of these webhooks has acknowledged an event lately, at the URL that it has.
async fn have_acknowledged(
    outbox: &AnyOutbox,
    webhooks: &[&StoredEndpoint],
) -> Result<bool, OutboxError> {
    for webhook in webhooks {
        let since = webhook.updated_at().max(Utc::now() - LATELY);
        let query = Query::new().endpoint(webhook.id()).outcome(AttemptOutcome::Delivered);
        let query = query.since(since).limit(1);
        let page = on_store!(outbox, outbox => outbox.history().attempts(&query).await?);
        if !page.items().is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
