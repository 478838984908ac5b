use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::outbox::error::OutboxError;

/// What can be wrong with the files of a database.
pub(crate) enum FileError {
    InMemory,
    /// What was given is an address of PostgreSQL.
    Postgres,
    NotAFile {
        path: PathBuf,
    },
    NoDirectory {
        path: PathBuf,
    },
    /// A file beside the database tells that there were tables once.
    Emptied {
        database: PathBuf,
        witness: PathBuf,
    },
    SecondDispatcher {
        holder: String,
    },
    Unusable {
        path: PathBuf,
        source: io::Error,
    },
}

impl FileError {
    pub(super) fn unusable(path: &Path, source: io::Error) -> OutboxError {
        Self::Unusable { path: path.to_owned(), source }.into()
    }

    pub(in crate::outbox) fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unusable { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InMemory => formatter.write_str(
                "an outbox in memory would lose its events with the process: give the path of a file",
            ),
            Self::Postgres => formatter.write_str(
                "this is an address of PostgreSQL: open it by `Outbox::postgres`, feature `postgres`",
            ),
            Self::NotAFile { path } => {
                write!(formatter, "{} is a directory: give the path of a file", path.display())
            }
            Self::NoDirectory { path } => write!(
                formatter,
                "{} cannot be opened: its directory is not there, so make it first",
                path.display()
            ),
            Self::Emptied { database, witness } => write!(
                formatter,
                "{} is empty or new, but {} tells that it was an outbox: restore it from a backup, or remove that file to begin anew",
                database.display(),
                witness.display()
            ),
            Self::SecondDispatcher { holder } => write!(
                formatter,
                "another dispatcher works on this file, {holder}: one is enough for a file of SQLite"
            ),
            Self::Unusable { path, .. } => {
                write!(formatter, "{} cannot be used", path.display())
            }
        }
    }
}
