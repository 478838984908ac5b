//! The formats of a body: the same event, written for receivers that know other envelopes.

mod cloud_events;
mod twenty;

pub use self::cloud_events::{CloudEvents, CloudEventsError};
pub use self::twenty::Twenty;

/// How the body of an event is written.
///
/// Every format has the event's name, its time and its data, whose bytes are the same in each. A
/// receiver of this crate reads all of them without being told which it is.
///
/// | format | the body begins | content type |
/// | --- | --- | --- |
/// | [`Documented`](Self::Documented) | `{"event":"person.created","data":{` | `application/json` |
/// | [`Twenty`](Self::Twenty) | `{"targetUrl":"https://…","eventName":"person.created",` | `application/json` |
/// | [`Standard`](Self::Standard) | `{"type":"person.created","timestamp":"…","data":{` | `application/json` |
/// | [`CloudEvents`](Self::CloudEvents) | `{"specversion":"1.0","id":"…","source":"…",` | `application/cloudevents+json` |
///
/// # Examples
///
/// ```
/// use hookwright::{CloudEvents, Format, Twenty};
///
/// let twenty = Twenty::new("872cfcf1-c79f-42bc-877d-5829f06eb3f9")
///     .object("person", "370985db-22d8-4463-8e5f-2271d30913bd");
/// let formats: [Format; 4] = [
///     Format::Documented,
///     twenty.into(),
///     Format::Standard,
///     CloudEvents::new("https://crm.example.com")?.into(),
/// ];
/// assert_eq!(formats[3].content_type(), "application/cloudevents+json");
/// # Ok::<(), hookwright::CloudEventsError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "_outbox",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
#[non_exhaustive]
pub enum Format {
    /// `{"event","data","timestamp"}`, as Twenty documents it.
    #[default]
    Documented,
    /// What Twenty's server sends.
    Twenty(Twenty),
    /// `{"type","timestamp","data"}`, as [Standard Webhooks] recommends it. An outbox takes it for
    /// endpoints alone that sign by Standard Webhooks.
    ///
    /// [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    Standard,
    /// [CloudEvents] 1.0, structured, as JSON.
    ///
    /// [CloudEvents]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
    CloudEvents(CloudEvents),
}

impl Format {
    /// The `Content-Type` of a request.
    pub fn content_type(&self) -> &'static str {
        match self {
            // CloudEvents' JSON format, section 3.
            Self::CloudEvents(_) => "application/cloudevents+json",
            Self::Documented | Self::Twenty(_) | Self::Standard => "application/json",
        }
    }

    /// The same format for an endpoint: with what its bodies tell of it.
    pub(crate) fn of_endpoint(&self, url: &str, webhook_id: Option<&str>) -> Self {
        match self {
            Self::Twenty(twenty) => Self::Twenty(twenty.clone().of_endpoint(url, webhook_id)),
            Self::Documented | Self::Standard | Self::CloudEvents(_) => self.clone(),
        }
    }
}

impl From<Twenty> for Format {
    fn from(twenty: Twenty) -> Self {
        Self::Twenty(twenty)
    }
}

impl From<CloudEvents> for Format {
    fn from(cloud_events: CloudEvents) -> Self {
        Self::CloudEvents(cloud_events)
    }
}
