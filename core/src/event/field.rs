use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;

use super::{Event, ReadError, changes};

/// A member of the data of the object `T`, whose value is a `V`.
///
/// `#[webhook(fields)]` makes one for each field that is on the wire, and
/// [`Event::changed`] and [`Event::previous`] take them.
///
/// # Examples
///
/// ```
/// use hookwright::WebhookObject;
///
/// #[derive(Clone, serde::Serialize, WebhookObject)]
/// #[webhook(fields)]
/// #[serde(rename_all = "camelCase")]
/// struct Person {
///     id: u64,
///     email: String,
///     job_title: Option<String>,
/// }
///
/// assert_eq!(Person::JOB_TITLE.name(), "jobTitle");
///
/// let before = Person { id: 1, email: "old@example.com".into(), job_title: None };
/// let after = Person { job_title: Some("CTO".into()), ..before.clone() };
/// let event = after.updated_from(&before)?.expect("the title can be seen");
///
/// assert!(event.changed(Person::JOB_TITLE));
/// assert!(!event.changed(Person::EMAIL));
/// assert_eq!(event.previous(Person::JOB_TITLE)?, Some(None));
/// assert_eq!(event.previous(Person::EMAIL)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Field<T, V> {
    name: &'static str,
    of: PhantomData<fn() -> (*const T, *const V)>,
}

impl<T, V> Field<T, V> {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<T, V> Clone for Field<T, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, V> Copy for Field<T, V> {}

impl<T, V> fmt::Debug for Field<T, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Field({})", self.name)
    }
}

/// Data of the object `O`: the record itself, or a reference to it.
#[diagnostic::on_unimplemented(
    message = "an event of `{Self}` has no field of `{O}`",
    label = "this field is of another type",
    note = "name a field of the type that the event carries"
)]
pub trait Carries<O> {}

#[diagnostic::do_not_recommend]
impl<O> Carries<O> for O {}

#[diagnostic::do_not_recommend]
impl<O> Carries<O> for &O {}

impl<T> Event<T> {
    /// Whether this member has changed.
    ///
    /// `false` when the event is no update, and when the old record was not at hand.
    pub fn changed<O, V>(&self, field: Field<O, V>) -> bool
    where
        T: Carries<O>,
    {
        self.updated_fields().iter().any(|name| name == field.name)
    }

    /// The old value of a member that has changed.
    ///
    /// `None` when the member has not changed, and when it was absent or `null` before; where
    /// `null` is a value, as of an `Option`, it is `Some(None)`. It is read by the type's own
    /// `Deserialize`, not by what `#[serde(with = "..")]` says of the field.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the old value is not of the type. It does not show the value.
    pub fn previous<'de, O, V>(&'de self, field: Field<O, V>) -> Result<Option<V>, ReadError>
    where
        T: Carries<O>,
        V: Deserialize<'de>,
    {
        let previous = self.changes.as_ref().and_then(changes::Changes::previous);
        let Some(previous) = previous else {
            return Ok(None);
        };
        let of_previous = |error| ReadError::data(&self.name, "previous", previous.get(), &error);
        let Some(value) = changes::text_of(previous, field.name).map_err(of_previous)? else {
            return Ok(None);
        };
        match serde_json::from_str(value.get()) {
            Err(_) if value.get() == "null" => Ok(None),
            Err(error) => {
                let path = format!("previous.{}", field.name);
                Err(ReadError::data(&self.name, &path, value.get(), &error))
            }
            Ok(value) => Ok(Some(value)),
        }
    }
}
