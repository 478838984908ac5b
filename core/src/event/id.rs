use std::error::Error;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use http::HeaderValue;
use uuid::Uuid;

use crate::signature::visible;

/// What tells an event from all others: the `webhook-id` of every attempt to deliver it.
///
/// Ours are UUIDs of version 7 (RFC 9562), which sort by time. Those of other senders are any
/// visible ASCII of at most 256 bytes.
///
/// # Examples
///
/// ```
/// use hookwright::EventId;
///
/// let id: EventId = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk".parse()?;
/// assert_eq!(id.to_string(), "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk");
/// assert_eq!("two words".parse::<EventId>().unwrap_err().to_string(), "an event's id is 1 to 256 visible ASCII characters");
/// # Ok::<(), hookwright::EventIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    /// Every id whose text is that of a UUID, so that equal ids are equal values.
    Uuid(Uuid),
    Text(Box<str>),
}

/// Room for a UUID as text.
pub(crate) type EventIdBuffer = [u8; uuid::fmt::Hyphenated::LENGTH];

impl EventId {
    /// The longest id that is read from a header, in bytes.
    pub const MAX_LENGTH: usize = 256;

    /// A new id of an event at `time`.
    pub(crate) fn at(time: DateTime<Utc>) -> Self {
        // A time before 1970 has no UUID of version 7: the earliest stands for it.
        let milliseconds = u64::try_from(time.timestamp_millis()).unwrap_or(0);
        let random: [u8; 16] = rand::random::<u128>().to_ne_bytes();
        let ten = random.first_chunk().expect("ten are fewer than sixteen");
        let uuid = uuid::Builder::from_unix_timestamp_millis(milliseconds, ten);
        Self(Repr::Uuid(uuid.into_uuid()))
    }

    #[cfg(feature = "_outbox")]
    pub(crate) fn as_uuid(&self) -> Option<&Uuid> {
        match &self.0 {
            Repr::Uuid(uuid) => Some(uuid),
            Repr::Text(_) => None,
        }
    }

    /// Room for [`encode`](Self::encode).
    pub(crate) fn buffer() -> EventIdBuffer {
        [0; uuid::fmt::Hyphenated::LENGTH]
    }

    /// The id as text, without allocating.
    pub(crate) fn encode<'a>(&'a self, buffer: &'a mut EventIdBuffer) -> &'a str {
        match &self.0 {
            Repr::Uuid(uuid) => uuid.hyphenated().encode_lower(buffer),
            Repr::Text(text) => text,
        }
    }
}

/// The value of the header `webhook-id`.
impl From<&EventId> for HeaderValue {
    fn from(id: &EventId) -> Self {
        visible(id.encode(&mut EventId::buffer()).as_bytes())
    }
}

impl From<Uuid> for EventId {
    fn from(uuid: Uuid) -> Self {
        Self(Repr::Uuid(uuid))
    }
}

impl FromStr for EventId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !is_visible {
            return Err(EventIdError);
        }
        let uuid = Uuid::try_parse(text).ok();
        let same_text = |uuid: &Uuid| uuid.hyphenated().encode_lower(&mut Self::buffer()) == text;
        Ok(Self(match uuid.filter(same_text) {
            Some(uuid) => Repr::Uuid(uuid),
            None => Repr::Text(text.into()),
        }))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Uuid(uuid) => uuid.hyphenated().fmt(formatter),
            Repr::Text(text) => text.fmt(formatter),
        }
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EventId({self})")
    }
}

/// A text that cannot be an event's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventIdError;

impl fmt::Display for EventIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an event's id is 1 to {} visible ASCII characters", EventId::MAX_LENGTH)
    }
}

impl Error for EventIdError {}
