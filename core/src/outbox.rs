//! The outbox: events that are written in the application's own transaction, and from its commit on
//! reach every endpoint that wants them.

mod builder;
mod deliveries;
mod endpoints;
mod error;
pub(crate) mod formats;
mod history;
mod insert;
mod master_key;
mod page;
mod pattern;
#[cfg(feature = "postgres")]
mod postgres;
pub(crate) mod queue;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
pub(crate) mod statement;
pub(crate) mod store;
mod transaction;
mod wake;

use std::borrow::Borrow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::Pool;
use tokio::sync::{Mutex, OwnedMutexGuard};
use zeroize::Zeroizing;

pub use self::builder::OutboxBuilder;
pub use self::deliveries::{
    Deliveries, ReplayId, ReplayIdError, ReplayKind, ReplayProgress, ReplayState, StoredReplay,
};
pub use self::endpoints::{
    DisabledReason, EndpointId, EndpointIdError, EndpointSettings, EndpointState, Endpoints, Order,
    StoredEndpoint,
};
pub(crate) use self::endpoints::{StoredHealth, UnreadEndpoint};
use self::error::{Class, Kind};
pub use self::error::{EmitError, OutboxError};
use self::formats::Formats;
pub use self::history::{
    AttemptOutcome, Backlog, DeliveryState, Figures, History, Stats, StatsQuery, StoredAttempt,
    StoredDelivery, StoredEvent, StoredRequest, Tally,
};
pub use self::insert::Insert;
pub use self::master_key::{KeyError, MasterKey};
pub use self::page::{Cursor, CursorError, Page, Query};
pub(crate) use self::pattern::{Changed, is_operational};
pub use self::pattern::{EventPattern, EventPatternError};
pub use self::statement::Parameter;
use self::store::Failure;
pub use self::store::Store;
pub use self::transaction::Transaction;
use self::wake::Wake;
use crate::event::{Event, EventData, EventId, Parts};

/// How long the one writer of a file is waited for.
const WRITER_WAIT: Duration = Duration::from_secs(10);

/// The durable store of events, endpoints and deliveries, in tables of the application's own
/// database.
///
/// An event is emitted inside the application's transaction: it is there if the transaction
/// commits, and was never there if it does not. A [`Dispatcher`](crate::Dispatcher), in this process
/// or another, delivers it at least once to every endpoint that wants it.
///
/// It is cheap to clone.
///
/// # Examples
///
/// ```
/// use hookwright::{EndpointSettings, Outbox, Secret, WebhookObject};
///
/// #[derive(serde::Serialize, WebhookObject)]
/// struct Person {
///     id: String,
///     email: String,
/// }
///
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = std::env::temp_dir().join(format!("hookwright-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let path = directory.join("crm.db");
/// # let path = path.to_str().ok_or("a path")?;
/// let outbox = Outbox::sqlite(path).await?;
/// let secret = Secret::generate();
/// let settings = EndpointSettings::new("https://example.com/hooks")?.secret(secret);
/// outbox.endpoints().create(settings).await?;
///
/// let person = Person { id: "abc12345".into(), email: "alice@example.com".into() };
/// let mut transaction = outbox.begin().await?;
/// sqlx::query("CREATE TABLE IF NOT EXISTS person (id TEXT)").execute(&mut *transaction).await?;
/// sqlx::query("INSERT INTO person (id) VALUES ($1)").bind(&person.id).execute(&mut *transaction).await?;
/// outbox.emit(&mut transaction, &person.created()).await?;
/// transaction.commit().await?;
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub struct Outbox<S: Store> {
    shared: Arc<Shared<S>>,
    tenant: Option<Arc<str>>,
}

struct Shared<S: Store> {
    pool: Pool<S>,
    key: MasterKey,
    body_limit: usize,
    #[cfg(feature = "schema")]
    known: Option<crate::catalog::KnownEvents>,
    formats: Formats,
    wake: Wake,
    /// Whether the tables are known to be of this program's version.
    is_current: AtomicBool,
    /// Where the transactions of [`Outbox::begin`] are made.
    writers: Pool<S>,
    /// Where there is one writer, those of this process wait for each other in order, in place of
    /// asking again and again.
    writer: Option<Arc<Mutex<()>>>,
}

#[cfg(feature = "sqlite")]
impl Outbox<sqlx::Sqlite> {
    /// Opens the outbox in a file of SQLite: a path, or a URL such as `sqlite:crm.db`.
    ///
    /// A file that is not there is made, and a database without an outbox gets its tables. The
    /// master key is that of the environment, as [`MasterKey::from_environment`] reads it, or else
    /// the one in the file beside the database, `crm.db.key`, which is made with the tables.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the file cannot be used, is damaged or was an outbox and is empty now,
    /// when its master key is missing or another, and when its tables are newer than this program.
    pub async fn sqlite(path: &str) -> Result<Self, OutboxError> {
        OutboxBuilder::new().sqlite(path).await
    }

    /// The outbox in the database that the application has a pool of.
    ///
    /// The pool should be set to WAL, `synchronous=FULL`, and a busy time-out, as that of
    /// [`sqlite`](Self::sqlite) is.
    ///
    /// # Errors
    ///
    /// As [`sqlite`](Self::sqlite).
    pub async fn sqlite_pool(pool: Pool<sqlx::Sqlite>) -> Result<Self, OutboxError> {
        OutboxBuilder::new().sqlite_pool(pool).await
    }
}

#[cfg(feature = "postgres")]
impl Outbox<sqlx::Postgres> {
    /// Opens the outbox in PostgreSQL, such as `postgres://user@host/database`.
    ///
    /// A database without an outbox gets its tables. The master key is that of the environment, as
    /// [`MasterKey::from_environment`] reads it: there must be one.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database cannot be reached, when the master key is missing or
    /// another than before, and when the tables are newer than this program.
    pub async fn postgres(url: &str) -> Result<Self, OutboxError> {
        OutboxBuilder::new().postgres(url).await
    }

    /// The outbox in the database that the application has a pool of. A dispatcher holds two of its
    /// connections.
    ///
    /// # Errors
    ///
    /// As [`postgres`](Self::postgres).
    pub async fn postgres_pool(pool: Pool<sqlx::Postgres>) -> Result<Self, OutboxError> {
        OutboxBuilder::new().postgres_pool(pool).await
    }
}

impl<S: Store> Outbox<S> {
    /// Brings the tables to this program's version. Several processes may do so at once.
    ///
    /// A database that has no outbox gets one when it is opened; one of an earlier version is
    /// brought up by this call alone, since programs that know the earlier one may still run.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the tables are newer, and when the database refuses.
    pub async fn migrate(&self) -> Result<(), OutboxError> {
        schema::migrate(&self.shared.pool, &self.shared.key).await?;
        self.shared.is_current.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The same outbox for one tenant of the application: what is emitted through it is the
    /// tenant's, and so are its endpoints, which receive the tenant's events only.
    ///
    /// Slots are shared fairly between tenants. Where one emits very many events at once, those of other
    /// tenants overtake them. Not so events without a tenant, nor those of a tenant of which an endpoint
    /// [keeps the order](crate::Order::PerObject): they are fanned out in their order among all.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the id is not 1 to 256 visible ASCII characters.
    pub fn tenant(&self, id: &str) -> Result<Self, OutboxError> {
        if id.is_empty() || id.len() > 256 || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(OutboxError::new(Kind::Tenant));
        }
        Ok(Self { shared: self.shared.clone(), tenant: Some(id.into()) })
    }

    /// The endpoints: of one tenant through [`tenant`](Self::tenant), and else of all.
    pub fn endpoints(&self) -> Endpoints<'_, S> {
        Endpoints::new(self)
    }

    /// What is read back of events, deliveries and attempts.
    pub fn history(&self) -> History<'_, S> {
        History::new(self)
    }

    /// What is done about deliveries: one sent again, failures recovered, the past replayed.
    pub fn deliveries(&self) -> Deliveries<'_, S> {
        Deliveries::new(self)
    }

    /// Encrypts what an application keeps beside the outbox, such as the key of a session or a
    /// password of another service: with the outbox's master key, so that it needs none of its own.
    ///
    /// The context says what it is and whose, such as `session key` or `smtp password of acme`: only
    /// by the same one is it [unsealed](Self::unseal), so that one sealed value is no good in another's
    /// place. It is not in what is given, which is 45 bytes longer than what was sealed, and another
    /// each time. A [tenant](Self::tenant)'s id is no part of the context by itself. What is sealed
    /// cannot be taken for an endpoint's secrets, nor these for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use hookwright::{Outbox, OutboxError, Store};
    /// # fn example<S: Store>(outbox: Outbox<S>) -> Result<(), OutboxError> {
    /// let sealed = outbox.seal("smtp password of acme", b"correct horse");
    /// let password = outbox.unseal("smtp password of acme", &sealed)?;
    /// assert_eq!(password.as_slice(), b"correct horse");
    /// assert!(outbox.unseal("smtp password of other", &sealed).is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        self.shared.key.seal(&of_application(context), plain)
    }

    /// Decrypts what [`seal`](Self::seal) gave for the same context, under the same master key. Its
    /// memory is overwritten when it is dropped.
    ///
    /// # Errors
    ///
    /// [`OutboxError`], which is [about the master key](OutboxError::is_master_key) when it was sealed
    /// with another one or in another context, or was changed.
    pub fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OutboxError> {
        let opened = self.shared.key.open(&of_application(context), sealed);
        Ok(opened.map_err(|error| match error {
            KeyError::Sealed => KeyError::Context,
            error => error,
        })?)
    }

    /// Begins a transaction whose commit wakes the dispatcher at once.
    ///
    /// In SQLite it is begun IMMEDIATE, so that it is not refused later.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database cannot be reached, or another transaction holds it for too
    /// long.
    pub async fn begin(&self) -> Result<Transaction<S>, OutboxError> {
        let writer = self.writer().await?;
        if self.shared.pool.is_closed() {
            self.shared.writers.close().await;
        }
        let transaction = S::begin(&self.shared.writers).await?;
        Ok(Transaction::new(self.clone(), transaction, writer))
    }

    /// Writes an event in the application's transaction: on a connection or a transaction of sqlx,
    /// or of [`begin`](Self::begin).
    ///
    /// The data is serialized once, before anything is written. It is one INSERT of one row; an
    /// event that is emitted again under the same id changes nothing.
    ///
    /// # Errors
    ///
    /// [`EmitError::Body`] when the data is too large or cannot be serialized, after which the
    /// transaction is as it was; [`EmitError::Outbox`] when the database refuses.
    pub fn emit<'a, T: EventData>(
        &'a self,
        connection: &'a mut S::Connection,
        event: &Event<T>,
    ) -> impl Future<Output = Result<EventId, EmitError>> + Send + use<'a, S, T> {
        let parts = event.parts(self.shared.body_limit);
        async move {
            let parts = parts?;
            let id = parts.id.clone();
            self.ready().await?;
            let insert = Insert::new(parts, self.tenant.as_deref());
            S::execute(connection, insert.into_statement()).await?;
            Ok(id)
        }
    }

    /// Writes many events of one object in one statement, and gives their number.
    ///
    /// # Errors
    ///
    /// As [`emit`](Self::emit). When one event has no body, none is written.
    pub fn emit_all<'a, T, I>(
        &'a self,
        connection: &'a mut S::Connection,
        events: I,
    ) -> impl Future<Output = Result<usize, EmitError>> + Send + use<'a, S, T, I>
    where
        T: EventData,
        I: IntoIterator,
        I::Item: Borrow<Event<T>>,
    {
        let limit = self.shared.body_limit;
        let parts: Result<Vec<Parts>, _> =
            events.into_iter().map(|event| event.borrow().parts(limit)).collect();
        async move {
            let parts = parts?;
            let count = parts.len();
            self.ready().await?;
            for statement in insert::many::<S>(parts, self.tenant.as_deref()) {
                S::execute(connection, statement).await?;
            }
            Ok(count)
        }
    }

    /// The INSERT that [`emit`](Self::emit) runs, for a library other than sqlx.
    ///
    /// Nothing is asked of the database here: tables of another version are told by the INSERT's own
    /// failure, where `emit` says what to do.
    ///
    /// # Errors
    ///
    /// [`BodyError`](crate::BodyError) as [`emit`](Self::emit).
    pub fn insert<T: EventData>(&self, event: &Event<T>) -> Result<Insert, crate::BodyError> {
        Ok(Insert::new(event.parts(self.shared.body_limit)?, self.tenant.as_deref()))
    }

    /// Wakes the dispatcher after a transaction of the application's own has committed.
    ///
    /// Without it the dispatcher finds the events by its poll: within half a second.
    pub fn wake(&self) {
        self.shared.wake.wake(&self.shared.pool);
    }

    /// The pool of connections.
    pub fn pool(&self) -> &Pool<S> {
        &self.shared.pool
    }

    /// Wakes the dispatcher of this process only.
    pub(crate) fn wake_here(&self) {
        self.shared.wake.wake_here();
    }

    pub(crate) fn woken(&self) -> &tokio::sync::Notify {
        self.shared.wake.notified()
    }

    /// Refuses patterns that match no event of the catalogue, where there is one. Events about webhooks
    /// are in none.
    #[cfg(feature = "schema")]
    fn check_patterns(&self, patterns: &[EventPattern]) -> Result<(), OutboxError> {
        let Some(known) = &self.shared.known else {
            return Ok(());
        };
        patterns
            .iter()
            .try_for_each(|pattern| known.check(pattern))
            .map_err(|error| OutboxError::new(Kind::UnknownEvent(error)))
    }

    pub(crate) fn formats(&self) -> &Formats {
        &self.shared.formats
    }

    pub(crate) fn master_key(&self) -> &MasterKey {
        &self.shared.key
    }

    /// The tenant whose outbox it is, by [`tenant`](Self::tenant).
    pub fn tenant_id(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Waits for the turn of this process's writers, where there is one.
    pub(crate) async fn writer(&self) -> Result<Option<OwnedMutexGuard<()>>, OutboxError> {
        let Some(writer) = &self.shared.writer else {
            return Ok(None);
        };
        match tokio::time::timeout(WRITER_WAIT, writer.clone().lock_owned()).await {
            Ok(guard) => Ok(Some(guard)),
            Err(_elapsed) => Err(OutboxError::new(Kind::Database {
                class: Class::Busy,
                source: Failure::PoolTimedOut,
            })),
        }
    }

    /// Refuses to work on tables of another version.
    pub(crate) async fn ready(&self) -> Result<(), OutboxError> {
        if !self.shared.is_current.load(Ordering::Relaxed) {
            schema::check::<S>(&mut *self.shared.pool.acquire().await?).await?;
            self.shared.is_current.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Whose an application's sealed values are: an endpoint's are its id's, which is a UUID.
fn of_application(context: &str) -> String {
    format!("application:{context}")
}

impl<S: Store> Clone for Outbox<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), tenant: self.tenant.clone() }
    }
}

impl<S: Store> fmt::Debug for Outbox<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outbox")
            .field("store", &S::NAME)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
