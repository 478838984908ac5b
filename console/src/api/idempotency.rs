//! `Idempotency-Key`: a write that is repeated is done once, and answered the same.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;

use super::BODY_LIMIT;
use crate::access::authenticate;
use crate::answers::{First, digest};
use crate::console::Console;
use crate::problem::Problem;

const HEADER: &str = "idempotency-key";
/// The longest key.
const MAX_KEY: usize = 255;

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
    let answers = console.answers().await?;
    let who = authenticate(&parts, console).await?;
    let body = http_body_util::Limited::new(body, BODY_LIMIT).collect().await;
    let Ok(body) = body.map(http_body_util::Collected::to_bytes) else {
        let detail = format!("a body has {BODY_LIMIT} bytes at most");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    };
    // Two that share a key are of the same person; what differs besides is another request.
    let (tenant, scopes) = (who.tenant_id().unwrap_or_default(), who.scopes().to_string());
    let key =
        digest(&[who.name().as_bytes(), tenant.as_bytes(), scopes.as_bytes(), key.as_bytes()]);
    let fingerprint =
        digest(&[parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &body]);
    if !answers.begin(&key, &fingerprint).await? {
        return match answers.look(&key, &fingerprint).await? {
            First::Answered(response) => Ok(response),
            First::UnderWay | First::Nothing => {
                let detail = "a request with this Idempotency-Key is under way: try again";
                Err(Problem::new(StatusCode::CONFLICT, detail))
            }
        };
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    Ok(answers.finish(&key, response).await)
}
