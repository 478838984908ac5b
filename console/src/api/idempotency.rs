//! `Idempotency-Key`: a write that is repeated is done once, and answered the same.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{TimeDelta, Utc};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::BODY_LIMIT;
use crate::access::authenticate;
use crate::console::Console;
use crate::outbox::on_store;
use crate::problem::Problem;

const HEADER: &str = "idempotency-key";
/// Says that an answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// After this time a request without an answer is taken for one whose server has died.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);
/// The longest key.
const MAX_KEY: usize = 255;

/// An answer as it is kept, sealed: it may tell a secret.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Answers a write that was answered before.
pub(crate) async fn answer_once(
    State(console): State<Arc<Console>>,
    request: Request,
    next: Next,
) -> Response {
    let is_write = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    match request.headers().get(HEADER) {
        Some(key) if is_write => {
            let key = key.clone();
            // Whoever goes away meanwhile may come again: it is brought to its end, and kept.
            let once = tokio::spawn(async move { once(&console, &key, request, next).await });
            match once.await {
                Ok(answered) => answered.unwrap_or_else(Problem::into_response),
                Err(_panicked) => {
                    let detail =
                        "this request was not brought to its end; the server's log says why";
                    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
                }
            }
        }
        _ => next.run(request).await,
    }
}

async fn once(
    console: &Console,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if key.is_empty() || key.len() > MAX_KEY {
        let detail = format!("an Idempotency-Key has 1 to {MAX_KEY} characters");
        return Err(Problem::bad_request(detail));
    }
    let (parts, body) = request.into_parts();
    // Whom the application has signed in may be the first to need the tables.
    console.keys().await?;
    let who = authenticate(&parts, console).await?;
    let body = http_body_util::Limited::new(body, BODY_LIMIT).collect().await;
    let Ok(body) = body.map(http_body_util::Collected::to_bytes) else {
        let detail = format!("a body has {BODY_LIMIT} bytes at most");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    };
    // Two that share a key are of the same person; what differs besides is another request.
    let (tenant, scopes) = (who.tenant_id().unwrap_or_default(), who.scopes().to_string());
    let digest =
        digest(&[who.name().as_bytes(), tenant.as_bytes(), scopes.as_bytes(), key.as_bytes()]);
    let fingerprint =
        self::digest(&[parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &body]);
    if !begin(console, &digest, &fingerprint).await? {
        return repeated(console, &digest, &fingerprint).await;
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    Ok(finish(console, &digest, response).await)
}

/// Notes that a request is under way: `false` when it is known already.
pub(crate) async fn begin(
    console: &Console,
    digest: &str,
    fingerprint: &str,
) -> Result<bool, Problem> {
    const OLD: &str = "DELETE FROM hookwright_idempotency WHERE created_at < $1 \
        OR (created_at < $2 AND answer IS NULL)";
    const SQL: &str = "INSERT INTO hookwright_idempotency (digest, request, created_at) \
        VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let now = Utc::now();
    let made = on_store!(&console.outbox, outbox => {
        sqlx::query(OLD)
            .bind((now - KEPT).timestamp_millis())
            .bind((now - PATIENCE).timestamp_millis())
            .execute(outbox.pool())
            .await?;
        sqlx::query(SQL)
            .bind(digest.to_owned())
            .bind(fingerprint.to_owned())
            .bind(now.timestamp_millis())
            .execute(outbox.pool())
            .await?
            .rows_affected()
    });
    Ok(made == 1)
}

/// The answer to the request that came first.
pub(crate) async fn repeated(
    console: &Console,
    digest: &str,
    fingerprint: &str,
) -> Result<Response, Problem> {
    const SQL: &str = "SELECT request, answer FROM hookwright_idempotency WHERE digest = $1";
    let found: Option<(String, Option<String>)> = on_store!(&console.outbox, outbox => {
        let row = sqlx::query(SQL).bind(digest.to_owned()).fetch_optional(outbox.pool()).await?;
        row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?
    });
    let under_way = || {
        let detail = "a request with this Idempotency-Key is under way: try again";
        Problem::new(StatusCode::CONFLICT, detail)
    };
    let (first, answer) = found.ok_or_else(under_way)?;
    if first != fingerprint {
        let detail = "this Idempotency-Key was used for another request: take a new one";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let answer = open(console, digest, &answer.ok_or_else(under_way)?)?;
    let mut headers: HeaderMap = answer
        .headers
        .into_iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
        .collect();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    Ok((status, headers, answer.body).into_response())
}

/// Keeps an answer, unless trying again may well give another.
pub(crate) async fn finish(console: &Console, digest: &str, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let is_final = !parts.status.is_server_error()
        && ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::CONFLICT]
            .contains(&parts.status);
    let kept = if is_final {
        keep(console, digest, &parts, &body).await
    } else {
        forget(console, digest).await
    };
    if let Err(error) = kept {
        // It is done: to say otherwise would have it done again.
        tracing::error!(%error, "the answer to a write could not be kept");
    }
    Response::from_parts(parts, Body::from(body))
}

async fn keep(
    console: &Console,
    digest: &str,
    parts: &Parts,
    body: &[u8],
) -> Result<(), sqlx::Error> {
    const SQL: &str = "UPDATE hookwright_idempotency SET answer = $2 WHERE digest = $1";
    let kept = [header::CONTENT_TYPE, header::LOCATION];
    let headers = kept.iter().filter_map(|name| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    });
    let answer =
        Answer { status: parts.status.as_u16(), headers: headers.collect(), body: body.to_vec() };
    let sealed = seal(console, digest, &answer);
    on_store!(&console.outbox, outbox => {
        sqlx::query(SQL).bind(digest.to_owned()).bind(sealed).execute(outbox.pool()).await.map(drop)
    })
}

/// Takes a request for one that was never made.
pub(crate) async fn forget(console: &Console, digest: &str) -> Result<(), sqlx::Error> {
    const SQL: &str = "DELETE FROM hookwright_idempotency WHERE digest = $1";
    on_store!(&console.outbox, outbox => {
        sqlx::query(SQL).bind(digest.to_owned()).execute(outbox.pool()).await.map(drop)
    })
}

fn seal(console: &Console, context: &str, answer: &Answer) -> String {
    let plain = serde_json::to_vec(answer).unwrap_or_default();
    hex::encode(on_store!(&console.outbox, outbox => outbox.seal(context, &plain)))
}

fn open(console: &Console, context: &str, sealed: &str) -> Result<Answer, Problem> {
    let unreadable = || {
        let detail =
            "the answer to the first request cannot be read any more: take a new Idempotency-Key";
        Problem::new(StatusCode::CONFLICT, detail)
    };
    let sealed = hex::decode(sealed).map_err(|_| unreadable())?;
    let plain = on_store!(&console.outbox, outbox => outbox.unseal(context, &sealed)?);
    serde_json::from_slice(&plain).map_err(|_| unreadable())
}

pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}
