//! A form that makes a secret: sent again, as by reloading the page that shows it, it makes no other.

use std::future::Future;
use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::failure::Failure;
use super::visitor::{Posted, Visitor};
use crate::answers::{Answers, First, digest};
use crate::problem::Problem;

/// How long a form waits for the answer to the same form, which was sent before it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Does what a form asks for, or shows the page again that it was answered by.
///
/// It is done to its end also when the browser does not wait for it: with a second click it waits
/// for the answer to the second form alone.
pub(super) async fn once<F>(
    posted: Posted,
    act: impl FnOnce(Posted) -> F + Send + 'static,
) -> Result<Response, Failure>
where
    F: Future<Output = Result<Response, Failure>> + Send + 'static,
{
    let Some(token) = posted.fields.given("once").map(str::to_owned) else {
        return act(posted).await;
    };
    let done = tokio::spawn(act_once(posted, token, act).in_current_span());
    done.await.unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a form was not worked on");
        let detail = "what the form asks for was begun, and has failed";
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into())
    })
}

async fn act_once<F>(
    posted: Posted,
    token: String,
    act: impl FnOnce(Posted) -> F + Send,
) -> Result<Response, Failure>
where
    F: Future<Output = Result<Response, Failure>> + Send,
{
    let console = posted.visitor.console.clone();
    let answers = console.answers().await?;
    let digest = digest_of(&posted.visitor, &token, &posted.fields.to_bytes());
    let until = Instant::now() + PATIENCE;
    while !answers.begin(&digest, &digest).await? {
        if let Some(response) = wait_for(&answers, &digest, until).await? {
            return Ok(response);
        }
    }
    match act(posted).await {
        Ok(response) => Ok(answers.finish(&digest, response).await),
        // It is told on a page that is made later, and what has failed can be tried again.
        Err(failure) => {
            answers.forget(&digest).await?;
            Err(failure)
        }
    }
}

/// The answer to the form that was sent first; nothing when that has failed.
async fn wait_for(
    answers: &Answers<'_>,
    digest: &str,
    until: Instant,
) -> Result<Option<Response>, Failure> {
    loop {
        match answers.look(digest, digest).await? {
            First::Answered(response) => return Ok(Some(response)),
            First::Nothing => return Ok(None),
            First::UnderWay if Instant::now() >= until => return Err(under_way()),
            First::UnderWay => sleep(PAUSE).await,
        }
    }
}

/// Two that have the same are the same form, of the same person, with the same in all of its fields.
fn digest_of(visitor: &Visitor, token: &str, fields: &[u8]) -> String {
    let who = &visitor.principal;
    let scopes = who.scopes().to_string();
    digest(&[
        b"form",
        who.name().as_bytes(),
        who.tenant_id().map_or(&[0][..], str::as_bytes),
        scopes.as_bytes(),
        visitor.csrf.as_bytes(),
        token.as_bytes(),
        visitor.place.here().as_bytes(),
        fields,
    ])
}

fn under_way() -> Failure {
    let detail =
        "this form was sent before, and is still worked on: wait a little, and reload the page";
    Problem::new(StatusCode::CONFLICT, detail).into()
}
