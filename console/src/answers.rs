//! The answers to writes, kept so that a repeated write is answered the same.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use chrono::{TimeDelta, Utc};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::outbox::{AnyOutbox, on_store};
use crate::problem::Problem;
use crate::tables::Tables;

/// Says that an answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// After this time a request without an answer is taken for one whose server has died.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);
/// How often those are removed that are too old, by one process.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// How many are removed at once.
const SWEPT: i64 = 1000;

/// The answers to writes: each to the request of a digest, which is of whom and by which key, and of a
/// fingerprint, which is of all that is asked for.
pub(crate) struct Answers<'a> {
    outbox: &'a AnyOutbox,
    sweep: &'a Sweep,
}

/// An answer as it is kept, sealed: it may tell a secret.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// What became of the request that came first.
pub(crate) enum First {
    /// There is none: it has failed, and may be made again.
    Nothing,
    UnderWay,
    /// Its answer.
    Answered(Response),
}

impl<'a> Answers<'a> {
    pub(crate) fn new(tables: Tables<'a>, sweep: &'a Sweep) -> Self {
        Self { outbox: tables.outbox(), sweep }
    }

    /// Notes that a request is under way: `false` when it is known already.
    pub(crate) async fn begin(&self, digest: &str, fingerprint: &str) -> Result<bool, Problem> {
        // One that is too old to count is taken for none.
        const SQL: &str = "INSERT INTO hookwright_idempotency (digest, request, created_at) \
            VALUES ($1, $2, $3) ON CONFLICT (digest) DO UPDATE SET \
            request = excluded.request, created_at = excluded.created_at, answer = NULL \
            WHERE hookwright_idempotency.created_at < $4 \
            OR (hookwright_idempotency.answer IS NULL AND hookwright_idempotency.created_at < $5)";
        let now = Utc::now();
        let made = on_store!(self.outbox, outbox => {
            sqlx::query(SQL)
                .bind(digest.to_owned())
                .bind(fingerprint.to_owned())
                .bind(now.timestamp_millis())
                .bind((now - KEPT).timestamp_millis())
                .bind((now - PATIENCE).timestamp_millis())
                .execute(outbox.pool())
                .await?
                .rows_affected()
        });
        if self.sweep.is_due() {
            // What is left behind harms nobody: the write that was asked for goes on.
            if let Err(error) = self.remove_old().await {
                tracing::warn!(%error, "old answers to writes could not be removed");
            }
        }
        Ok(made == 1)
    }

    /// Removes answers that are kept no longer, and requests that were never answered: some of them,
    /// since others wait for the database meanwhile.
    async fn remove_old(&self) -> Result<(), sqlx::Error> {
        // What is begun anew meanwhile stays, and so its time is looked at again.
        const OLD: &str = "DELETE FROM hookwright_idempotency WHERE digest IN (\
            SELECT digest FROM hookwright_idempotency WHERE created_at < $1 \
            ORDER BY created_at LIMIT $2) AND created_at < $1";
        const OPEN: &str = "DELETE FROM hookwright_idempotency WHERE digest IN (\
            SELECT digest FROM hookwright_idempotency WHERE answer IS NULL AND created_at < $1 \
            ORDER BY created_at LIMIT $2) AND answer IS NULL AND created_at < $1";
        let now = Utc::now();
        for (sql, age) in [(OLD, KEPT), (OPEN, PATIENCE)] {
            let removed = on_store!(self.outbox, outbox => {
                sqlx::query(sql)
                    .bind((now - age).timestamp_millis())
                    .bind(SWEPT)
                    .execute(outbox.pool())
                    .await?
                    .rows_affected()
            });
            if removed == SWEPT.unsigned_abs() {
                self.sweep.go_on();
            }
        }
        Ok(())
    }

    /// Looks for the answer to the request that came first. Nothing is written.
    pub(crate) async fn look(&self, digest: &str, fingerprint: &str) -> Result<First, Problem> {
        const SQL: &str = "SELECT request, answer FROM hookwright_idempotency WHERE digest = $1";
        let found: Option<(String, Option<String>)> = on_store!(self.outbox, outbox => {
            let row = sqlx::query(SQL).bind(digest.to_owned()).fetch_optional(outbox.pool()).await?;
            row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?
        });
        let Some((first, answer)) = found else {
            return Ok(First::Nothing);
        };
        if first != fingerprint {
            let detail = "this Idempotency-Key was used for another request: take a new one";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        let Some(answer) = answer else {
            return Ok(First::UnderWay);
        };
        let answer = self.open(digest, &answer).ok_or_else(|| {
            let detail =
                "the answer to the first request cannot be read any more: take a new Idempotency-Key";
            Problem::new(StatusCode::CONFLICT, detail)
        })?;
        let mut headers: HeaderMap = answer
            .headers
            .into_iter()
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect();
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
        Ok(First::Answered((status, headers, answer.body).into_response()))
    }

    /// Keeps an answer, unless trying again may well give another.
    pub(crate) async fn finish(&self, digest: &str, response: Response) -> Response {
        let (parts, body) = response.into_parts();
        let body =
            body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let is_final = !parts.status.is_server_error()
            && ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::CONFLICT]
                .contains(&parts.status);
        let kept = if is_final {
            self.keep(digest, &parts, &body).await
        } else {
            self.forget(digest).await
        };
        if let Err(error) = kept {
            // It is done: to say otherwise would have it done again.
            tracing::error!(%error, "the answer to a write could not be kept");
        }
        Response::from_parts(parts, Body::from(body))
    }

    async fn keep(&self, digest: &str, parts: &Parts, body: &[u8]) -> Result<(), sqlx::Error> {
        const SQL: &str = "UPDATE hookwright_idempotency SET answer = $2 WHERE digest = $1";
        let kept = [header::CONTENT_TYPE, header::LOCATION];
        let headers = kept.iter().filter_map(|name| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.to_string(), value.to_owned()))
        });
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            // The page and the API answer in UTF-8 alone.
            body: String::from_utf8_lossy(body).into_owned(),
        };
        let sealed = self.seal(digest, &answer);
        on_store!(self.outbox, outbox => {
            sqlx::query(SQL).bind(digest.to_owned()).bind(sealed).execute(outbox.pool()).await.map(drop)
        })
    }

    /// Takes a request for one that was never made.
    pub(crate) async fn forget(&self, digest: &str) -> Result<(), sqlx::Error> {
        const SQL: &str = "DELETE FROM hookwright_idempotency WHERE digest = $1";
        on_store!(self.outbox, outbox => {
            sqlx::query(SQL).bind(digest.to_owned()).execute(outbox.pool()).await.map(drop)
        })
    }

    fn seal(&self, context: &str, answer: &Answer) -> String {
        let plain = serde_json::to_vec(answer).unwrap_or_default();
        hex::encode(on_store!(self.outbox, outbox => outbox.seal(context, &plain)))
    }

    fn open(&self, context: &str, sealed: &str) -> Option<Answer> {
        let sealed = hex::decode(sealed).ok()?;
        let plain = on_store!(self.outbox, outbox => outbox.unseal(context, &sealed));
        serde_json::from_slice(&plain.ok()?).ok()
    }
}

/// When answers that are too old were removed last.
#[derive(Debug, Default)]
pub(crate) struct Sweep(Mutex<Option<Instant>>);

impl Sweep {
    /// Whether it is time again, which is told to one alone.
    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= SWEEP_EVERY);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }

    /// Has the next write go on with it.
    fn go_on(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}
