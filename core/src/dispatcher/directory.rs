//! The endpoints as they were at one revision, ready to match events and to send.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::lane::Limits;
use crate::endpoint::Endpoint;
use crate::event::Parts;
use crate::outbox::queue::{self, Fresh, NewDelivery};
use crate::outbox::store::Store;
use crate::outbox::{
    Changed, EndpointId, EndpointState, Outbox, OutboxError, StoredEndpoint, StoredHealth,
    UnreadEndpoint, is_operational,
};
use crate::retry::RetrySchedule;

/// An endpoint of the outbox, as a dispatcher needs it.
pub(super) struct Subscriber {
    pub(super) id: EndpointId,
    pub(super) tenant: Option<String>,
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) schedule: Option<RetrySchedule>,
    pub(super) limits: Limits,
    pub(super) format: i64,
    pub(super) is_active: bool,
    pub(super) health: StoredHealth,
    stored: StoredEndpoint,
}

#[derive(Default)]
pub(super) struct Directory {
    revision: i64,
    /// When a secret stops signing, and the endpoints are to be read anew.
    expires_at: Option<DateTime<Utc>>,
    subscribers: HashMap<i64, Subscriber>,
    unread: Vec<UnreadEndpoint>,
}

impl Directory {
    /// Reads the endpoints if they have changed; tells whether it did.
    pub(super) async fn refresh<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        outbox: &Outbox<S>,
        now: i64,
    ) -> Result<bool, OutboxError> {
        let time = DateTime::from_timestamp_millis(now).unwrap_or_else(Utc::now);
        // The revision is read first: what changes in between is read again next time.
        let revision = queue::revision::<S>(connection).await?;
        if revision == self.revision && !self.is_expired(now) {
            return Ok(false);
        }
        let (mut subscribers, mut unread) = (HashMap::new(), Vec::new());
        let mut expires_at: Option<DateTime<Utc>> = None;
        for endpoint in queue::endpoints::<S>(connection, outbox.master_key()).await? {
            match endpoint {
                Ok(stored) => {
                    let expiry = stored.settings().next_expiry(time);
                    expires_at = [expires_at, expiry].into_iter().flatten().min();
                    subscribers.insert(stored.number(), Subscriber::new(stored, time));
                }
                Err(endpoint) => {
                    let UnreadEndpoint { number, error, .. } = &endpoint;
                    tracing::error!(endpoint.number = number, %error, "an endpoint cannot be read");
                    unread.push(endpoint);
                }
            }
        }
        let formats = subscribers.values().map(|subscriber: &Subscriber| subscriber.format);
        outbox.formats().read::<S>(connection, formats).await?;
        *self = Self { revision, expires_at, subscribers, unread };
        Ok(true)
    }

    /// Whether a secret has stopped signing since the endpoints were read.
    pub(super) fn is_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at.timestamp_millis() <= now)
    }

    /// Whether the endpoints were of this revision when they were read.
    pub(super) fn is_of(&self, revision: i64) -> bool {
        self.revision == revision
    }

    pub(super) fn get(&self, number: i64) -> Option<&Subscriber> {
        self.subscribers.get(&number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &Subscriber)> {
        self.subscribers.iter().map(|(number, subscriber)| (*number, subscriber))
    }

    pub(super) fn len(&self) -> usize {
        self.subscribers.len()
    }

    pub(super) fn active(&self) -> usize {
        self.subscribers.values().filter(|subscriber| subscriber.is_active).count()
    }

    /// Whether any endpoint wants to be told.
    pub(super) fn wants_notice(&self, parts: &Parts, tenant: Option<&str>) -> bool {
        let unknown = Changed::new(None);
        self.subscribers.values().any(|subscriber| {
            let settings = subscriber.stored.settings();
            subscriber.tenant.as_deref() == tenant
                && settings.wants_event(parts.name.object(), parts.name.operation(), &unknown)
                && parts.object_id != subscriber.id.to_string()
        })
    }

    /// The endpoints that want an event.
    pub(super) fn wanting(&self, event: &Fresh) -> impl Iterator<Item = (i64, &Subscriber)> {
        self.iter().filter(|(_, subscriber)| subscriber.wants(event))
    }

    /// The deliveries to endpoints that cannot be read now: they are kept until then.
    pub(super) fn kept(&self, event: &Fresh, due: i64) -> impl Iterator<Item = NewDelivery> {
        let wants = |endpoint: &&UnreadEndpoint| {
            endpoint.tenant == event.tenant
                && endpoint.wants_event(&event.object, &event.operation, &event.changed)
        };
        self.unread.iter().filter(wants).map(move |endpoint| NewDelivery {
            event: event.number,
            endpoint: endpoint.number,
            due,
            format: endpoint.format,
            order_key: endpoint.order_key(&event.object, &event.object_id),
            lease: None,
        })
    }
}

impl Subscriber {
    fn new(stored: StoredEndpoint, time: DateTime<Utc>) -> Self {
        let settings = stored.settings();
        Self {
            id: *stored.id(),
            tenant: stored.tenant().map(str::to_owned),
            endpoint: Arc::new(settings.endpoint_at(time)),
            schedule: settings.chosen_schedule().cloned(),
            limits: Limits {
                concurrency: settings.chosen_concurrency(),
                per_second: settings.chosen_per_second(),
            },
            format: stored.format(),
            is_active: stored.state() == EndpointState::Active,
            health: stored.health(),
            stored,
        }
    }

    pub(super) fn wants(&self, event: &Fresh) -> bool {
        // What is about an endpoint is not sent to it.
        let is_about_it = is_operational(&event.object) && event.object_id == self.id.to_string();
        self.tenant == event.tenant
            && self.stored.settings().wants_event(&event.object, &event.operation, &event.changed)
            && !is_about_it
    }

    /// Whether it gets the events of an object one after the other.
    pub(super) fn keeps_order(&self) -> bool {
        self.stored.settings().keeps_order()
    }

    /// The delivery of an event to this endpoint.
    pub(super) fn delivery(&self, event: &Fresh, endpoint: i64, due: i64) -> NewDelivery {
        NewDelivery {
            event: event.number,
            endpoint,
            due,
            format: self.format,
            order_key: self.stored.settings().order_key(&event.object, &event.object_id),
            lease: None,
        }
    }
}
