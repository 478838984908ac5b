use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::event::{EventId, EventName, Parts};
use crate::outbox::{DisabledReason, EndpointId};

/// What a dispatcher tells the application.
///
/// All but [`MassFailure`](Self::MassFailure) are events too, sent to endpoints that want them by
/// their own name, such as `webhookDelivery.failing`: never by `*`, never to the endpoint that they
/// are about, and never about deliveries of such events.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Notice {
    /// The fourth attempt of a delivery has failed: `webhookDelivery.failing`.
    #[non_exhaustive]
    DeliveryFailing {
        /// To which endpoint.
        endpoint: EndpointId,
        /// Which event.
        event: EventId,
        /// How many attempts there were.
        attempts: usize,
    },
    /// A delivery has run out of attempts: `webhookDelivery.exhausted`.
    #[non_exhaustive]
    DeliveryExhausted {
        /// To which endpoint.
        endpoint: EndpointId,
        /// Which event.
        event: EventId,
        /// How many attempts there were.
        attempts: usize,
    },
    /// A delivery that was failing has been acknowledged: `webhookDelivery.recovered`.
    #[non_exhaustive]
    DeliveryRecovered {
        /// To which endpoint.
        endpoint: EndpointId,
        /// Which event.
        event: EventId,
        /// How many attempts there were.
        attempts: usize,
    },
    /// An endpoint was disabled, and its events are held: `webhookEndpoint.disabled`.
    #[non_exhaustive]
    EndpointDisabled {
        /// Which.
        endpoint: EndpointId,
        /// Why.
        reason: DisabledReason,
    },
    /// More than half of the endpoints began to fail within a minute: the fault is most likely on
    /// this side, such as a network that is down. No endpoint is disabled until it is over.
    #[non_exhaustive]
    MassFailure {
        /// How many endpoints are active.
        active: usize,
    },
}

impl Notice {
    /// The attempt whose failure makes a delivery one that is failing.
    pub(super) const FAILING: usize = 4;

    /// The notice as an event: the endpoint that it is about, and its parts.
    pub(super) fn parts(&self, time: DateTime<Utc>) -> Option<Parts> {
        let (operation, endpoint, data): (_, _, Value) = match self {
            Self::DeliveryFailing { endpoint, event, attempts } => {
                ("failing", endpoint, delivery(endpoint, event, *attempts))
            }
            Self::DeliveryExhausted { endpoint, event, attempts } => {
                ("exhausted", endpoint, delivery(endpoint, event, *attempts))
            }
            Self::DeliveryRecovered { endpoint, event, attempts } => {
                ("recovered", endpoint, delivery(endpoint, event, *attempts))
            }
            Self::EndpointDisabled { endpoint, reason } => (
                "disabled",
                endpoint,
                json!({ "id": endpoint.to_string(), "reason": reason.as_str() }),
            ),
            Self::MassFailure { .. } => return None,
        };
        let object = if operation == "disabled" { "webhookEndpoint" } else { "webhookDelivery" };
        Some(Parts {
            id: EventId::at(time),
            name: EventName::of_object(object, operation),
            // The endpoint, so that the event is never sent to it.
            object_id: endpoint.to_string(),
            time,
            changed: None,
            previous: None,
            data: data.to_string().into_bytes(),
            actor: None,
        })
    }
}

fn delivery(endpoint: &EndpointId, event: &EventId, attempts: usize) -> Value {
    json!({
        "id": format!("{event}/{endpoint}"),
        "eventId": event.to_string(),
        "endpointId": endpoint.to_string(),
        "attempts": attempts,
    })
}
