use std::any::type_name;
use std::fmt::{self, Write as _};
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use sqlx::Sqlite;

use crate::event::data::{Expected, is_of};
use crate::event::{Event, EventData, EventId, EventName, Incoming, RawEvent, ReadError};
use crate::outbox::{MasterKey, Outbox, OutboxBuilder, Query, Store};

/// An outbox that tells what was emitted through it.
///
/// It is used as the [`Outbox`] that it holds. What was rolled back, or is not committed yet, was not
/// emitted.
///
/// # Examples
///
/// See [`testing`](crate::testing).
pub struct TestOutbox<S: Store = Sqlite> {
    outbox: Outbox<S>,
    directory: Option<Arc<Directory>>,
}

impl TestOutbox {
    /// An outbox of its own, in a temporary file of SQLite that goes with it.
    ///
    /// # Panics
    ///
    /// When the file cannot be made.
    pub async fn new() -> Self {
        let directory = Directory::new();
        let path = directory.path.join("outbox.db");
        let path = path.to_str().expect("the temporary directory has a name of UTF-8");
        let builder = OutboxBuilder::new().master_key(MasterKey::generate());
        let outbox = builder.sqlite(path).await.expect("a new file of SQLite can be opened");
        Self { outbox, directory: Some(Arc::new(directory)) }
    }
}

impl<S: Store> TestOutbox<S> {
    /// What was emitted through an outbox of the test's own, such as one in PostgreSQL.
    pub fn of(outbox: Outbox<S>) -> Self {
        Self { outbox, directory: None }
    }

    /// The outbox itself, of which your own code is given a clone.
    pub fn outbox(&self) -> &Outbox<S> {
        &self.outbox
    }

    /// Everything that was emitted, in order.
    ///
    /// # Panics
    ///
    /// When the database cannot be read.
    pub async fn emitted(&self) -> Vec<RawEvent> {
        let history = self.outbox.history();
        let mut query = Query::new().limit(Query::MAX_LIMIT);
        let mut ids: Vec<EventId> = Vec::new();
        loop {
            let page = history.events(&query).await.expect("events can be read");
            ids.extend(page.items().iter().map(|event| event.id().clone()));
            let Some(next) = page.next() else { break };
            query = query.after(next);
        }
        let mut events = Vec::with_capacity(ids.len());
        for id in ids.into_iter().rev() {
            let body = history.body(&id).await.expect("a body can be read");
            let incoming = Incoming::parse(&body).expect("it was written here");
            events.push(incoming.with_id(Some(id)).into_raw().expect("it was written here"));
        }
        events
    }

    /// The events of this name that were emitted, in order.
    ///
    /// # Panics
    ///
    /// When no event of `T` can have the name, when one cannot be read as it, and when the database
    /// cannot be read.
    #[track_caller]
    pub fn emitted_as<T>(&self, name: &str) -> impl Future<Output = Vec<Event<T>>>
    where
        T: EventData + DeserializeOwned,
    {
        let (name, caller) = (name_of::<T>(name), Location::caller());
        async move {
            let emitted = self.emitted().await;
            let named = emitted.iter().filter(|event| *event.name() == name);
            let read = |event: &RawEvent| {
                event.read().unwrap_or_else(|error| panic!("{caller}: {error}\n{}", list(&emitted)))
            };
            named.map(read).collect()
        }
    }

    /// Asserts that an event of this name was emitted which is `expected`.
    ///
    /// # Panics
    ///
    /// When there is none, with what was emitted in place of it, and when no event of `T` can have
    /// the name.
    #[track_caller]
    pub fn assert_emitted<T>(
        &self,
        name: &str,
        expected: impl Fn(&Event<T>) -> bool + Send,
    ) -> impl Future<Output = ()>
    where
        T: EventData + DeserializeOwned,
    {
        let (name, caller) = (name_of::<T>(name), Location::caller());
        async move {
            let emitted = self.emitted().await;
            let mut unexpected = 0;
            let mut unread: Vec<ReadError> = Vec::new();
            for event in emitted.iter().filter(|event| *event.name() == name) {
                match event.read::<Event<T>>() {
                    Ok(event) if expected(&event) => return,
                    Ok(_) => unexpected += 1,
                    Err(error) => unread.push(error),
                }
            }
            let mut why = format!("no `{name}` was emitted that is as expected");
            match unexpected {
                0 => {}
                1 => why.push_str("; one is otherwise"),
                many => write!(why, "; {many} are otherwise").expect("a String takes it"),
            }
            for error in unread {
                write!(why, "; one cannot be read: {error}").expect("a String takes it");
            }
            panic!("{caller}: {why}\n{}", list(&emitted));
        }
    }

    /// Asserts that nothing was emitted.
    ///
    /// # Panics
    ///
    /// When something was, with what it is.
    #[track_caller]
    pub fn assert_none(&self) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            let emitted = self.emitted().await;
            assert!(emitted.is_empty(), "{caller}: something was emitted\n{}", list(&emitted));
        }
    }

    /// Asserts that no event of this name was emitted.
    ///
    /// # Panics
    ///
    /// When one was, with everything that was emitted, and when no event can have the name.
    #[track_caller]
    pub fn assert_not_emitted(&self, name: &str) -> impl Future<Output = ()> {
        let (name, caller) = (parse(name), Location::caller());
        async move {
            let emitted = self.emitted().await;
            let is_there = emitted.iter().any(|event| *event.name() == name);
            assert!(!is_there, "{caller}: `{name}` was emitted\n{}", list(&emitted));
        }
    }

    /// Emits an event in a transaction of its own.
    ///
    /// # Panics
    ///
    /// When it cannot be emitted.
    #[track_caller]
    pub fn emit_now<T: EventData + Sync>(&self, event: &Event<T>) -> impl Future<Output = EventId> {
        let caller = Location::caller();
        async move {
            let mut transaction = self.outbox.begin().await.expect("a transaction can be begun");
            let emitted = self.outbox.emit(&mut transaction, event).await;
            let id = emitted.unwrap_or_else(|error| panic!("{caller}: not emitted: {error}"));
            transaction.commit().await.expect("the transaction commits");
            id
        }
    }
}

/// The name of an event of `T`.
#[track_caller]
fn name_of<T: EventData>(text: &str) -> EventName {
    let name = parse(text);
    assert!(
        is_of::<T>(name.object(), name.operation()),
        "`{}` is read from {}, and never from `{name}`",
        type_name::<T>(),
        Expected::<T>(PhantomData)
    );
    name
}

#[track_caller]
fn parse(name: &str) -> EventName {
    name.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// One line for each event: tests have small ones.
fn list(events: &[RawEvent]) -> String {
    if events.is_empty() {
        return "nothing was emitted".to_owned();
    }
    let mut text = format!("emitted ({}):", events.len());
    for event in events {
        write!(text, "\n  {} {}", event.name(), event.data()).expect("a String takes it");
        if !event.updated_fields().is_empty() {
            write!(text, " changed: {}", event.updated_fields().join(", "))
                .expect("a String takes it");
        }
    }
    text
}

impl<S: Store> Clone for TestOutbox<S> {
    fn clone(&self) -> Self {
        Self { outbox: self.outbox.clone(), directory: self.directory.clone() }
    }
}

impl<S: Store> fmt::Debug for TestOutbox<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TestOutbox")
            .field("outbox", &self.outbox)
            .field("directory", &self.directory)
            .finish()
    }
}

impl<S: Store> Deref for TestOutbox<S> {
    type Target = Outbox<S>;

    fn deref(&self) -> &Outbox<S> {
        &self.outbox
    }
}

/// A directory that is removed with everything in it.
#[derive(Debug)]
struct Directory {
    path: PathBuf,
}

impl Directory {
    fn new() -> Self {
        let name = format!("hookwright-test-{:032x}", rand::random::<u128>());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("the temporary directory can be written");
        Self { path }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left does no harm.
        drop(std::fs::remove_dir_all(&self.path));
    }
}
