//! Events, deliveries and attempts, as the API and the page tell them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hookwright::{
    AttemptOutcome, Cursor, DeliveryState, EndpointId, EventId, EventName, StoredAttempt,
    StoredDelivery, StoredEvent, StoredRequest,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::listing::{Page, between};
use crate::outbox::{AnyOutbox, on_store};
use crate::problem::{Problem, in_words_of_the_api};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
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

/// What is asked for: all of it, unless something is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Of this webhook. It does not count for events.
    #[param(format = "uuid")]
    pub(crate) webhook: Option<String>,
    /// Of the event of this id.
    pub(crate) event_id: Option<String>,
    /// Of events of this name, such as `person.created`.
    pub(crate) event: Option<String>,
    /// Of one kind of object, such as `person`.
    pub(crate) object: Option<String>,
    /// Of the object of this id.
    pub(crate) object_id: Option<String>,
    /// Of deliveries in this state; it counts for deliveries alone.
    #[param(inline)]
    pub(crate) state: Option<State>,
    /// Not before this time.
    pub(crate) since: Option<DateTime<Utc>>,
    /// Before this time.
    pub(crate) until: Option<DateTime<Utc>>,
    /// How many there are on a page: 50, unless given.
    #[param(minimum = 1, maximum = 500)]
    #[serde(default, deserialize_with = "between::<_, _, 1, 500>")]
    pub(crate) limit: Option<usize>,
    /// Goes on after a page, by its `next`.
    pub(crate) cursor: Option<String>,
}

impl Filter {
    pub(crate) fn query(&self) -> Result<hookwright::Query, Problem> {
        fn read<T: std::str::FromStr>(
            name: &str,
            value: Option<&String>,
        ) -> Result<Option<T>, Problem>
        where
            T::Err: std::fmt::Display,
        {
            let wrong = |error: T::Err| {
                Problem::bad_request(format!("`{name}`: {}", in_words_of_the_api(&error)))
            };
            value.map(|value| value.parse().map_err(wrong)).transpose()
        }
        let mut query = hookwright::Query::new();
        if let Some(id) = read::<EndpointId>("webhook", self.webhook.as_ref())? {
            query = query.endpoint(&id);
        }
        if let Some(id) = read::<EventId>("eventId", self.event_id.as_ref())? {
            query = query.event(&id);
        }
        if let Some(name) = read::<EventName>("event", self.event.as_ref())? {
            query = query.name(&name);
        }
        for (name, value) in [("object", &self.object), ("objectId", &self.object_id)] {
            // PostgreSQL has no texts with it.
            if value.as_ref().is_some_and(|value| value.contains('\0')) {
                return Err(Problem::bad_request(format!("`{name}` has no character NUL")));
            }
        }
        if let Some(object) = &self.object {
            query = query.object(object);
        }
        if let Some(id) = &self.object_id {
            query = query.object_id(id);
        }
        if let Some(state) = self.state {
            query = query.state(state.into());
        }
        if let Some(since) = self.since {
            query = query.since(since);
        }
        if let Some(until) = self.until {
            query = query.until(until);
        }
        if let Some(limit) = self.limit {
            query = query.limit(limit);
        }
        if let Some(cursor) = read::<Cursor>("cursor", self.cursor.as_ref())? {
            query = query.after(cursor);
        }
        Ok(query)
    }
}

pub(crate) async fn events(outbox: &AnyOutbox, filter: &Filter) -> Result<Page<Event>, Problem> {
    let query = filter.query()?;
    let page = on_store!(outbox, outbox => outbox.history().events(&query).await?);
    Ok(Page::of(&page))
}

pub(crate) async fn deliveries(
    outbox: &AnyOutbox,
    filter: &Filter,
) -> Result<Page<Delivery>, Problem> {
    let query = filter.query()?;
    let page = on_store!(outbox, outbox => outbox.history().deliveries(&query).await?);
    Ok(Page::of(&page))
}

pub(crate) async fn attempts(
    outbox: &AnyOutbox,
    filter: &Filter,
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
