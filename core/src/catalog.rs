//! The catalogue: what an application's events are, written for those who receive them.

mod asyncapi;
mod compiled;
mod described;
mod example;
mod json_schema;
#[cfg(feature = "_outbox")]
mod known;
mod lock;
mod markdown;
mod names;
mod node;
mod openapi;
mod references;
mod typescript;

use std::borrow::Cow;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use self::compiled::{Compiled, Form};
pub use self::described::Described;
#[cfg(feature = "_outbox")]
pub(crate) use self::known::KnownEvents;
pub use self::lock::{Added, Break, CatalogLock, LockError};
pub use self::names::UnknownEvent;
use crate::event::{EventData, EventName, EventSet, Hidden, WebhookEvent};
use crate::object::WebhookObject;

/// The events of an application, with the schema of what each carries.
///
/// Each type derives [`JsonSchema`](schemars::JsonSchema) beside its events; doc comments become
/// descriptions, and serde's attributes are obeyed. Skipped members are not in the schema, redacted
/// ones are told to be the text `"[redacted]"`. What is written is the documented format, the same
/// bytes each time.
///
/// Put `#[schemars(skip)]` on a skipped field whose type has no schema.
///
/// # Examples
///
/// ```
/// use hookwright::schemars::{self, JsonSchema};
/// use hookwright::{Catalog, WebhookEvent, WebhookObject};
///
/// /// Somebody to talk to.
/// #[derive(serde::Serialize, WebhookObject, JsonSchema)]
/// #[serde(rename_all = "camelCase")]
/// struct Person {
///     id: String,
///     /// Where mail goes.
///     email: String,
///     #[webhook(redact)]
///     phone_number: String,
///     #[webhook(skip)]
///     notes: String,
/// }
///
/// #[derive(serde::Serialize, WebhookEvent, JsonSchema)]
/// #[webhook(object = Person, name = "merged")]
/// struct PersonMerged {
///     winner: String,
///     loser: String,
/// }
///
/// let catalog = Catalog::new().object::<Person>().event::<PersonMerged>();
/// let names: Vec<_> = catalog.names().map(|name| name.to_string()).collect();
/// assert_eq!(names, ["person.created", "person.updated", "person.deleted", "person.merged"]);
/// assert_eq!(catalog.fields("person"), ["id", "email", "phoneNumber"]);
///
/// let declarations = catalog.typescript();
/// assert!(declarations.contains("export interface Person {"));
/// assert!(declarations.contains("phoneNumber: \"[redacted]\";"));
/// assert!(!declarations.contains("notes"));
/// ```
///
/// A field that is skipped *and* flattened has no name by which its members could be left out. It is
/// refused when the program is built, until `#[schemars(skip)]` stands on it:
///
/// ```compile_fail
/// # use hookwright::schemars::{self, JsonSchema};
/// # use hookwright::{Catalog, WebhookObject};
/// #[derive(serde::Serialize, JsonSchema)]
/// struct Pay {
///     salary: u32,
/// }
///
/// #[derive(serde::Serialize, WebhookObject, JsonSchema)]
/// struct Person {
///     id: String,
///     #[webhook(skip)]
///     #[serde(flatten)]
///     pay: Pay,
/// }
///
/// let catalog = Catalog::new().object::<Person>();
/// ```
///
/// A crate that does not depend on schemars itself names it so:
/// `#[schemars(crate = "hookwright::schemars")]`.
#[derive(Debug, Clone)]
#[must_use]
pub struct Catalog {
    title: String,
    version: String,
    parts: Vec<Part>,
}

/// A type, and its events.
#[derive(Debug, Clone)]
struct Part {
    object: &'static str,
    operations: Vec<&'static str>,
    is_custom: bool,
    is_empty: bool,
    hidden: Hidden,
    schema: fn(&mut SchemaGenerator) -> Schema,
    schema_id: Cow<'static, str>,
}

impl Catalog {
    /// A catalogue of nothing yet.
    pub fn new() -> Self {
        Self { title: "Webhooks".to_owned(), version: "1.0.0".to_owned(), parts: Vec::new() }
    }

    /// The catalogue of everything that an enum reads, but for its variant for all other events.
    pub fn of<E>() -> Self
    where
        E: EventSet,
        E::Members: Described,
    {
        E::Members::describe(Self::new())
    }

    /// Sets the title of the documents: "Webhooks" unless set.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the version of the documents, which is the application's to count: "1.0.0" unless set.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Adds every event that an object declares.
    pub fn object<T: WebhookObject + JsonSchema>(self) -> Self {
        self.data::<T>()
    }

    /// Adds a custom event.
    pub fn event<T: WebhookEvent + JsonSchema>(self) -> Self {
        self.data::<T>()
    }

    /// Of two types for one event, the first stays.
    fn data<T: EventData + JsonSchema>(mut self) -> Self {
        const {
            if let Some(help) = T::HIDDEN.unnamed {
                panic!("{}", help);
            }
        }
        let operations = match &T::OPERATION {
            Some(operation) => std::slice::from_ref(operation),
            None => T::OPERATIONS,
        };
        let is_new = |operation: &&&'static str| {
            self.parts
                .iter()
                .all(|part| part.object != T::OBJECT || !part.operations.contains(*operation))
        };
        let operations: Vec<_> = operations.iter().filter(is_new).copied().collect();
        if !operations.is_empty() {
            self.parts.push(Part {
                object: T::OBJECT,
                operations,
                is_custom: T::OPERATION.is_some(),
                is_empty: T::IS_EMPTY,
                hidden: T::HIDDEN,
                schema: T::json_schema,
                schema_id: T::schema_id(),
            });
        }
        self
    }

    /// The events, in the order in which they were added.
    pub fn names(&self) -> impl Iterator<Item = EventName> {
        self.parts.iter().flat_map(|part| {
            part.operations.iter().map(|operation| EventName::of_object(part.object, operation))
        })
    }

    /// The members of an object's data, by their names on the wire, without those of a flattened map,
    /// which may have any name. Empty for an object that is not in the catalogue.
    pub fn fields(&self, object: &str) -> Vec<String> {
        self.compiled(Form::Sent).fields(object)
    }

    /// A JSON Schema (2020-12) that every body of the catalogue is valid by. What an object's data is
    /// stands under `$defs`, under the object's name, and what a custom event's is under the event's
    /// with `.data` behind it.
    ///
    /// `oneOf` refers to each event's body, also under `$defs`: its `title` is the event's name, its
    /// `description` the first line of what the type's doc comment says, and of its `examples` there is
    /// one, as [`examples`](Self::examples) gives it.
    pub fn json_schema(&self) -> String {
        json_schema::write(self)
    }

    /// A document of `AsyncAPI` 3.0.
    pub fn asyncapi(&self) -> String {
        asyncapi::write(self)
    }

    /// A document of `OpenAPI` 3.1, whose `webhooks` are the events.
    pub fn openapi(&self) -> String {
        openapi::write(self)
    }

    /// Declarations of TypeScript: `WebhookEvent` is the union of all bodies, told apart by `event`.
    pub fn typescript(&self) -> String {
        typescript::write(self)
    }

    /// A page for customers, in Markdown.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// A body of each event, made of its schema: a type's or a field's own `examples` where it has
    /// some.
    pub fn examples(&self) -> Vec<(EventName, String)> {
        let compiled = self.compiled(Form::Sent);
        let body = |event: &compiled::Event| example::body(&compiled, event).compact();
        compiled.events.iter().map(|event| (event.name.clone(), body(event))).collect()
    }

    /// Compares the catalogue with the one that was released last, which the file at `path` keeps:
    /// `catalog.lock`, to be committed with the code. To be called in a test.
    ///
    /// These are refused: an event or a field that was removed, a field of another type, one that was
    /// always there and may be missing or `null` now, one that a receiver with the same types requires
    /// now and did not before, a value of an enum that is new (receivers match the ones they know) or
    /// is not read any more (what was sent before may hold it). What is added besides passes, and so
    /// does every change of a text. A value can be added without a break: first as
    /// `#[serde(skip_serializing)]`, so that receivers learn it.
    ///
    /// With `UPDATE_CATALOG=1` in the environment the file is written instead, and nothing is
    /// refused. Write it anew at each release: what is not in the file is not promised.
    ///
    /// # Errors
    ///
    /// [`LockError`], whose text is the difference and what to do about it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use hookwright::{Catalog, LockError};
    /// # fn crm_catalog() -> Catalog { Catalog::new() }
    /// #[test]
    /// # fn hidden() {}
    /// fn no_event_is_broken() -> Result<(), LockError> {
    ///     crm_catalog().check_lock(concat!(env!("CARGO_MANIFEST_DIR"), "/catalog.lock"))
    /// }
    /// # no_event_is_broken().unwrap();
    /// ```
    ///
    /// [`CatalogLock`] compares the files of two releases.
    pub fn check_lock(&self, path: impl AsRef<Path>) -> Result<(), LockError> {
        lock::check(self, path.as_ref())
    }

    fn compiled(&self, form: Form) -> Compiled {
        Compiled::new(&self.parts, form)
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Self::new()
    }
}
