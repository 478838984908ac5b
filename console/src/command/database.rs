//! The outbox that a command works on.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use hookwright::{Outbox, OutboxError};
use sqlx::sqlite::SqliteConnectOptions;
use url::Url;

use super::failure::{Exit, Failure};
use super::settings::DATABASE;
use crate::outbox::AnyOutbox;

/// Whether a database that is not there is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Make,
    Refuse,
}

/// Opens a path of SQLite, or a URL of PostgreSQL.
pub(super) async fn open(database: &str, missing: Missing) -> Result<AnyOutbox, Failure> {
    check_there(database, missing)?;
    if missing == Missing::Make && !is_postgres(database) {
        make_private(database);
    }
    Ok(open_there(database).await?)
}

/// Makes the file where it is missing, for this user alone: it holds what customers are sent. What
/// lies beside it gets the same permissions from SQLite. Why it cannot be made is told when it is
/// opened.
fn make_private(database: &str) {
    let path = match database.strip_prefix("sqlite:") {
        Some(_) => {
            database.parse::<SqliteConnectOptions>().map(|url| url.get_filename().to_owned())
        }
        None => Ok(Path::new(database).to_owned()),
    };
    // One in memory is not taken, and told when it is opened.
    let is_file = |path: &PathBuf| {
        let path = path.to_string_lossy();
        !path.contains(":memory:") && !path.contains("sqlx-in-memory")
    };
    let Some(path) = path.ok().filter(is_file) else {
        return;
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

/// Refuses a file that is not there, where none is to be made.
pub(super) fn check_there(database: &str, missing: Missing) -> Result<(), Failure> {
    let is_file = !is_postgres(database) && !database.starts_with("sqlite:");
    if missing == Missing::Make || !is_file || Path::new(database).exists() {
        return Ok(());
    }
    let makes = match database {
        DATABASE => "hookwright serve".to_owned(),
        _ => format!("hookwright --database {database} migrate"),
    };
    let text = format!(
        "there is no database `{database}`: name one with --database, or a server with --server; `{makes}` makes it"
    );
    Err(Failure::new(Exit::NotFound, text))
}

/// As [`open`], which makes a file that is not there.
pub(super) async fn open_there(database: &str) -> Result<AnyOutbox, OutboxError> {
    if is_postgres(database) {
        Ok(Outbox::postgres(database).await?.into())
    } else {
        Ok(Outbox::sqlite(database).await?.into())
    }
}

pub(super) fn is_postgres(database: &str) -> bool {
    database.starts_with("postgres:") || database.starts_with("postgresql:")
}

/// A path, or a URL without its password.
pub(super) fn without_password(text: &str) -> String {
    const HIDDEN: &str = "hidden";
    if !text.contains("://") {
        return text.to_owned();
    }
    let Ok(mut url) = Url::parse(text) else {
        // What cannot be read may hold one anywhere.
        return format!("{}://[hidden]", text.split("://").next().unwrap_or_default());
    };
    if url.password().is_some() && url.set_password(Some(HIDDEN)).is_err() {
        return format!("{}://[hidden]", url.scheme());
    }
    if url.query().is_some() {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut query = url.query_pairs_mut();
        query.clear();
        for (name, value) in pairs {
            let is_secret = ["password", "key", "token", "secret"]
                .iter()
                .any(|word| name.to_ascii_lowercase().contains(word));
            query.append_pair(&name, if is_secret { HIDDEN } else { &value });
        }
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_urls_are_not_shown() {
        for (text, expected) in [
            ("crm.db", "crm.db"),
            ("postgres://crm@localhost/crm", "postgres://crm@localhost/crm"),
            ("postgres://crm:pass@localhost/crm", "postgres://crm:hidden@localhost/crm"),
            (
                "postgres://localhost/crm?user=crm&password=pass",
                "postgres://localhost/crm?user=crm&password=hidden",
            ),
            ("postgres://crm:pa/ss@local host:x/crm", "postgres://[hidden]"),
        ] {
            assert_eq!(without_password(text), expected);
        }
    }
}
