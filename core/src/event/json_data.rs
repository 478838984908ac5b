use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::changes::Changes;
use super::{Event, EventData, EventName, RawEvent};

/// The data of an event that has no type in Rust: a JSON object, such as another program has sent.
///
/// It is written as it is, byte for byte. The record's id is its member `id`, a string or a number;
/// without one, or when it is `null`, the event is of no record.
///
/// `Debug` does not show it, so that it cannot reach a log.
///
/// # Examples
///
/// ```
/// use hookwright::{Event, JsonData};
///
/// let data = JsonData::parse(r#"{"id": "d7", "amount": 1200.00}"#)?;
/// let event = Event::untyped("deal.won".parse()?, data).at("2025-02-10T15:30:50Z".parse()?);
/// assert_eq!(event.object_id().to_string(), "d7");
/// assert_eq!(
///     serde_json::to_string(&event)?,
///     r#"{"event":"deal.won","data":{"id": "d7", "amount": 1200.00},"timestamp":"2025-02-10T15:30:50Z"}"#,
/// );
///
/// let error = JsonData::parse(r#"["d7"]"#).unwrap_err();
/// assert_eq!(error.to_string(), "the data of an event is a JSON object: write it as {\"id\":\"1\"}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct JsonData {
    json: Box<RawValue>,
    /// Empty when there is none.
    id: Box<str>,
}

impl JsonData {
    /// Reads the data, and keeps its exact text but for blanks around it.
    ///
    /// # Errors
    ///
    /// [`JsonDataError`] when the text is no JSON object, and when its `id` is neither a string nor a
    /// number, or stands twice.
    pub fn parse(json: &str) -> Result<Self, JsonDataError> {
        let json = object(json)?;
        let id = match member_id(json)? {
            Some(id) => id_text(id)?,
            None => Box::default(),
        };
        Ok(Self { json: json.to_owned(), id })
    }

    /// The text of the object.
    pub fn as_str(&self) -> &str {
        self.json.get()
    }

    /// The id of the record; empty where there is none.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// The name of such an event is its own: the constants are those of no object.
impl EventData for JsonData {
    const OBJECT: &'static str = "";
    const OPERATION: Option<&'static str> = None;

    fn subject(&self) -> &dyn fmt::Display {
        &self.id
    }

    fn serialize_payload<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
    {
        self.json.serialize(serializer)
    }
}

impl fmt::Debug for JsonData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "JsonData({} bytes)", self.json.get().len())
    }
}

impl Event<JsonData> {
    /// An event of any name, of this moment, with an id of its own.
    ///
    /// [`with_id`](Self::with_id) and [`at`](Self::at) set others.
    pub fn untyped(name: EventName, data: JsonData) -> Self {
        Self::now(name, data)
    }

    /// The same event, with the names of the members that have changed, and their old values where
    /// these are known: a JSON object with a member for each, `null` for one that was absent. Its
    /// exact text is kept.
    ///
    /// # Errors
    ///
    /// [`JsonDataError`] when the old values are no JSON object.
    ///
    /// # Examples
    ///
    /// ```
    /// use hookwright::{Event, JsonData};
    ///
    /// let data = JsonData::parse(r#"{"id":"p1","email":"new@example.com"}"#)?;
    /// let event = Event::untyped("person.updated".parse()?, data)
    ///     .with_updated_fields(["email"], Some(r#"{"email":"old@example.com"}"#))?;
    /// assert_eq!(event.updated_fields(), ["email"]);
    /// assert_eq!(event.previous_value::<String>("email")?.as_deref(), Some("old@example.com"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_updated_fields<F>(
        self,
        fields: F,
        previous: Option<&str>,
    ) -> Result<Self, JsonDataError>
    where
        F: IntoIterator,
        F::Item: Into<String>,
    {
        let previous = match previous.map(object) {
            Some(Ok(previous)) => Some(previous.to_owned()),
            Some(Err(JsonDataError::NotAnObject)) => return Err(JsonDataError::Previous),
            Some(Err(error)) => return Err(error),
            None => None,
        };
        let fields = fields.into_iter().map(|field| Cow::Owned(field.into())).collect();
        Ok(self.with_changes(Changes::new(fields, previous)))
    }
}

impl RawEvent {
    /// The event, to be sent on: with its name, id, time and changes, and the exact bytes of its data.
    ///
    /// # Errors
    ///
    /// [`JsonDataError`] when the data is not what [`JsonData::parse`] reads.
    ///
    /// # Examples
    ///
    /// ```
    /// use hookwright::RawEvent;
    ///
    /// let body = br#"{"type":"note.created","timestamp":"2025-02-10T15:30:50Z","data":{"id":7}}"#;
    /// let event = RawEvent::parse(body)?.to_event()?;
    /// assert_eq!(
    ///     event.body()?.as_bytes(),
    ///     br#"{"event":"note.created","data":{"id":7},"timestamp":"2025-02-10T15:30:50Z"}"#,
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_event(&self) -> Result<Event<JsonData>, JsonDataError> {
        let data = JsonData::parse(self.data())?;
        let mut event = Event::untyped(self.name().clone(), data).at(self.timestamp());
        event.id = self.id().cloned();
        event.actor = self.actor().cloned().map(Box::new);
        match self.changed_fields() {
            Some(fields) => {
                event.with_updated_fields(fields.iter().map(Cow::to_string), self.previous())
            }
            None => Ok(event),
        }
    }
}

/// The text of an object, without blanks around it.
fn object(json: &str) -> Result<&RawValue, JsonDataError> {
    let value: &RawValue = serde_json::from_str(json).map_err(JsonDataError::not_json)?;
    if value.get().starts_with('{') { Ok(value) } else { Err(JsonDataError::NotAnObject) }
}

/// The one member `id` of an object. The others are passed over, whatever their depth.
fn member_id(object: &RawValue) -> Result<Option<&RawValue>, JsonDataError> {
    /// `Err` when it stands twice.
    struct IdVisitor;

    impl<'de> Visitor<'de> for IdVisitor {
        type Value = Result<Option<&'de RawValue>, JsonDataError>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut id = None;
            let mut is_twice = false;
            while let Some(name) = map.next_key::<String>()? {
                if name == "id" {
                    is_twice |= id.replace(map.next_value()?).is_some();
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(if is_twice { Err(JsonDataError::IdTwice) } else { Ok(id) })
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(object.get());
    deserializer.deserialize_map(IdVisitor).map_err(JsonDataError::not_json)?
}

/// An id as it is looked up; empty for `null`.
fn id_text(id: &RawValue) -> Result<Box<str>, JsonDataError> {
    let json = id.get();
    match json.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(json).map_err(JsonDataError::not_json)?;
            Ok(text.into())
        }
        Some(b'-' | b'0'..=b'9') => Ok(json.into()),
        _ if json == "null" => Ok(Box::default()),
        _ => Err(JsonDataError::Id),
    }
}

/// Why a text is not the data of an event. It shows nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonDataError {
    /// It is not JSON.
    #[non_exhaustive]
    NotJson {
        /// The line, from 1 on.
        line: usize,
        /// The column, from 1 on.
        column: usize,
    },
    /// It is JSON, and no object.
    NotAnObject,
    /// The member `id` is neither a string nor a number.
    Id,
    /// The member `id` stands twice.
    IdTwice,
    /// The old values are JSON, and no object.
    Previous,
}

impl JsonDataError {
    #[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
    fn not_json(error: serde_json::Error) -> Self {
        Self::NotJson { line: error.line(), column: error.column() }
    }
}

impl fmt::Display for JsonDataError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column } => {
                write!(formatter, "this is not JSON, at line {line}, column {column}: correct it there")
            }
            Self::NotAnObject => formatter.write_str(
                "the data of an event is a JSON object: write it as {\"id\":\"1\"}",
            ),
            Self::Id => formatter.write_str(
                "the `id` in an event's data is a string or a number: write it so, or leave it out",
            ),
            Self::IdTwice => {
                formatter.write_str("the `id` stands twice in an event's data: keep one of the two")
            }
            Self::Previous => formatter.write_str(
                "the old values are a JSON object, with a member for each changed field: write them so, or leave them out",
            ),
        }
    }
}

impl Error for JsonDataError {}
