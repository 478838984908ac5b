use std::error::Error;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::event::EventId;

/// What tells an endpoint from all others: a UUID of version 7.
///
/// # Examples
///
/// ```
/// use hookwright::EndpointId;
///
/// let id: EndpointId = "0193f7f4-3b5c-7bd0-a5f7-6b8b1d0f5f11".parse()?;
/// assert_eq!(id.to_string(), "0193f7f4-3b5c-7bd0-a5f7-6b8b1d0f5f11");
/// assert!("17".parse::<EndpointId>().is_err());
/// # Ok::<(), hookwright::EndpointIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(Uuid);

impl EndpointId {
    pub(super) fn new() -> Self {
        // Made as an event's id is.
        let text = EventId::at(chrono::Utc::now()).to_string();
        Self(Uuid::try_parse(&text).expect("a new event's id is a UUID"))
    }
}

impl FromStr for EndpointId {
    type Err = EndpointIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self).map_err(|_| EndpointIdError)
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

impl fmt::Debug for EndpointId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EndpointId({self})")
    }
}

/// A text that is not an endpoint's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointIdError;

impl fmt::Display for EndpointIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an endpoint's id is a UUID, such as the one that its creation gave")
    }
}

impl Error for EndpointIdError {}
