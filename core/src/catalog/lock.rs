//! `catalog.lock`: what was promised to receivers, and whether it is kept.

mod compare;
mod error;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fmt, fs, io};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::compare::{Comparison, Difference};
pub use self::error::LockError;
use super::Catalog;
use super::compiled::{Compiled, Form};
use super::node::Node;

/// Set to accept what has changed.
const UPDATE: &str = "UPDATE_CATALOG";
/// How the file is written.
const VERSION: u32 = 1;

/// What was promised to receivers at one time: what `catalog.lock` holds.
///
/// [`Catalog::check_lock`] compares the catalogue with its file; this is for what compares two of
/// them, such as the files of two releases.
///
/// # Examples
///
/// ```
/// use hookwright::schemars::{self, JsonSchema};
/// use hookwright::{Catalog, CatalogLock, WebhookObject};
///
/// mod first {
///     # use super::*;
///     #[derive(serde::Serialize, WebhookObject, JsonSchema)]
///     pub struct Person { id: String, email: String }
/// }
/// mod second {
///     # use super::*;
///     #[derive(serde::Serialize, WebhookObject, JsonSchema)]
///     #[webhook(events(created, updated, deleted, restored))]
///     pub struct Person { id: String, mail: String }
/// }
///
/// # fn main() {
/// let old = CatalogLock::of(&Catalog::new().object::<first::Person>());
/// let new = CatalogLock::of(&Catalog::new().object::<second::Person>());
/// let breaks: Vec<_> = old.breaks(&new).iter().map(ToString::to_string).collect();
/// assert_eq!(breaks, ["person.created, person.deleted, person.updated: data.email: was removed"]);
/// let added: Vec<_> = old.added(&new).iter().map(ToString::to_string).collect();
/// assert_eq!(added, ["person.restored", "person.created, person.deleted, person.updated: data.mail"]);
/// # }
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogLock {
    version: u32,
    /// The name of the schema of what each event carries.
    events: BTreeMap<String, String>,
    /// What is sent.
    sent: BTreeMap<String, Value>,
    /// What a receiver with the same types reads.
    read: BTreeMap<String, Value>,
}

/// What the file of any version tells.
#[derive(Deserialize)]
struct Written {
    version: u32,
}

impl CatalogLock {
    /// What a catalogue promises now.
    pub fn of(catalog: &Catalog) -> Self {
        let Compiled { events, schemas: sent, .. } = catalog.compiled(Form::Sent);
        let read = catalog.compiled(Form::Read).schemas;
        let events = events.into_iter().map(|event| (event.name.to_string(), event.data)).collect();
        let without_texts = |schemas: BTreeMap<String, Value>| {
            let strip = |(name, schema)| (name, compare::without_texts(&schema));
            schemas.into_iter().map(strip).collect()
        };
        Self { version: VERSION, events, sent: without_texts(sent), read: without_texts(read) }
    }

    /// Reads a file that [`Catalog::check_lock`] has written.
    ///
    /// # Errors
    ///
    /// [`LockError`] when the file is missing or cannot be read, and when it is something else or of
    /// another version of this library.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LockError> {
        let path = path.as_ref();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(LockError::Missing { path: path.to_owned() });
            }
            Err(source) => return Err(LockError::Read { path: path.to_owned(), source }),
        };
        let lock: Self = match serde_json::from_str(&text) {
            Ok(lock) => lock,
            Err(error) => {
                let path = path.to_owned();
                // Another version may have other members.
                return Err(match serde_json::from_str(&text) {
                    Ok(Written { version }) if version != VERSION => {
                        LockError::OtherVersion { path, version }
                    }
                    _ => LockError::NotALock { path, line: error.line() },
                });
            }
        };
        if lock.version != VERSION {
            return Err(LockError::OtherVersion { path: path.to_owned(), version: lock.version });
        }
        Ok(lock)
    }

    /// The names of the events, in their order.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }

    /// What was promised and is not kept by a newer one: empty when every receiver that was right
    /// still is.
    pub fn breaks(&self, newer: &Self) -> Vec<Break> {
        let gone = self.events.keys().filter(|name| !newer.events.contains_key(*name));
        let gone = gone.map(|name| Break {
            events: vec![name.clone()],
            path: String::new(),
            problem: "the event was removed".to_owned(),
        });
        let mut breaks: Vec<Break> = gone.collect();
        for (events, data, newer_data) in self.in_both(newer) {
            let read = Comparison::read(&self.read, &newer.read).of(data, newer_data);
            let sent = self.sent(newer, data, newer_data);
            let mut seen = Vec::new();
            for (path, problem) in sent.breaks.into_iter().chain(read.breaks) {
                if seen.contains(&(path.clone(), problem.clone())) {
                    continue;
                }
                seen.push((path.clone(), problem.clone()));
                breaks.push(Break { events: events.clone(), path, problem });
            }
        }
        breaks
    }

    /// What a newer one promises besides: events, and members of data that are sent. Of a member
    /// that is new, those within it are not told.
    pub fn added(&self, newer: &Self) -> Vec<Added> {
        let new = newer.events.keys().filter(|name| !self.events.contains_key(*name));
        let new = new.map(|name| Added { events: vec![name.clone()], path: String::new() });
        let mut added: Vec<Added> = new.collect();
        for (events, data, newer_data) in self.in_both(newer) {
            let sent = self.sent(newer, data, newer_data);
            let fields = sent.added.into_iter();
            added.extend(fields.map(|path| Added { events: events.clone(), path }));
        }
        added
    }

    fn sent(&self, newer: &Self, data: &str, newer_data: &str) -> Difference {
        Comparison::sent(&self.sent, &newer.sent).of(data, newer_data)
    }

    /// The events of both that carry the same, and the name of what they carry in each.
    fn in_both<'a>(
        &'a self,
        newer: &'a Self,
    ) -> impl Iterator<Item = (Vec<String>, &'a str, &'a str)> {
        let mut by_data: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for (name, data) in &self.events {
            if let Some(newer_data) = newer.events.get(name) {
                by_data.entry((data, newer_data)).or_default().push(name.clone());
            }
        }
        by_data.into_iter().map(|((data, newer_data), events)| (events, data, newer_data))
    }

    fn text(&self) -> String {
        let schemas = |schemas: &BTreeMap<String, Value>| {
            let node = |(name, schema): (&String, &Value)| (name.clone(), Node::data(schema));
            Node::Map(schemas.iter().map(node).collect())
        };
        let events = self.events.iter().map(|(name, data)| (name.clone(), Node::text(data)));
        Node::map([
            ("version", Node::Scalar(self.version.into())),
            ("events", Node::Map(events.collect())),
            ("sent", schemas(&self.sent)),
            ("read", schemas(&self.read)),
        ])
        .pretty()
    }
}

/// The names of the events, without their schemas.
impl fmt::Debug for CatalogLock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CatalogLock")
            .field("events", &self.events.keys())
            .finish_non_exhaustive()
    }
}

pub(super) fn check(catalog: &Catalog, path: &Path) -> Result<(), LockError> {
    let now = CatalogLock::of(catalog);
    if env::var_os(UPDATE).is_some_and(|value| value == "1") {
        return fs::write(path, now.text())
            .map_err(|source| LockError::Write { path: path.to_owned(), source });
    }
    let breaks = CatalogLock::read(path)?.breaks(&now);
    if breaks.is_empty() {
        return Ok(());
    }
    Err(LockError::Broken { path: path.to_owned(), breaks })
}

/// A promise that is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Break {
    /// The events that it is of.
    pub events: Vec<String>,
    /// Where in the body, such as `data.address.city`; empty for the event itself.
    pub path: String,
    /// What has changed, in words.
    pub problem: String,
}

/// One line: the events, where, and what.
impl fmt::Display for Break {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.events.join(", "))?;
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.problem)
    }
}

/// What is promised besides: an event, or a member of its data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Added {
    /// The events that it is of.
    pub events: Vec<String>,
    /// Where in the body, such as `data.address.city`; empty for the event itself.
    pub path: String,
}

/// One line: the events, and where.
impl fmt::Display for Added {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.events.join(", "))?;
        if !self.path.is_empty() {
            write!(formatter, ": {}", self.path)?;
        }
        Ok(())
    }
}
