//! What is sent.

use chrono::{DateTime, Utc};
use hookwright::WebhookObject;
use serde::{Deserialize, Serialize};

/// The record of the example in Twenty's documents, with its time written in one of two ways.
macro_rules! person {
    ($(#[$of_struct:meta])* $Person:ident, $(#[$of_time:meta])*) => {
        #[derive(Debug, Clone, Serialize, Deserialize, WebhookObject)]
        $(#[$of_struct])*
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $Person {
            pub(crate) id: String,
            pub(crate) first_name: String,
            pub(crate) last_name: String,
            pub(crate) email: String,
            $(#[$of_time])*
            pub(crate) created_at: DateTime<Utc>,
            pub(crate) created_by: String,
        }

        impl $Person {
            pub(crate) fn alice() -> Self {
                Self {
                    id: "abc12345".into(),
                    first_name: "Alice".into(),
                    last_name: "Doe".into(),
                    email: "alice@example.com".into(),
                    created_at: time(1_739_201_445_000),
                    created_by: "user_123".into(),
                }
            }
        }
    };
}

person!(Person, #[serde(with = "hookwright::rfc3339")]);
person!(
    #[webhook(name = "person")]
    PersonByChrono,
);

/// A record of eight fields.
#[derive(Debug, Clone, Serialize, WebhookObject)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    pub(crate) id: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) job_title: Option<String>,
    pub(crate) followers: u32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) created_by: String,
}

impl Contact {
    pub(crate) fn alice() -> Self {
        Self {
            id: "abc12345".into(),
            first_name: "Alice".into(),
            last_name: "Doe".into(),
            email: "alice@example.com".into(),
            job_title: Some("Head of Sales".into()),
            followers: 1_280,
            created_at: time(1_739_201_445_000),
            created_by: "user_123".into(),
        }
    }
}

/// The time of the example's event.
pub(crate) fn event_time() -> DateTime<Utc> {
    time(1_739_201_450_000)
}

/// A time in milliseconds since the epoch.
fn time(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).expect("a time of this century")
}
