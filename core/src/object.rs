use std::fmt;

use serde::Serializer;

use crate::emits;
use crate::event::{Event, EventName, Hidden, UpdateError, changes};

/// A record whose changes are sent as events.
///
/// `#[derive(WebhookObject)]` implements it; the options are described in
/// [`attributes`](crate::attributes). An implementation by hand gives [`NAME`](Self::NAME), the id
/// and the data, and one marker of [`emits`] for each event; where these are others than the first
/// three, [`OPERATIONS`](Self::OPERATIONS) too.
///
/// # Examples
///
/// ```
/// use hookwright::WebhookObject;
///
/// #[derive(serde::Serialize, WebhookObject)]
/// struct CalendarEvent {
///     id: u64,
///     title: String,
/// }
///
/// let lunch = CalendarEvent { id: 12, title: "Lunch".into() };
/// let event = lunch.created();
///
/// assert_eq!(CalendarEvent::NAME, "calendarEvent");
/// assert_eq!(event.name().to_string(), "calendarEvent.created");
/// assert_eq!(event.object_id().to_string(), "12");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a webhook object",
    label = "it has no events `created`, `updated` and so on",
    note = "add `#[derive(WebhookObject)]` to `{Self}`; a custom event is read as `Event<{Self}>`"
)]
pub trait WebhookObject {
    /// The object's name on the wire, such as `person`.
    ///
    /// It starts with a letter and goes on with letters, digits and `_`, all ASCII.
    const NAME: &'static str;

    /// The operations that the object declares, in order: those of its markers of [`emits`], for
    /// what is made of all events of an object, such as a catalogue.
    const OPERATIONS: &'static [&'static str] = &["created", "updated", "deleted"];

    /// The members that the record has and receivers do not see as they are.
    #[doc(hidden)]
    const HIDDEN: Hidden = Hidden::NOTHING;

    /// What tells this record from all others of its object.
    fn object_id(&self) -> &dyn fmt::Display;

    /// Writes the record as receivers see it.
    ///
    /// # Errors
    ///
    /// The serializer's, and that of a field whose `Serialize` fails.
    fn serialize_data<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer;

    /// Whether the value behind a redacted member of the data differs from that in `before`.
    ///
    /// The data of the two records are the same there, so only the record itself can tell.
    fn redacted_differs(&self, before: &Self, member: &str) -> bool {
        let _ = (before, member);
        false
    }

    /// The event that the record is new.
    fn created(&self) -> Event<&Self>
    where
        Self: emits::Created,
    {
        Event::now(EventName::of_object(Self::NAME, "created"), self)
    }

    /// The event that the record has changed, when the old record is not at hand.
    ///
    /// [`updated_from`](Self::updated_from) also says what has changed.
    fn updated(&self) -> Event<&Self>
    where
        Self: emits::Updated,
    {
        Event::now(EventName::of_object(Self::NAME, "updated"), self)
    }

    /// The event that the record has changed from `before`: with the names of the changed members
    /// and their old values, or `None` when nothing that a receiver can see has changed.
    ///
    /// The top-level members of the two payloads are compared, in the order of the payload; the
    /// members of a flattened field count singly. Members are the same when their bytes are, or
    /// else when they are the same JSON, so that the order of keys does not count. The order of a
    /// list does: keep sets in an ordered type such as `BTreeSet`, since a `HashSet` is written in
    /// another order each time. A redacted member that has changed is named, and its old value is
    /// `"[redacted]"`.
    ///
    /// # Errors
    ///
    /// [`UpdateError`] when the ids differ, when the data is not a JSON object, and when it cannot
    /// be serialized.
    ///
    /// # Examples
    ///
    /// ```
    /// use hookwright::WebhookObject;
    ///
    /// #[derive(Clone, serde::Serialize, WebhookObject)]
    /// struct Person {
    ///     id: u64,
    ///     email: String,
    ///     #[webhook(skip)]
    ///     notes: String,
    /// }
    ///
    /// let before = Person { id: 1, email: "old@example.com".into(), notes: String::new() };
    ///
    /// let noted = Person { notes: "call back".into(), ..before.clone() };
    /// assert!(noted.updated_from(&before)?.is_none());
    ///
    /// let moved = Person { email: "new@example.com".into(), ..before.clone() };
    /// let event = moved.updated_from(&before)?.expect("the email is visible");
    /// assert_eq!(event.updated_fields(), ["email"]);
    /// assert_eq!(event.previous_value::<String>("email")?.as_deref(), Some("old@example.com"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn updated_from(&self, before: &Self) -> Result<Option<Event<&Self>>, UpdateError>
    where
        Self: emits::Updated + Sized,
    {
        Ok(changes::between(before, self)?.map(|changes| self.updated().with_changes(changes)))
    }

    /// The event that the record is gone, or hidden where the application can restore it.
    fn deleted(&self) -> Event<&Self>
    where
        Self: emits::Deleted,
    {
        Event::now(EventName::of_object(Self::NAME, "deleted"), self)
    }

    /// The event that a deleted record is back.
    fn restored(&self) -> Event<&Self>
    where
        Self: emits::Restored,
    {
        Event::now(EventName::of_object(Self::NAME, "restored"), self)
    }

    /// The event that the record is gone for good.
    fn destroyed(&self) -> Event<&Self>
    where
        Self: emits::Destroyed,
    {
        Event::now(EventName::of_object(Self::NAME, "destroyed"), self)
    }
}

/// An event that borrows its record carries the same data.
impl<T: WebhookObject> WebhookObject for &T {
    const NAME: &'static str = T::NAME;
    const OPERATIONS: &'static [&'static str] = T::OPERATIONS;
    const HIDDEN: Hidden = T::HIDDEN;

    fn object_id(&self) -> &dyn fmt::Display {
        T::object_id(self)
    }

    fn serialize_data<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
    {
        T::serialize_data(self, serializer)
    }

    fn redacted_differs(&self, before: &Self, member: &str) -> bool {
        T::redacted_differs(self, before, member)
    }
}

/// What a record emits, a reference to it emits: the methods are found on `&&T` by way of `&T`.
macro_rules! emits_by_reference {
    ($($marker:ident)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<T: emits::$marker> emits::$marker for &T {}
        )*
    };
}

emits_by_reference!(Created Updated Deleted Restored Destroyed);
