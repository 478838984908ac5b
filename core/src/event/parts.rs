//! What an event is stored as: the exact bytes of its parts, of which a body is put together.

use chrono::{DateTime, Utc};

use super::body::{Body, BodyError};
use super::timestamp::{self, Rfc3339};
use super::{Data, Event, EventData, EventId, EventName};

/// The parts of one event. `data` is serialized when they are made, and never again.
pub(crate) struct Parts {
    pub(crate) id: EventId,
    pub(crate) name: EventName,
    pub(crate) object_id: String,
    pub(crate) time: DateTime<Utc>,
    /// `updatedFields`, as JSON.
    pub(crate) changed: Option<String>,
    /// `previous`, as JSON.
    pub(crate) previous: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
}

impl<T: EventData> Event<T> {
    /// Writes the parts, of which a body has at most `limit` bytes.
    pub(crate) fn parts(&self, limit: usize) -> Result<Parts, BodyError> {
        let name = self.name.clone();
        let data =
            Body::write(&name, &Data { name: &name, record: &self.data }, limit)?.into_bytes();
        let known = self.changes.as_ref();
        let changed = known.map(|changes| serde_json::to_string(changes.fields()));
        let changed = changed
            .transpose()
            .map_err(|source| BodyError::Serialize { event: name.clone(), source })?;
        let previous = known.and_then(|changes| changes.previous());
        let parts = Parts {
            id: self.id.clone().unwrap_or_else(|| EventId::at(timestamp::now())),
            object_id: self.data.subject().to_string(),
            time: self.timestamp,
            changed,
            previous: previous.map(|previous| previous.get().as_bytes().to_vec()),
            data,
            name,
        };
        let too_large = |event| BodyError::TooLarge { event, limit };
        match documented_length(&parts) {
            Some(length) if length <= limit => Ok(parts),
            Some(_) => Err(too_large(parts.name)),
            // A year that cannot be written is told by what serializes the whole event.
            None => Err(self.body_within(limit).err().unwrap_or_else(|| too_large(parts.name))),
        }
    }
}

/// The length of the documented body, which is the measure of the limit whatever the format.
fn documented_length(parts: &Parts) -> Option<usize> {
    let time = Rfc3339::new(parts.time)?;
    let text = |text: Option<usize>, name: &str| text.map_or(0, |length| name.len() + length);
    Some(
        r#"{"event":".","data":,"timestamp":""}"#.len()
            + parts.name.object().len()
            + parts.name.operation().len()
            + parts.data.len()
            + text(parts.changed.as_ref().map(String::len), r#","updatedFields":"#)
            + text(parts.previous.as_ref().map(Vec::len), r#","previous":"#)
            + time.as_str().len(),
    )
}

/// Puts the documented body together, byte for byte what [`Event::body`] writes.
pub(crate) fn documented(
    (object, operation): (&str, &str),
    data: &[u8],
    changed: Option<&str>,
    previous: Option<&[u8]>,
    time: DateTime<Utc>,
) -> Option<Vec<u8>> {
    let time = Rfc3339::new(time)?;
    let mut body = Vec::with_capacity(
        128 + data.len() + changed.map_or(0, str::len) + previous.map_or(0, <[u8]>::len),
    );
    let mut write = |bytes: &[u8]| body.extend_from_slice(bytes);
    write(br#"{"event":""#);
    write(object.as_bytes());
    write(b".");
    write(operation.as_bytes());
    write(br#"","data":"#);
    write(data);
    if let Some(changed) = changed {
        write(br#","updatedFields":"#);
        write(changed.as_bytes());
    }
    if let Some(previous) = previous {
        write(br#","previous":"#);
        write(previous);
    }
    write(br#","timestamp":""#);
    write(time.as_str().as_bytes());
    write(br#""}"#);
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::WebhookObject;

    #[derive(Clone)]
    struct Note {
        id: u32,
        text: String,
    }

    impl WebhookObject for Note {
        const NAME: &'static str = "note";

        fn object_id(&self) -> &dyn std::fmt::Display {
            &self.id
        }

        fn serialize_data<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeStruct;
            let mut data = serializer.serialize_struct("Note", 2)?;
            data.serialize_field("id", &self.id)?;
            data.serialize_field("text", &self.text)?;
            data.end()
        }
    }

    impl crate::emits::Created for Note {}
    impl crate::emits::Updated for Note {}

    fn check(event: &Event<&Note>) {
        let body = event.body().expect("a body").into_bytes();
        let parts = event.parts(body.len()).expect("within the limit");
        let name = (parts.name.object(), parts.name.operation());
        let changed = parts.changed.as_deref();
        let composed =
            documented(name, &parts.data, changed, parts.previous.as_deref(), parts.time);
        assert_eq!(composed.expect("a year of four digits"), body);
        let error = event.parts(body.len() - 1).err().expect("over the limit");
        assert!(matches!(error, BodyError::TooLarge { .. }));
    }

    #[test]
    fn a_body_of_parts_is_the_events_own_and_the_limit_is_met_to_the_byte() {
        let before = Note { id: 1, text: "a \"quoted\" \u{1f4de} text\n".into() };
        let after = Note { text: String::new(), ..before.clone() };
        check(&before.created());
        check(
            &before
                .created()
                .at(DateTime::from_timestamp_millis(1_735_066_639_000).expect("a time")),
        );
        check(&before.updated());
        check(&after.updated_from(&before).expect("comparable").expect("changed"));
    }

    #[test]
    fn a_year_that_cannot_be_written_is_an_error() {
        let note = Note { id: 1, text: String::new() };
        assert!(note.created().at(DateTime::<Utc>::MAX_UTC).parts(1000).is_err());
    }
}
