//! What a delivery sends, put together as it is when it is sent.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::Method;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use serde_json::from_str;
use url::Url;

use super::History;
use crate::event::{Actor, EventId, Written};
use crate::format::Format;
use crate::outbox::endpoints::{EndpointId, StoredEndpoint};
use crate::outbox::error::{Kind, OutboxError};
use crate::outbox::statement::Statement;
use crate::outbox::store::Store;
use crate::sender::AGENT;
use crate::signature::WEBHOOK_ID;

/// What an endpoint is sent of an event: what is the same at every attempt.
///
/// Signature, time, number and trace of an attempt are its own, and not here.
#[derive(Clone)]
pub struct StoredRequest {
    url: Url,
    /// `None` for a value that is a secret.
    headers: Vec<(String, Option<String>)>,
    body: Vec<u8>,
}

impl StoredRequest {
    /// The method: POST.
    pub fn method(&self) -> &Method {
        &Method::POST
    }

    /// The URL that the endpoint has now. Its path and query may hold a token of the receiver's.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The headers, by name: those of the request itself, and then those that the endpoint has now,
    /// whose values are secrets and so `None`.
    pub fn headers(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// The exact bytes of the body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The exact bytes of the body, without copying them.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

/// Without the body.
impl fmt::Debug for StoredRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoredRequest")
            .field("host", &self.url.host_str().unwrap_or_default())
            .finish_non_exhaustive()
    }
}

impl<S: Store> History<'_, S> {
    /// What an endpoint is sent of an event: in the format of the delivery as long as it is not
    /// acknowledged, and then in that which the endpoint has now, as when it is sent again. Whether
    /// the endpoint wants the event is not asked.
    ///
    /// # Errors
    ///
    /// [`OutboxError`], which [is not found](OutboxError::is_not_found) when there is no such event,
    /// or endpoint, of this tenant, and when the two are not of one tenant.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hookwright::{EndpointId, EventId, Outbox, Store};
    ///
    /// # async fn example<S: Store>(outbox: Outbox<S>, event: EventId, endpoint: EndpointId) -> Result<(), hookwright::OutboxError> {
    /// let request = outbox.history().request(&event, &endpoint).await?;
    /// println!("{} {}", request.method(), request.url());
    /// for (name, value) in request.headers() {
    ///     println!("{name}: {}", value.unwrap_or("(hidden)"));
    /// }
    /// println!("{}", String::from_utf8_lossy(request.body()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn request(
        &self,
        event: &EventId,
        endpoint: &EndpointId,
    ) -> Result<StoredRequest, OutboxError> {
        let stored = self.outbox.endpoints().get(endpoint).await?;
        let parts = self.parts(event).await?;
        if parts.tenant.as_deref() != stored.tenant() {
            return Err(OutboxError::new(Kind::NoEvent));
        }
        let format = self.format(parts.number, &stored).await?;
        let format = self.read_format(format).await?;
        let format = format.as_deref().ok_or_else(|| OutboxError::stored("a format"))?;
        let fixed = [
            (CONTENT_TYPE, format.content_type()),
            (USER_AGENT, AGENT),
            (ACCEPT_ENCODING, "identity"),
            (WEBHOOK_ID, parts.id.as_str()),
        ];
        let fixed = fixed.map(|(name, value)| (name.to_string(), Some(value.to_owned())));
        let own = stored.settings().header_names().map(|name| (name.to_owned(), None));
        Ok(StoredRequest {
            url: stored.settings().url().clone(),
            headers: fixed.into_iter().chain(own).collect(),
            body: parts.written().body(format).ok_or_else(|| OutboxError::stored("an event"))?,
        })
    }

    /// The number of the format in which an endpoint is sent an event.
    async fn format(&self, event: i64, endpoint: &StoredEndpoint) -> Result<i64, OutboxError> {
        let select = Statement::new(
            "SELECT format FROM hookwright_delivery WHERE event = $1 AND endpoint = $2",
        );
        let rows = self.fetch(select.bind(event).bind(endpoint.number())).await?;
        let format = rows.first().map_or(Ok(None), |row| S::integer(row, 0))?;
        Ok(format.unwrap_or_else(|| endpoint.format()))
    }

    async fn read_format(&self, number: i64) -> Result<Option<Arc<Format>>, OutboxError> {
        let formats = self.outbox.formats();
        let mut connection = self.outbox.pool().acquire().await?;
        formats.read::<S>(&mut connection, std::iter::once(number)).await?;
        Ok(formats.get(number))
    }

    /// Everything of an event that a body is put together of.
    pub(super) async fn parts(&self, event: &EventId) -> Result<StoredParts, OutboxError> {
        let select = Statement::new(
            "SELECT id, event_id, tenant, object, operation, object_id, time, changed, previous, data, context \
             FROM hookwright_event WHERE ($1 IS NULL OR tenant = $1) AND event_id = $2",
        );
        let rows = self.fetch(self.of_tenant(select).bind(event.to_string())).await?;
        let row = rows.first().ok_or_else(|| OutboxError::new(Kind::NoEvent))?;
        StoredParts::of_row::<S>(row)
    }
}

/// The parts of an event as they are stored.
pub(super) struct StoredParts {
    number: i64,
    id: String,
    tenant: Option<String>,
    object: String,
    operation: String,
    object_id: String,
    time: DateTime<Utc>,
    changed: Option<String>,
    previous: Option<Vec<u8>>,
    data: Vec<u8>,
    actor: Option<Actor>,
}

impl StoredParts {
    fn of_row<S: Store>(row: &S::Row) -> Result<Self, OutboxError> {
        let unreadable = || OutboxError::stored("an event");
        let text = |column| S::string(row, column)?.ok_or_else(unreadable);
        let time = S::integer(row, 6)?.and_then(DateTime::from_timestamp_millis);
        let context = S::string(row, 10)?;
        Ok(Self {
            number: S::integer(row, 0)?.ok_or_else(unreadable)?,
            id: text(1)?,
            tenant: S::string(row, 2)?,
            object: text(3)?,
            operation: text(4)?,
            object_id: text(5)?,
            time: time.ok_or_else(unreadable)?,
            changed: S::string(row, 7)?,
            previous: S::bytes(row, 8)?,
            data: S::bytes(row, 9)?.ok_or_else(unreadable)?,
            actor: context.as_deref().map(from_str).transpose().map_err(|_| unreadable())?,
        })
    }

    pub(super) fn written(&self) -> Written<'_> {
        Written {
            id: &self.id,
            object: &self.object,
            operation: &self.operation,
            object_id: &self.object_id,
            time: self.time,
            changed: self.changed.as_deref(),
            previous: self.previous.as_deref(),
            data: &self.data,
            actor: self.actor.as_ref(),
        }
    }
}
