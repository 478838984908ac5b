//! One delivery: what is sent, each attempt, and what comes next.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::failure::{Failure, Segment};
use super::form::sentence;
use super::frame::Frame;
use super::place;
use super::text::{self, LINE, Time, cut, visible, visible_line};
use super::visitor::{Posted, Visitor};
use super::webhook::StateWord;
use crate::access::Scope;
use crate::filter::{AttemptFilter, EventFilter};
use crate::history::{self, Attempt, DeliveryId, Outcome, State};
use crate::json;
use crate::outbox::on_store;
use crate::problem::Problem;
use crate::reason::reason;
use crate::webhooks;

/// How many bytes of a body are shown.
const SHOWN: usize = 64 * 1024;
/// How many bytes may come of them, with lines broken or with what is not seen spelled out.
const WRITTEN: usize = 256 * 1024;
/// How many characters of an answer are shown: all, unless much in it is spelled out.
const ANSWER: usize = 4096;
/// How many attempts are shown.
const ATTEMPTS: usize = 50;

#[derive(Template)]
#[template(path = "delivery.html")]
struct DeliveryPage {
    frame: Frame,
    link: String,
    event: String,
    event_id: String,
    object_id: String,
    emitted: Option<Time>,
    webhook_id: String,
    url: String,
    state: StateWord,
    next: Option<Time>,
    is_held: bool,
    is_delivered: bool,
    attempts: Vec<AttemptView>,
    has_more_attempts: bool,
    request: Option<RequestView>,
}

/// What is sent.
struct RequestView {
    headers: Vec<(String, Option<String>)>,
    /// Nothing where it would be too long.
    pretty: Option<String>,
    exact: String,
    size: String,
    is_cut: bool,
}

/// An attempt, in words.
pub(super) struct AttemptView {
    pub(super) number: usize,
    pub(super) at: Time,
    pub(super) state: StateWord,
    pub(super) result: String,
    pub(super) duration: String,
    pub(super) answer: String,
    pub(super) location: Option<String>,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let (word, class) = match attempt.outcome {
            Outcome::Delivered => ("Delivered", "good"),
            Outcome::Failed => ("Failed", "bad"),
            Outcome::Late => ("Late", "warn"),
        };
        let status = attempt.status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.map(|status| {
            format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
        });
        let result = match (status, attempt.error.as_deref()) {
            (Some(status), None | Some("status")) => status.trim_end().to_owned(),
            (Some(status), Some(error)) => {
                format!("{}: {}", status.trim_end(), visible_line(reason(error)))
            }
            (None, error) => {
                let reason = sentence(&visible_line(reason(error.unwrap_or_default())));
                reason.trim_end_matches('.').to_owned()
            }
        };
        Self {
            number: attempt.attempt,
            at: Time(attempt.at),
            state: StateWord { word, class },
            result,
            duration: text::duration(attempt.duration_ms),
            answer: cut(visible(&attempt.answer), ANSWER),
            location: attempt.location.as_deref().map(|location| cut(visible_line(location), LINE)),
        }
    }
}

pub(super) async fn page(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Read)?;
    let id = DeliveryId::parse(&id)?;
    let delivery = history::delivery(&visitor.outbox, &id).await?;
    let filter = AttemptFilter {
        webhook: Some(delivery.webhook_id.clone()),
        event_id: Some(delivery.event_id.clone()),
        limit: Some(ATTEMPTS),
        ..AttemptFilter::default()
    };
    let attempts = history::attempts(&visitor.outbox, &filter).await?;
    let filter = EventFilter {
        event_id: Some(delivery.event_id.clone()),
        limit: Some(1),
        ..EventFilter::default()
    };
    let event = history::events(&visitor.outbox, &filter).await?.data.pop();
    // The webhook may be deleted, and the event's data kept no longer: the log stays.
    let url = match webhooks::get(&visitor.outbox, &id.webhook).await {
        Ok(webhook) => visible_line(&webhook.target_url),
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => String::new(),
        Err(problem) => return Err(problem.into()),
    };
    let page = DeliveryPage {
        frame: visitor.frame(),
        link: format!("/deliveries/{}", place::segment(&delivery.id)),
        event: cut(delivery.event, LINE),
        event_id: visible_line(&delivery.event_id),
        object_id: event.as_ref().map(|event| visible_line(&event.object_id)).unwrap_or_default(),
        emitted: event.map(|event| Time(event.emitted_at)),
        webhook_id: delivery.webhook_id,
        url,
        state: delivery.state.into(),
        next: (delivery.state == State::Pending).then_some(Time(delivery.at)),
        is_held: delivery.state == State::Held,
        is_delivered: delivery.state == State::Delivered,
        attempts: attempts.data.into_iter().map(AttemptView::from).collect(),
        has_more_attempts: attempts.next.is_some(),
        request: request(&visitor, &id).await?,
    };
    visitor.show(&page)
}

/// What is sent; nothing when it is kept no longer.
async fn request(visitor: &Visitor, id: &DeliveryId) -> Result<Option<RequestView>, Failure> {
    let request = on_store!(&visitor.outbox, outbox => {
        outbox.history().request(&id.event, &id.webhook).await
    });
    let request = match request {
        Ok(request) => request,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let body = String::from_utf8_lossy(request.body());
    let end = body.floor_char_boundary(SHOWN);
    let headers = request.headers();
    let headers = headers.map(|(name, value)| (name.to_owned(), value.map(visible_line)));
    let mut exact = visible(&body[..end]);
    let written = exact.floor_char_boundary(WRITTEN);
    let is_cut = end < body.len() || written < exact.len();
    exact.truncate(written);
    let pretty = json::pretty(&body[..end], WRITTEN).map(|pretty| visible(&pretty));
    Ok(Some(RequestView {
        headers: headers.collect(),
        pretty: pretty.filter(|pretty| pretty.len() <= WRITTEN),
        exact,
        size: text::count(request.body().len() as u64, "byte", "bytes"),
        is_cut,
    }))
}

/// The exact bytes of the body, to be saved.
pub(super) async fn body(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Read)?;
    let id = DeliveryId::parse(&id)?;
    history::delivery(&visitor.outbox, &id).await?;
    let request = on_store!(&visitor.outbox, outbox => {
        outbox.history().request(&id.event, &id.webhook).await.map_err(Problem::from)?
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"body.json\""),
    ];
    Ok((headers, request.into_body()).into_response())
}

pub(super) async fn resend(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    posted.visitor.needs(Scope::Replay)?;
    let parsed = DeliveryId::parse(&id)?;
    history::resend(&posted.visitor.outbox, &parsed).await?;
    Ok(posted.visitor.lead(&format!("/deliveries/{}", place::segment(&id)), "resent"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_an_attempt_is_told_in_words() {
        let result = |status: Option<u16>, error: Option<&str>| {
            let attempt = Attempt {
                event_id: String::new(),
                webhook_id: String::new(),
                attempt: 1,
                at: chrono::Utc::now(),
                duration_ms: 1.0,
                outcome: Outcome::Failed,
                status,
                error: error.map(str::to_owned),
                answer: String::new(),
                location: None,
            };
            AttemptView::from(attempt).result
        };
        assert_eq!(result(Some(418), Some("status")), "418 I'm a teapot");
        assert_eq!(result(Some(200), Some("transport")), "200 OK: the connection broke");
        assert_eq!(result(None, Some("connect")), "No connection could be made");
        assert_eq!(result(None, None), "There was no answer");
    }
}
