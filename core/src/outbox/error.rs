use std::error::Error;
use std::fmt;

use super::master_key::KeyError;
#[cfg(feature = "sqlite")]
use super::sqlite::FileError;
use super::store::Failure;
use crate::endpoint::EndpointError;
use crate::event::BodyError;
use crate::format::Twenty;

/// Why an outbox did not do what it was asked for. Nothing that was committed before is lost.
///
/// The text says what to do. It shows no secret and no data.
pub struct OutboxError(Box<Kind>);

pub(crate) enum Kind {
    Database {
        class: Class,
        source: Failure,
    },
    /// The tables are of another version than this program's.
    Version {
        found: i64,
        known: i64,
    },
    Key(KeyError),
    #[cfg(feature = "sqlite")]
    File(FileError),
    NoEndpoint,
    NoReplay,
    NoEvent,
    Endpoint(EndpointError),
    /// What is stored is not what this library stores.
    Stored {
        what: &'static str,
    },
    Tenant,
    TooManyEndpoints,
    /// Bodies of Standard Webhooks, and no secret that signs by it.
    UnsignedStandard,
    TooManySecrets,
    /// Settings of the format `twenty` that are kept with every event.
    LargeFormat,
    Sender(crate::sender::SenderError),
    #[cfg(feature = "schema")]
    UnknownEvent(crate::UnknownEvent),
}

/// What kind of failure a database's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Another transaction stands in the way.
    Busy,
    Corrupt,
    NotADatabase,
    Full,
    ReadOnly,
    NoTables,
    Unreachable,
    Other,
}

impl OutboxError {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(kind))
    }

    pub(crate) fn stored(what: &'static str) -> Self {
        Self::new(Kind::Stored { what })
    }

    fn class(&self) -> Option<Class> {
        match &*self.0 {
            Kind::Database { class, .. } => Some(*class),
            _ => None,
        }
    }

    /// Whether the same call may succeed at another time: the transaction is to be rolled back and
    /// run again.
    ///
    /// In SQLite a transaction that has read before it writes may be refused, since another one has
    /// written meanwhile: begin it with [`Outbox::begin`](super::Outbox::begin), or by `BEGIN
    /// IMMEDIATE`.
    pub fn is_retryable(&self) -> bool {
        matches!(self.class(), Some(Class::Busy | Class::Unreachable))
    }

    /// Whether another transaction holds what this one needs.
    pub fn is_busy(&self) -> bool {
        self.class() == Some(Class::Busy)
    }

    /// Whether the database's files are damaged, or are not a database's.
    pub fn is_corrupt(&self) -> bool {
        match &*self.0 {
            Kind::Database { class, .. } => matches!(class, Class::Corrupt | Class::NotADatabase),
            Kind::Stored { .. } => true,
            #[cfg(feature = "sqlite")]
            Kind::File(FileError::Emptied { .. }) => true,
            _ => false,
        }
    }

    /// Whether there is no room left on the disk.
    pub fn is_disk_full(&self) -> bool {
        self.class() == Some(Class::Full)
    }

    /// Whether there is no master key, or another one than the database's.
    pub fn is_master_key(&self) -> bool {
        matches!(*self.0, Kind::Key(_))
    }

    /// Whether the tables are older or newer than this program's.
    pub fn is_version(&self) -> bool {
        matches!(*self.0, Kind::Version { .. }) || self.class() == Some(Class::NoTables)
    }

    /// Whether another dispatcher works on the same file.
    pub fn is_second_dispatcher(&self) -> bool {
        match &*self.0 {
            #[cfg(feature = "sqlite")]
            Kind::File(FileError::SecondDispatcher { .. }) => true,
            _ => false,
        }
    }

    /// The pattern of an endpoint that matches no event of the outbox's catalogue.
    #[cfg(feature = "schema")]
    pub fn unknown_event(&self) -> Option<&crate::UnknownEvent> {
        match &*self.0 {
            Kind::UnknownEvent(error) => Some(error),
            _ => None,
        }
    }

    /// Whether an endpoint was refused since its format is signed by Standard Webhooks, and none of its
    /// secrets is.
    pub fn is_unsigned_standard(&self) -> bool {
        matches!(*self.0, Kind::UnsignedStandard)
    }

    /// Whether an endpoint was refused since it has more secrets than
    /// [`EndpointSettings::MAX_SECRETS`](crate::EndpointSettings::MAX_SECRETS).
    pub fn is_too_many_secrets(&self) -> bool {
        matches!(*self.0, Kind::TooManySecrets)
    }

    /// Whether what was named is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(*self.0, Kind::NoEndpoint | Kind::NoReplay | Kind::NoEvent)
    }
}

impl From<Failure> for OutboxError {
    fn from(source: Failure) -> Self {
        Self::new(Kind::Database { class: classify(&source), source })
    }
}

#[cfg(feature = "sqlite")]
impl From<FileError> for OutboxError {
    fn from(error: FileError) -> Self {
        Self::new(Kind::File(error))
    }
}

impl From<KeyError> for OutboxError {
    fn from(error: KeyError) -> Self {
        Self::new(Kind::Key(error))
    }
}

impl From<EndpointError> for OutboxError {
    fn from(error: EndpointError) -> Self {
        Self::new(Kind::Endpoint(error))
    }
}

impl From<crate::sender::SenderError> for OutboxError {
    fn from(error: crate::sender::SenderError) -> Self {
        Self::new(Kind::Sender(error))
    }
}

/// Sorts a failure by the database's own code: SQLite's result codes
/// (<https://sqlite.org/rescode.html>), and PostgreSQL's five letters (its manual, appendix A).
fn classify(failure: &Failure) -> Class {
    let database = match failure {
        Failure::Database(database) => database,
        Failure::Io(_) | Failure::PoolTimedOut | Failure::PoolClosed | Failure::WorkerCrashed => {
            return Class::Unreachable;
        }
        _ => return Class::Other,
    };
    let code = database.code().unwrap_or_default();
    if code.len() == 5 {
        return match &*code {
            "40001" | "40P01" | "55P03" => Class::Busy,
            "53100" => Class::Full,
            "42P01" => Class::NoTables,
            "25006" => Class::ReadOnly,
            "XX001" | "XX002" => Class::Corrupt,
            code if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") => {
                Class::Unreachable
            }
            _ => Class::Other,
        };
    }
    // The lowest byte is the kind, and the rest says more of it.
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6) => Class::Busy,
        Ok(8) => Class::ReadOnly,
        Ok(11) => Class::Corrupt,
        Ok(13) => Class::Full,
        Ok(10 | 14) => Class::Unreachable,
        Ok(26) => Class::NotADatabase,
        Ok(1) if database.message().starts_with("no such table: hookwright_") => Class::NoTables,
        _ => Class::Other,
    }
}

impl fmt::Display for OutboxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Database { class, .. } => formatter.write_str(match class {
                Class::Busy => "another transaction stands in the way: roll back, and run the transaction again",
                Class::Corrupt => "the database is damaged: stop every program that uses it, keep a copy, and restore a backup or use `sqlite3 FILE .recover`",
                Class::NotADatabase => "the file is not a database of SQLite: check the path; nothing was changed",
                Class::Full => "there is no room left on the disk: nothing was written; free some, and run the transaction again",
                Class::ReadOnly => "the database can only be read: give the program the right to write to it",
                Class::NoTables => "the database has no tables of Hookwright: call `migrate()` once",
                Class::Unreachable => "the database cannot be reached",
                Class::Other => "the database refused",
            }),
            Kind::Version { found, known } if found > known => write!(
                formatter,
                "the outbox's tables are of version {found}, and this program knows {known}: run a newer program"
            ),
            Kind::Version { found, known } => write!(
                formatter,
                "the outbox's tables are of version {found}, and this program needs {known}: call `migrate()` once"
            ),
            Kind::Key(error) => error.fmt(formatter),
            #[cfg(feature = "sqlite")]
            Kind::File(error) => error.fmt(formatter),
            Kind::NoEndpoint => formatter.write_str("there is no such endpoint"),
            Kind::NoReplay => formatter.write_str("there is no such replay"),
            Kind::NoEvent => formatter.write_str("there is no such event"),
            Kind::Endpoint(error) => error.fmt(formatter),
            Kind::Stored { what } => write!(
                formatter,
                "{what} in the database cannot be read: was it changed by hand, or by a newer program?"
            ),
            Kind::Tenant => formatter.write_str("a tenant's id is 1 to 256 visible ASCII characters"),
            Kind::TooManyEndpoints => write!(
                formatter,
                "statistics are of {} endpoints at most: ask for those of one page, or of all in sum",
                super::StatsQuery::MAX_ENDPOINTS
            ),
            Kind::UnsignedStandard => formatter.write_str(
                "the format `Standard` is signed by Standard Webhooks: give the endpoint a secret that begins with `whsec_` or `whsk_`, such as `Secret::generate()`",
            ),
            Kind::TooManySecrets => write!(
                formatter,
                "an endpoint has {} secrets at most: wait until one that is rotated out has expired, or rotate without an overlap",
                super::EndpointSettings::MAX_SECRETS
            ),
            Kind::LargeFormat => write!(
                formatter,
                "the format `Twenty` has {} objects at most, and ids of {} bytes",
                Twenty::MAX_OBJECTS,
                Twenty::MAX_ID
            ),
            Kind::Sender(error) => error.fmt(formatter),
            #[cfg(feature = "schema")]
            Kind::UnknownEvent(error) => error.fmt(formatter),
        }
    }
}

impl fmt::Debug for OutboxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("OutboxError");
        debug.field("message", &self.to_string());
        if let Some(source) = self.source() {
            debug.field("source", &source.to_string());
        }
        debug.finish()
    }
}

impl Error for OutboxError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            Kind::Database { source, .. } => Some(source),
            #[cfg(feature = "sqlite")]
            Kind::File(error) => error.source(),
            Kind::Key(error) => error.source(),
            Kind::Sender(error) => error.source(),
            _ => None,
        }
    }
}

/// Why an event was not written to an outbox.
///
/// After [`Body`](Self::Body) the transaction is as it was, and can be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum EmitError {
    /// The event has no body: it is too large, or cannot be serialized. Nothing was written.
    Body(BodyError),
    /// The database did not take it.
    Outbox(OutboxError),
}

impl EmitError {
    /// Whether the transaction may succeed when it is run again.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Outbox(error) if error.is_retryable())
    }
}

impl From<BodyError> for EmitError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl<E: Into<OutboxError>> From<E> for EmitError {
    fn from(error: E) -> Self {
        Self::Outbox(error.into())
    }
}

impl fmt::Display for EmitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(formatter),
            Self::Outbox(error) => error.fmt(formatter),
        }
    }
}

impl Error for EmitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Body(error) => error.source(),
            Self::Outbox(error) => error.source(),
        }
    }
}
