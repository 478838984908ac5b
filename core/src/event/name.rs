use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What happened: `object.operation`, such as `person.created`.
///
/// Both parts start with a letter and go on with letters, digits and `_`, all ASCII.
///
/// # Examples
///
/// ```
/// use hookwright::EventName;
///
/// let name: EventName = "calendarEvent.deleted".parse()?;
/// assert_eq!(name.object(), "calendarEvent");
/// assert_eq!(name.operation(), "deleted");
///
/// let error = "person".parse::<EventName>().unwrap_err();
/// assert_eq!(error.to_string(), r#""person" is not an event's name: write `object.operation`, each of letters, digits and `_`"#);
/// # Ok::<(), hookwright::EventNameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventName {
    object: Cow<'static, str>,
    operation: Cow<'static, str>,
}

impl EventName {
    /// A name whose parts are known to be right.
    pub(crate) const fn of_object(object: &'static str, operation: &'static str) -> Self {
        Self { object: Cow::Borrowed(object), operation: Cow::Borrowed(operation) }
    }

    pub(crate) fn of_parts(object: String, operation: String) -> Self {
        Self { object: Cow::Owned(object), operation: Cow::Owned(operation) }
    }

    /// What it happened to, such as `person`.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What was done, such as `created`.
    pub fn operation(&self) -> &str {
        &self.operation
    }
}

impl FromStr for EventName {
    type Err = EventNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (object, operation) = split_name(text)?;
        Ok(Self::of_parts(object.to_owned(), operation.to_owned()))
    }
}

/// The object and the operation of a name.
pub(crate) fn split_name(text: &str) -> Result<(&str, &str), EventNameError> {
    match text.split_once('.') {
        Some((object, operation)) if is_part(object) && is_part(operation) => {
            Ok((object, operation))
        }
        _ => Err(EventNameError { text: text.chars().take(SHOWN).collect() }),
    }
}

fn is_part(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl fmt::Display for EventName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.object, self.operation)
    }
}

impl fmt::Debug for EventName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EventName({self})")
    }
}

impl Serialize for EventName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Written at once where it fits: formatting takes longer than the rest of the envelope.
        let mut text = [0; 64];
        let (object, operation) = (self.object.as_bytes(), self.operation.as_bytes());
        let length = object.len() + 1 + operation.len();
        let Some(name) = text.get_mut(..length) else {
            return serializer.collect_str(self);
        };
        name[..object.len()].copy_from_slice(object);
        name[object.len()] = b'.';
        name[object.len() + 1..].copy_from_slice(operation);
        match str::from_utf8(name) {
            Ok(name) => serializer.serialize_str(name),
            Err(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// How much of a wrong name an error shows, in characters.
const SHOWN: usize = 64;

/// A text that is not an event's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNameError {
    text: String,
}

impl fmt::Display for EventNameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:?} is not an event's name: write `object.operation`, each of letters, digits and `_`",
            self.text
        )
    }
}

impl Error for EventNameError {}
