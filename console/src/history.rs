//! Events, deliveries and attempts, as the API and the page tell them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hookwright::{
    AttemptOutcome, DeliveryState, EndpointId, EventId, StoredAttempt, StoredDelivery, StoredEvent,
    StoredRequest,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::filter::{AttemptFilter, DeliveryFilter, EventFilter};
use crate::listing::Page;
use crate::outbox::{AnyOutbox, on_store};
use crate::problem::Problem;

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "these are the names on the wire")]
pub(crate) struct Event {
    /// What tells it from all others; the `webhook-id` of its requests.
    pub(crate) id: String,
    /// Its name, such as `person.created`.
    pub(crate) event: String,
    /// The id of the record that it is of; empty where it is of none.
    pub(crate) object_id: String,
    /// Whose it is.
    pub(crate) tenant: Option<String>,
    /// When it happened.
    pub(crate) timestamp: DateTime<Utc>,
    /// When it was emitted.
    pub(crate) emitted_at: DateTime<Utc>,
}

impl From<&StoredEvent> for Event {
    fn from(event: &StoredEvent) -> Self {
        Self {
            id: event.id().to_string(),
            event: event.name().to_string(),
            object_id: event.object_id().to_owned(),
            tenant: event.tenant().map(str::to_owned),
            timestamp: event.timestamp(),
            emitted_at: event.emitted_at(),
        }
    }
}

/// An event, and what it carries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeEvent {
    #[serde(flatten)]
    pub(crate) event: Event,
    /// The documented body.
    #[schema(value_type = Object)]
    pub(crate) body: Box<RawValue>,
}

/// What a webhook is sent: what is the same at every attempt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    /// `POST`.
    pub(crate) method: String,
    /// Where it goes.
    pub(crate) url: String,
    /// The headers that are the same each time, without the signature; those of the webhook's own
    /// are `null`, since they may be passwords.
    pub(crate) headers: BTreeMap<String, Option<String>>,
    /// The body, in the webhook's format, as text.
    pub(crate) body: String,
}

impl From<&StoredRequest> for Request {
    fn from(request: &StoredRequest) -> Self {
        let headers = request.headers();
        Self {
            method: request.method().to_string(),
            url: request.url().to_string(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
                .collect(),
            body: String::from_utf8_lossy(request.body()).into_owned(),
        }
    }
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It is tried, or will be.
    Pending,
    /// It waits until its webhook is enabled.
    Held,
    /// Every attempt has failed.
    Dead,
    /// The endpoint has acknowledged it.
    Delivered,
}

impl From<DeliveryState> for State {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Held => Self::Held,
            DeliveryState::Dead => Self::Dead,
            DeliveryState::Delivered => Self::Delivered,
            _ => Self::Pending,
        }
    }
}

impl From<State> for DeliveryState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Held => Self::Held,
            State::Dead => Self::Dead,
            State::Delivered => Self::Delivered,
        }
    }
}

/// One event on its way to one webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    /// What tells it from all others: the event's id, a colon, and the webhook's.
    pub(crate) id: String,
    /// The id of the event.
    pub(crate) event_id: String,
    /// The id of the webhook.
    pub(crate) webhook_id: String,
    /// The event's name, such as `person.created`.
    pub(crate) event: String,
    /// How far it has come.
    pub(crate) state: State,
    /// How many attempts were made.
    pub(crate) attempts: usize,
    /// When it is tried next, or when it was tried last where that is over.
    pub(crate) at: DateTime<Utc>,
}

impl From<&StoredDelivery> for Delivery {
    fn from(delivery: &StoredDelivery) -> Self {
        Self {
            id: format!("{}:{}", delivery.event_id(), delivery.endpoint()),
            event_id: delivery.event_id().to_string(),
            webhook_id: delivery.endpoint().to_string(),
            event: delivery.name().to_string(),
            state: delivery.state().into(),
            attempts: delivery.attempts(),
            at: delivery.at(),
        }
    }
}

/// What tells a delivery from all others.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryId {
    pub(crate) event: EventId,
    pub(crate) webhook: EndpointId,
}

impl DeliveryId {
    /// Reads what [`Delivery::id`] is.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let parts = text.rsplit_once(':');
        parts
            .and_then(|(event, webhook)| {
                Some(Self { event: event.parse().ok()?, webhook: webhook.parse().ok()? })
            })
            .ok_or_else(|| Problem::not_found("delivery"))
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// The endpoint has acknowledged the event.
    Delivered,
    /// It has not.
    Failed,
    /// The answer came when another had taken the delivery over.
    Late,
}

impl From<AttemptOutcome> for Outcome {
    fn from(outcome: AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Delivered => Self::Delivered,
            AttemptOutcome::Late => Self::Late,
            _ => Self::Failed,
        }
    }
}

impl From<Outcome> for AttemptOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Delivered => Self::Delivered,
            Outcome::Failed => Self::Failed,
            Outcome::Late => Self::Late,
        }
    }
}

/// One request, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "these are the names on the wire")]
pub(crate) struct Attempt {
    /// The id of the event.
    pub(crate) event_id: String,
    /// The id of the webhook.
    pub(crate) webhook_id: String,
    /// Which attempt of its delivery it was, from 1.
    pub(crate) attempt: usize,
    /// When it began.
    pub(crate) at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub(crate) duration_ms: f64,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// The status of the answer, where there was one.
    pub(crate) status: Option<u16>,
    /// What kind of failure it was, such as `timeout`.
    pub(crate) error: Option<String>,
    /// The first 2 KiB of the answer's body, as text.
    pub(crate) answer: String,
    /// Where a redirect led, which is not followed.
    pub(crate) location: Option<String>,
}

impl From<&StoredAttempt> for Attempt {
    fn from(attempt: &StoredAttempt) -> Self {
        Self {
            event_id: attempt.event_id().to_string(),
            webhook_id: attempt.endpoint().to_string(),
            attempt: attempt.attempt(),
            at: attempt.at(),
            duration_ms: attempt.duration().as_secs_f64() * 1e3,
            outcome: attempt.outcome().into(),
            status: attempt.status().map(|status| status.as_u16()),
            error: attempt.error().map(str::to_owned),
            answer: String::from_utf8_lossy(attempt.answer()).into_owned(),
            location: attempt.location().map(str::to_owned),
        }
    }
}

pub(crate) async fn events(
    outbox: &AnyOutbox,
    filter: &EventFilter,
) -> Result<Page<Event>, Problem> {
    let query = filter.query()?;
    let page = on_store!(outbox, outbox => outbox.history().events(&query).await?);
    Ok(Page::of(&page))
}

pub(crate) async fn deliveries(
    outbox: &AnyOutbox,
    filter: &DeliveryFilter,
) -> Result<Page<Delivery>, Problem> {
    let query = filter.query()?;
    let page = on_store!(outbox, outbox => outbox.history().deliveries(&query).await?);
    Ok(Page::of(&page))
}

pub(crate) async fn attempts(
    outbox: &AnyOutbox,
    filter: &AttemptFilter,
) -> Result<Page<Attempt>, Problem> {
    let query = filter.query()?;
    let page = on_store!(outbox, outbox => outbox.history().attempts(&query).await?);
    Ok(Page::of(&page))
}

/// One event, and what it carries.
pub(crate) async fn event(outbox: &AnyOutbox, id: &str) -> Result<WholeEvent, Problem> {
    let id: EventId = id.parse().map_err(|_| Problem::not_found("event"))?;
    let query = hookwright::Query::new().event(&id).limit(1);
    let (page, body) = on_store!(outbox, outbox => {
        let history = outbox.history();
        (history.events(&query).await?, history.body(&id).await?)
    });
    let event = page.items().first().map(Event::from);
    let body = serde_json::from_slice(&body).map_err(|_| Problem::not_found("event"))?;
    Ok(WholeEvent { event: event.ok_or_else(|| Problem::not_found("event"))?, body })
}

/// What a delivery sends.
pub(crate) async fn request(outbox: &AnyOutbox, id: &DeliveryId) -> Result<Request, Problem> {
    let request = on_store!(outbox, outbox => {
        outbox.history().request(&id.event, &id.webhook).await?
    });
    Ok(Request::from(&request))
}

/// One delivery.
pub(crate) async fn delivery(outbox: &AnyOutbox, id: &DeliveryId) -> Result<Delivery, Problem> {
    let query = hookwright::Query::new().event(&id.event).endpoint(&id.webhook).limit(1);
    let page = on_store!(outbox, outbox => outbox.history().deliveries(&query).await?);
    page.items().first().map(Delivery::from).ok_or_else(|| Problem::not_found("delivery"))
}

/// Sends a delivery again.
pub(crate) async fn resend(outbox: &AnyOutbox, id: &DeliveryId) -> Result<(), Problem> {
    on_store!(outbox, outbox => outbox.deliveries().resend(&id.event, &id.webhook).await?);
    Ok(())
}
