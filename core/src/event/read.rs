//! The one way of reading: what an event can be read as, and which names it is for.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use super::data::EventData;
use super::kind::OPERATIONS;
use super::raw::Decoded;
use super::{Event, EventId, EventName, Incoming, ObjectEvent, RawEvent, ReadError};
use crate::object::WebhookObject;

/// What a received event can be read as: [`Event`], [`ObjectEvent`], [`RawEvent`], and enums of
/// them.
///
/// Every format of a body is read, without being told which it is. Its members tell: the documented
/// one has `event`, that of Twenty's server `eventName`, that of Standard Webhooks `type`, and that of
/// CloudEvents `specversion` and `type`.
///
/// `#[derive(WebhookEvents)]` implements it for an enum; the options are described in
/// [`attributes`](crate::attributes).
///
/// # Examples
///
/// ```
/// use hookwright::{
///     Event, ObjectEvent, RawEvent, ReadError, ReadEvent, WebhookEvent, WebhookEvents,
///     WebhookObject,
/// };
///
/// #[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
/// struct Person {
///     id: String,
/// }
///
/// #[derive(serde::Serialize, serde::Deserialize, WebhookEvent)]
/// #[webhook(object = Person, name = "merged")]
/// struct PersonMerged {
///     winner: String,
///     loser: String,
/// }
///
/// #[derive(WebhookEvents)]
/// enum CrmEvent {
///     Person(ObjectEvent<Person>),
///     Merged(Event<PersonMerged>),
///     #[webhook(other)]
///     Other(RawEvent),
/// }
///
/// let body = r#"{"event":"person.merged","data":{"winner":"p1","loser":"p2"},"timestamp":"2025-02-10T15:30:50Z"}"#;
/// match CrmEvent::from_body(body.as_bytes())? {
///     CrmEvent::Person(event) => println!("{}", event.data().id),
///     CrmEvent::Merged(event) => assert_eq!(event.data().loser, "p2"),
///     CrmEvent::Other(event) => println!("{} is not known", event.name()),
/// }
///
/// let body = r#"{"event":"person.created","data":{"name":"Alice"},"timestamp":"2025-02-10T15:30:50Z"}"#;
/// let error = CrmEvent::from_body(body.as_bytes()).map(|_event| ()).unwrap_err();
/// assert_eq!(error.to_string(), "`person.created`: `data.id` is missing");
/// # Ok::<(), ReadError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event that can be read",
    label = "no event is read as this",
    note = "write `ObjectEvent<T>` for an object, `Event<T>` for a custom event, each of a `T` that implements `serde::Deserialize`; for several of them, derive `WebhookEvents` on an enum"
)]
pub trait ReadEvent: Sized {
    /// The events that are read as this.
    const CLAIM: Claim;

    /// Reads an event whose name is read.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the event is another, and when the data is not of the type.
    fn read(incoming: Incoming<'_>) -> Result<Self, ReadError>;

    /// What happened, such as `person.created`.
    fn name(&self) -> &EventName;

    /// What tells this event from all others, as [`Event::id`].
    fn id(&self) -> Option<&EventId>;

    /// When it happened, to the millisecond.
    fn timestamp(&self) -> DateTime<Utc>;

    /// Reads a body of any format that nobody has signed, such as one that was stored when it was
    /// verified.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the body is not such an event.
    fn from_body(body: &[u8]) -> Result<Self, ReadError> {
        Self::read(Incoming::parse(body)?)
    }
}

/// The events that an enum names, for what is made of them all: nested pairs of the types that its
/// variants hold, `(A, (B, ()))`, without the variant for all others.
///
/// `#[derive(WebhookEvents)]` implements it.
pub trait EventSet {
    /// The types of the variants.
    type Members;
}

/// The names of events that a type reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// Every name that nothing else claims.
    Anything,
    /// Every name of an object.
    Object(&'static str),
    /// The five operations of an object: `created`, `updated`, `deleted`, `restored`, `destroyed`.
    Operations(&'static str),
    /// One name: object and operation.
    Event(&'static str, &'static str),
    /// What one of these claims.
    AnyOf(&'static [Claim]),
}

impl Claim {
    /// How closely the name is claimed; 0 when it is not.
    fn strength(&self, object: &str, operation: &str) -> u8 {
        match self {
            Self::Anything => 1,
            Self::Object(of) if *of == object => 2,
            Self::Operations(of) if *of == object && OPERATIONS.contains(&operation) => 3,
            Self::Event(of, only) if *of == object && *only == operation => 4,
            Self::Object(_) | Self::Operations(_) | Self::Event(..) => 0,
            Self::AnyOf(claims) => {
                claims.iter().map(|claim| claim.strength(object, operation)).max().unwrap_or(0)
            }
        }
    }

    /// The claim that fits the event most closely; the first of equals.
    pub(crate) fn choose(claims: &[Self], incoming: &Incoming<'_>) -> Option<usize> {
        let mut best = (0, None);
        for (index, claim) in claims.iter().enumerate() {
            let strength = claim.strength(incoming.object(), incoming.operation());
            if strength > best.0 {
                best = (strength, Some(index));
            }
        }
        best.1
    }

    /// Whether both claim the same names as closely, so that one of them would never be chosen.
    const fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Anything, Self::Anything) => true,
            (Self::Object(left), Self::Object(right))
            | (Self::Operations(left), Self::Operations(right)) => same_text(left, right),
            (Self::Event(left, left_only), Self::Event(right, right_only)) => {
                same_text(left, right) && same_text(left_only, right_only)
            }
            _ => false,
        }
    }

    /// Whether a claim before that of `index` is the same.
    pub(crate) const fn is_repeated(claims: &[Self], index: usize) -> bool {
        let mut before = 0;
        while before < index {
            if claims[before].is_same(claims[index]) {
                return true;
            }
            before += 1;
        }
        false
    }
}

/// `==` of texts, which cannot be told at compile time yet.
const fn same_text(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

impl<T> ReadEvent for Event<T>
where
    T: EventData + DeserializeOwned,
{
    const CLAIM: Claim = match T::OPERATION {
        Some(operation) => Claim::Event(T::OBJECT, operation),
        None => Claim::Object(T::OBJECT),
    };

    fn read(incoming: Incoming<'_>) -> Result<Self, ReadError> {
        if !super::data::is_of::<T>(incoming.object(), incoming.operation()) {
            return Err(incoming.unknown());
        }
        let name = match T::OPERATION {
            Some(operation) => EventName::of_object(T::OBJECT, operation),
            None => incoming.name_of(T::OBJECT, &OPERATIONS),
        };
        let Decoded { id, timestamp, changes, actor, data } = incoming.decode(&name)?;
        Ok(Self { name, id, timestamp, data, changes, actor })
    }

    fn name(&self) -> &EventName {
        self.name()
    }

    fn id(&self) -> Option<&EventId> {
        self.id()
    }

    fn timestamp(&self) -> DateTime<Utc> {
        self.timestamp()
    }
}

impl<T> ReadEvent for ObjectEvent<T>
where
    T: WebhookObject + DeserializeOwned,
{
    const CLAIM: Claim = Claim::Operations(T::NAME);

    fn read(incoming: Incoming<'_>) -> Result<Self, ReadError> {
        if !OPERATIONS.contains(&incoming.operation()) {
            return Err(incoming.unknown());
        }
        Event::read(incoming)?
            .try_into()
            .map_err(|event: Event<T>| ReadError::UnknownEvent { name: event.name().clone() })
    }

    fn name(&self) -> &EventName {
        self.name()
    }

    fn id(&self) -> Option<&EventId> {
        self.id()
    }

    fn timestamp(&self) -> DateTime<Utc> {
        self.timestamp()
    }
}

impl ReadEvent for RawEvent {
    const CLAIM: Claim = Claim::Anything;

    fn read(incoming: Incoming<'_>) -> Result<Self, ReadError> {
        incoming.into_raw()
    }

    fn name(&self) -> &EventName {
        self.name()
    }

    fn id(&self) -> Option<&EventId> {
        self.id()
    }

    fn timestamp(&self) -> DateTime<Utc> {
        self.timestamp()
    }
}

/// For a variant that would be much larger than the others.
impl<E: ReadEvent> ReadEvent for Box<E> {
    const CLAIM: Claim = E::CLAIM;

    fn read(incoming: Incoming<'_>) -> Result<Self, ReadError> {
        E::read(incoming).map(Self::new)
    }

    fn name(&self) -> &EventName {
        E::name(self)
    }

    fn id(&self) -> Option<&EventId> {
        E::id(self)
    }

    fn timestamp(&self) -> DateTime<Utc> {
        E::timestamp(self)
    }
}
