//! Formats as they are stored: a row each, which is never changed, so that every attempt of a
//! delivery has the same bytes whatever becomes of its endpoint.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest, Sha256};

use super::error::OutboxError;
use super::statement::Statement;
use super::store::{Failure, Store};
use crate::format::Format;

/// The number of the documented format, which has no row.
pub(crate) const DOCUMENTED: i64 = 0;

/// Formats by their numbers, as far as they were asked for. What was read once stays right.
#[derive(Debug)]
pub(crate) struct Formats {
    documented: Arc<Format>,
    /// `None` of what cannot be read.
    read: RwLock<HashMap<i64, Option<Arc<Format>>>>,
}

impl Formats {
    pub(super) fn new() -> Self {
        Self { documented: Arc::new(Format::Documented), read: RwLock::default() }
    }

    /// A format that was [read](Self::read); `None` of what this program cannot read.
    pub(crate) fn get(&self, number: i64) -> Option<Arc<Format>> {
        if number == DOCUMENTED {
            return Some(self.documented.clone());
        }
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        read.get(&number)?.clone()
    }

    /// Reads those of these formats that were not read before: most often none.
    pub(crate) async fn read<S: Store>(
        &self,
        connection: &mut S::Connection,
        numbers: impl Iterator<Item = i64>,
    ) -> Result<(), Failure> {
        let unknown: BTreeSet<i64> = {
            let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
            let is_unknown = |number: &i64| *number != DOCUMENTED && !read.contains_key(number);
            numbers.filter(is_unknown).collect()
        };
        if unknown.is_empty() {
            return Ok(());
        }
        let select = Statement::new(
            "SELECT id, settings FROM hookwright_format WHERE id IN (SELECT r.number FROM ",
        )
        .table(S::TABLES, "r", [("number", unknown.iter().copied().collect())])
        .text(")");
        let rows = S::fetch(connection, select).await?;
        let mut found: HashMap<i64, Option<Arc<Format>>> =
            unknown.into_iter().map(|number| (number, None)).collect();
        for row in &rows {
            let number = S::integer(row, 0)?.unwrap_or_default();
            let settings = S::string(row, 1)?.unwrap_or_default();
            found.insert(number, serde_json::from_str(&settings).ok().map(Arc::new));
        }
        for number in found.iter().filter(|(_, format)| format.is_none()).map(|(number, _)| number)
        {
            tracing::error!(
                format.number = number,
                "a format in the database cannot be read: was it changed by hand, or by a newer program?"
            );
        }
        self.read.write().unwrap_or_else(PoisonError::into_inner).extend(found);
        Ok(())
    }
}

/// The number of a format, which gets a row when it is new.
pub(super) async fn intern<S: Store>(
    connection: &mut S::Connection,
    format: &Format,
) -> Result<i64, OutboxError> {
    if let Format::Documented = format {
        return Ok(DOCUMENTED);
    }
    let unreadable = || OutboxError::stored("a format");
    let settings = serde_json::to_string(format).map_err(|_| unreadable())?;
    // Settings may be too long for an index.
    let digest = hex::encode(Sha256::digest(&settings));
    let insert = Statement::new(
        "INSERT INTO hookwright_format (digest, settings) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING",
    );
    S::execute(connection, insert.bind(digest.as_str()).bind(settings)).await?;
    let select = Statement::new("SELECT id FROM hookwright_format WHERE digest = $1");
    let rows = S::fetch(connection, select.bind(digest)).await?;
    let number = rows.first().map_or(Ok(None), |row| S::integer(row, 0))?;
    number.ok_or_else(unreadable)
}
