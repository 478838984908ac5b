//! What is asked for of webhooks, events, deliveries and attempts.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use hookwright::{EndpointId, EventId, EventName, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::history::{Outcome, State};
use crate::listing::{Listing, between};
use crate::problem::Problem;

/// Which webhooks are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhookFilter {
    /// Whose URL or description has this text, whatever the case of its letters.
    pub(crate) text: Option<String>,
    /// How many there are on a page: 50, unless given.
    #[param(minimum = 1, maximum = 500)]
    #[serde(default, deserialize_with = "between::<_, _, 1, 500>")]
    pub(crate) limit: Option<usize>,
    /// Goes on after a page, by its `next`.
    pub(crate) cursor: Option<String>,
}

impl WebhookFilter {
    pub(crate) fn query(&self) -> Result<Query, Problem> {
        let listing = Listing { limit: self.limit, cursor: self.cursor.clone() };
        let query = listing.query()?;
        Ok(match text("text", self.text.as_ref())? {
            Some(text) => query.text(text),
            None => query,
        })
    }
}

/// Makes filters, each of what counts for one kind of thing alone, and of what counts for all.
macro_rules! filters {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize, IntoParams)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            $($(#[$attribute])* pub(crate) $field: $type,)*
            /// Of the event of this id.
            pub(crate) event_id: Option<String>,
            /// Of events of this name, such as `person.created`.
            pub(crate) event: Option<String>,
            /// Of one kind of object, such as `person`.
            pub(crate) object: Option<String>,
            /// Of the object of this id.
            pub(crate) object_id: Option<String>,
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

        impl $name {
            /// What counts for all of them.
            fn of_event(&self) -> Result<Query, Problem> {
                let listing = Listing { limit: self.limit, cursor: self.cursor.clone() };
                let mut query = listing.query()?;
                if let Some(id) = read::<EventId>("eventId", self.event_id.as_ref())? {
                    query = query.event(&id);
                }
                if let Some(name) = read::<EventName>("event", self.event.as_ref())? {
                    query = query.name(&name);
                }
                if let Some(object) = text("object", self.object.as_ref())? {
                    query = query.object(object);
                }
                if let Some(id) = text("objectId", self.object_id.as_ref())? {
                    query = query.object_id(id);
                }
                if let Some(since) = self.since {
                    query = query.since(since);
                }
                if let Some(until) = self.until {
                    query = query.until(until);
                }
                Ok(query)
            }
        }
    )*};
}

filters! {
    /// Which events are asked for: all, unless something is given.
    EventFilter {}

    /// Which deliveries are asked for: all, unless something is given.
    DeliveryFilter {
        /// To this webhook.
        #[param(format = "uuid")]
        webhook: Option<String>,
        /// In this state.
        #[param(inline)]
        state: Option<State>,
    }

    /// Which attempts are asked for: all, unless something is given.
    AttemptFilter {
        /// To this webhook.
        #[param(format = "uuid")]
        webhook: Option<String>,
        /// Of which this came.
        #[param(inline)]
        outcome: Option<Outcome>,
    }
}

impl EventFilter {
    pub(crate) fn query(&self) -> Result<Query, Problem> {
        self.of_event()
    }
}

impl DeliveryFilter {
    pub(crate) fn query(&self) -> Result<Query, Problem> {
        let query = to_webhook(self.of_event()?, self.webhook.as_ref())?;
        Ok(match self.state {
            Some(state) => query.state(state.into()),
            None => query,
        })
    }
}

impl AttemptFilter {
    pub(crate) fn query(&self) -> Result<Query, Problem> {
        let query = to_webhook(self.of_event()?, self.webhook.as_ref())?;
        Ok(match self.outcome {
            Some(outcome) => query.outcome(outcome.into()),
            None => query,
        })
    }
}

fn to_webhook(query: Query, id: Option<&String>) -> Result<Query, Problem> {
    let Some(id) = id else {
        return Ok(query);
    };
    let id: EndpointId =
        id.parse().map_err(|_| Problem::bad_request("`webhook`: this is no id of a webhook"))?;
    Ok(query.endpoint(&id))
}

fn read<T: FromStr>(name: &str, value: Option<&String>) -> Result<Option<T>, Problem>
where
    T::Err: Display,
{
    let wrong = |error: T::Err| Problem::bad_request(format!("`{name}`: {error}"));
    value.map(|value| value.parse().map_err(wrong)).transpose()
}

/// A text to be looked for in the database.
fn text<'a>(name: &str, value: Option<&'a String>) -> Result<Option<&'a String>, Problem> {
    // PostgreSQL has no texts with it.
    if value.is_some_and(|value| value.contains('\0')) {
        return Err(Problem::bad_request(format!("`{name}` has no character NUL")));
    }
    Ok(value)
}
